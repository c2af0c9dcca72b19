// Finds the steady state of a cryostat under a given heat.
//
// The integrator itself finds it: with steps that grow without limit, each is a Newton step. The path is that of the fridge, so that of several
// solutions (there is one, unless the load is too large) it finds the one that a real fridge would reach.

import type { Fridge } from './fridge.ts';
import { Integrator } from './integrator.ts';
import { STAGES, type StageName } from './stages.ts';
import { MOST_KELVIN, SHARE, type ThermalInputs, ThermalModel, UNKNOWNS } from './thermal-model.ts';

/** A smaller relative change of temperature per day of virtual time counts as rest. */
const REST = 1e-9;
const STEPS_MOST = 5000;
const LONGEST_SECONDS = 1e7;
/** The model ends at MOST_KELVIN, so that steps towards it become ever shorter: this near to it a stage has got there. */
const SCORCHED_KELVIN = MOST_KELVIN - 1;

/** This fridge cannot take so much heat. */
export class NoRest extends Error {
  override readonly name = 'NoRest';

  constructor(fridge: Fridge, stage: StageName, heat: Float64Array) {
    const given = fridge.stages.flatMap(({ name }, i) => (heat[i] === 0 ? [] : [`${name} ${heat[i]} W`])).join(', ');
    const what = given === '' ? 'as its file describes it' : `with ${given}`;
    const advice = given === '' ? 'its loads are more than its coolers carry away' : 'ask for less heat';
    super(`${fridge.name} does not come to rest ${what}: ${stage} would pass ${MOST_KELVIN} K; ${advice}`);
  }
}

/** Temperatures and condensed share, every cooler on. Throws NoRest. */
export function steadyState(fridge: Fridge, heat: Float64Array): Float64Array {
  const model = new ThermalModel(fridge);
  const inputs: ThermalInputs = { heat, pulseTube: true, circulation: true, heatSwitch: false };
  const rates = (y: Float64Array, out: Float64Array) => model.derivative(y, inputs, out);
  const integrator = new Integrator(rates);
  const y = new Float64Array(UNKNOWNS);
  y.set([40, 3.2, 1.1, 0.08, 0.02, 1]);
  for (let i = fridge.stages.length; i < STAGES; i++) y[i] = 0;
  if (!fridge.dilution) y[SHARE] = 0;
  let seconds = 1e-3;
  for (let step = 0; step < STEPS_MOST; step++) {
    integrator.prepare(y);
    // Errors on the path do not matter while the path is followed: a hundred times the tolerance of a run.
    const error = integrator.step(y, seconds) / 100;
    if (error > 1) {
      seconds *= Math.max(0.2, 0.8 / Math.sqrt(error));
      continue;
    }
    const moved = relativeChange(y, integrator.end) / seconds;
    y.set(integrator.end);
    const scorched = fridge.stages.find((_, i) => y[i] >= SCORCHED_KELVIN);
    if (scorched) throw new NoRest(fridge, scorched.name, heat);
    if (moved * 86_400 < REST && seconds > 1000) return y;
    seconds = Math.min(LONGEST_SECONDS, seconds * Math.min(4, 0.8 / Math.sqrt(error + 1e-6)));
  }
  throw new Error(`${fridge.name}: no steady state found; the last temperatures were ${[...y].join(', ')}`);
}

function relativeChange(from: Float64Array, to: Float64Array): number {
  let most = 0;
  for (let i = 0; i < STAGES; i++) if (from[i] !== 0) most = Math.max(most, Math.abs(to[i] / from[i] - 1));
  return most;
}
