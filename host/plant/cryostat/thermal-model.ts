// The heat balance of all stages: what flows where at given temperatures, and how fast they change.
//
//   300 K ──cables, radiation──▶ 50K ──cables, radiation, supports──▶ 4K ──cables──▶ Still ──▶ CP ──▶ MXC
//                                 │ pulse tube, first stage            │ second        │ evaporation, dilution (dilution.ts)
//
// Unknowns: five temperatures and the share of the mixture that is condensed and circulates. The inputs are the numbers in `ThermalInputs`.
// What must stay true: the result is a pure function of both, and nothing is allocated.

import { TemperatureCurve } from './curve.ts';
import { DilutionUnit } from './dilution.ts';
import type { Fridge } from './fridge.ts';
import { copperCurve, mixtureHeatCapacity } from './heat-capacity.ts';
import { conductivityIntegral } from './materials.ts';
import { PulseTube } from './pulse-tube.ts';
import * as stage from './stages.ts';
import { activeWatts, spansOf } from './wiring.ts';

// Copies for the loops below: a module loader may turn each use of an imported constant into a call.
const { COLD_PLATE, FIFTY, FOUR, MIXING, ROOM_KELVIN, STAGES, STILL } = stage;

/** The temperatures, then the condensed share. */
const CONDENSED = STAGES;
export const UNKNOWNS: number = STAGES + 1;
export const SHARE: number = CONDENSED;

const STEFAN_BOLTZMANN = 5.670374419e-8;
/** To condense the mixture takes most of an hour, to pump it out less (scenario values; vendors say two hours from 4 K to base temperature). */
const CONDENSE_SECONDS = 1800;
const PUMP_OUT_SECONDS = 400;
/** With the 4 K plate above about this temperature the mixture does not condense. */
const CONDENSES_BELOW_KELVIN = 5.2;
/** The range of temperatures in which the laws are evaluated, whatever the integrator tries; no stage leaves it. */
const LEAST_KELVIN = 5e-4;
export const MOST_KELVIN = 500;

export interface ThermalInputs {
  /** Heat from outside on each stage, with the wander. */
  heat: Float64Array;
  pulseTube: boolean;
  circulation: boolean;
  heatSwitch: boolean;
}

interface Conductor {
  hot: number;
  cold: number;
  curve: TemperatureCurve;
}

export class ThermalModel {
  readonly fridge: Fridge;
  readonly present: boolean[];
  /** Heat into each stage from everything except its cooler, at the last `balance`. */
  readonly load = new Float64Array(STAGES);
  /** Heat that the cooler takes there. */
  readonly cooling = new Float64Array(STAGES);
  readonly unit: DilutionUnit | undefined;
  readonly pulseTube: PulseTube;
  private readonly conductors: Conductor[];
  private readonly lineWatts: Float64Array;
  private readonly copper = copperCurve();
  private readonly masses = new Float64Array(STAGES);
  private readonly nodes = new Float64Array(STAGES + 1);

  constructor(fridge: Fridge) {
    this.fridge = fridge;
    this.present = new Array(STAGES).fill(false);
    for (const { name, copperKilograms } of fridge.stages) {
      this.present[stage.stageIndex(name)] = true;
      this.masses[stage.stageIndex(name)] = copperKilograms;
    }
    this.unit = fridge.dilution && new DilutionUnit(fridge.dilution);
    this.pulseTube = new PulseTube(fridge.pulseTube, new Float64Array(2));
    this.conductors = conductorsOf(fridge);
    this.lineWatts = new Float64Array(STAGES);
    const lengths = fridge.stages.map(({ cableMetres }) => cableMetres);
    const kelvin = [ROOM_KELVIN, ...fridge.stages.map(({ limitKelvin }) => limitKelvin)];
    for (const line of fridge.lines) {
      activeWatts(line, lengths, kelvin).forEach((watts, i) => {
        this.lineWatts[i] += watts;
      });
    }
  }

  /** At the last `balance`. */
  get flowMolPerSecond(): number {
    return this.unit ? this.unit.flowMillimoles * 1e-3 : 0;
  }

  /** Fills `load` and `cooling`. */
  balance(y: Float64Array, inputs: ThermalInputs): void {
    const { load, cooling, nodes, fridge } = this;
    nodes[0] = ROOM_KELVIN;
    for (let i = 0; i < STAGES; i++) nodes[i + 1] = Math.min(MOST_KELVIN, Math.max(LEAST_KELVIN, y[i]));
    cooling.fill(0);
    for (let i = 0; i < fridge.stages.length; i++) {
      load[i] = inputs.heat[i] + fridge.stages[i].unattributedWatts + this.lineWatts[i] + this.radiation(i);
    }
    for (let i = 0; i < this.conductors.length; i++) {
      const { hot, cold, curve } = this.conductors[i];
      const watts = curve.value(nodes[hot]) - curve.value(nodes[cold]);
      if (hot > 0) load[hot - 1] -= watts;
      load[cold - 1] += watts;
    }
    load[FOUR] += crossWatts(fridge, nodes[FIFTY + 1]);
    if (inputs.heatSwitch) this.closeSwitch();
    if (inputs.pulseTube) {
      this.pulseTube.solve(nodes[FIFTY + 1], nodes[FOUR + 1]);
      cooling[FIFTY] = this.pulseTube.watts[0];
      cooling[FOUR] = this.pulseTube.watts[1];
    }
    this.dilute(y[CONDENSED]);
  }

  /** Kelvin per second, and the change of the share per second. */
  derivative(y: Float64Array, inputs: ThermalInputs, rates: Float64Array): void {
    this.balance(y, inputs);
    const { load, cooling, nodes } = this;
    for (let i = 0; i < STAGES; i++) {
      rates[i] = this.present[i] ? (load[i] - cooling[i]) / this.heatCapacity(i, nodes[i + 1], y[CONDENSED]) : 0;
      if ((y[i] <= LEAST_KELVIN && rates[i] < 0) || (y[i] >= MOST_KELVIN && rates[i] > 0)) rates[i] = 0;
    }
    rates[CONDENSED] = 0;
    if (!this.unit) return;
    const warm = power16(nodes[FOUR + 1] / CONDENSES_BELOW_KELVIN);
    const target = inputs.circulation && !inputs.heatSwitch ? 1 / (1 + warm) : 0;
    const seconds = target > y[CONDENSED] ? CONDENSE_SECONDS : PUMP_OUT_SECONDS;
    rates[CONDENSED] = (target - y[CONDENSED]) / seconds;
  }

  /** J/K */
  private heatCapacity(index: number, kelvin: number, share: number): number {
    const { helium } = this.fridge.stages[index];
    const metal = this.masses[index] * this.copper.value(kelvin);
    if (index === STILL) return metal + share * helium;
    return index === MIXING ? metal + share * helium * mixtureHeatCapacity(kelvin) : metal;
  }

  /** From the next warmer stage, through the shield on this one. */
  private radiation(index: number): number {
    const watts = radiationWatts(this.fridge, index, this.nodes);
    if (index > 0) this.load[index - 1] -= watts;
    return watts;
  }

  private closeSwitch(): void {
    for (let i = FOUR; i < MIXING; i++) {
      if (!this.present[i + 1]) return;
      const watts = this.fridge.heatSwitchWattsPerKelvin * (this.nodes[i + 1] - this.nodes[i + 2]);
      this.load[i] -= watts;
      this.load[i + 1] += watts;
    }
  }

  private dilute(share: number): void {
    const { unit, cooling, load, nodes } = this;
    if (!unit) return;
    unit.solve(share, nodes[1], nodes[2], nodes[3], nodes[4], nodes[5]);
    load[FIFTY] -= unit.fiftyWatts;
    load[FOUR] -= unit.fourWatts;
    cooling[STILL] = unit.stillWatts;
    cooling[COLD_PLATE] = unit.coldPlateWatts;
    cooling[MIXING] = unit.mixingWatts;
  }
}

/** Radiation on a stage from the next warmer one, through its shield; `nodes` begin with room temperature. */
export function radiationWatts(fridge: Fridge, index: number, nodes: ArrayLike<number>): number {
  const { squareMetres, emissivity } = fridge.stages[index].radiation;
  if (squareMetres === 0) return 0;
  const hot = nodes[index];
  const cold = nodes[index + 1];
  return STEFAN_BOLTZMANN * squareMetres * emissivity * (hot * hot * hot * hot - cold * cold * cold * cold);
}

/** From 50K to 4K through supports and regenerator, relative to the plate temperature at which it is part of the unattributed heat. */
export function crossWatts({ crossLink }: Fridge, fiftyKelvin: number): number {
  return crossLink.wattsPerKelvin * (fiftyKelvin - crossLink.aboutKelvin);
}

function power16(x: number): number {
  const two = x * x;
  const four = two * two;
  const eight = four * four;
  return eight * eight;
}

/** One curve for all cables between the same two nodes. */
function conductorsOf(fridge: Fridge): Conductor[] {
  const lengths = fridge.stages.map(({ cableMetres }) => cableMetres);
  const found = new Map<string, { hot: number; cold: number; terms: { weight: number; curve: TemperatureCurve }[] }>();
  for (const span of fridge.lines.flatMap((line) => spansOf(line, lengths))) {
    const key = `${span.from} ${span.to}`;
    const entry = found.get(key) ?? { hot: span.from, cold: span.to, terms: [] };
    entry.terms.push({ weight: span.line.count / span.shape, curve: conductivityIntegral(span.material) });
    found.set(key, entry);
  }
  return [...found.values()].map(({ hot, cold, terms }) => ({ hot, cold, curve: TemperatureCurve.sum(terms) }));
}
