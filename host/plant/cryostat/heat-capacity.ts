// Heat capacity of a stage: copper, and the helium of the dilution unit.
//
// Copper is γT + Debye's lattice. Its Debye temperature is 344.3 K at low temperature (Martin 1973 [R]) and 318 K fits the
// enthalpy from 300 K (77.5 kJ/kg, handbooks say about 79 [G]); the model changes from one to the other around 30 K.
// What must stay true: positive everywhere; a kilogram of copper at 4 K takes 91.5 mJ/K.

import { exp } from '../../../protocol/sensors/elementary.ts';
import { TemperatureCurve } from './curve.ts';

const MOLAR_MASS = 0.063546;
const GAMMA = 0.691e-3;
const GAS_CONSTANT = 8.31446261815324;
const DEBYE_COLD = 344.3;
const DEBYE_WARM = 318;
const SLIDES_AT_KELVIN = 30;

/** J/kg/K */
export function copperHeatCapacity(kelvin: number): number {
  const ratio = (kelvin / SLIDES_AT_KELVIN) * (kelvin / SLIDES_AT_KELVIN);
  const slide = (ratio * ratio) / (1 + ratio * ratio);
  const debye = DEBYE_COLD + slide * (DEBYE_WARM - DEBYE_COLD);
  return (GAMMA * kelvin + 9 * GAS_CONSTANT * debyeFunction(debye / kelvin)) / MOLAR_MASS;
}

/** (1/x³) ∫ t⁴eᵗ/(eᵗ-1)² dt from 0 to x: by Simpson's rule up to 40, where the integrand is negligible. */
function debyeFunction(x: number): number {
  const end = Math.min(x, 40);
  const intervals = 200;
  const width = end / intervals;
  const integrand = (t: number): number => {
    if (t === 0) return 0;
    const decay = exp(-t);
    return (t * t * t * t * decay) / ((1 - decay) * (1 - decay));
  };
  let sum = integrand(end);
  for (let i = 1; i < intervals; i++) sum += (i % 2 === 1 ? 4 : 2) * integrand(i * width);
  return (sum * width) / 3 / (x * x * x);
}

let copper: TemperatureCurve | undefined;

/** The same as a table, for the integrator. */
export function copperCurve(): TemperatureCurve {
  const step = 1e-4;
  const slope = (t: number) =>
    (copperHeatCapacity(t * (1 + step)) - copperHeatCapacity(t * (1 - step))) / (2 * step * t);
  copper ??= TemperatureCurve.through(copperHeatCapacity, slope);
  return copper;
}

/**
 * J/K of a mole of ³He in the mixing chamber: 106 T of a Fermi liquid below about 0.1 K, with a limit of 20 J/K as for a classical liquid.
 * The limit is an assumption for a mixture above 0.5 K; no measured value depends on it.
 */
export function mixtureHeatCapacity(kelvin: number): number {
  const degenerate = 106 * kelvin;
  return degenerate / (1 + degenerate / 20);
}
