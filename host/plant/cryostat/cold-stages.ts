// The stages over time: heat from outside, the automation of the fridge, and the slow random changes of load that a real fridge has.
//
//   cooldown   everything at 300 K, heat switch closed; it opens, and the mixture is let in, when the coldest stage is below 5 K
//   wander     the load of each stage follows an Ornstein-Uhlenbeck process: one step per minute, a correlation time of three hours
//
// What must stay true: an input counts from the moment at which it is given. The time before is calculated with the old input first.

import { exp } from '../../../protocol/sensors/elementary.ts';
import { Course, MINUTE_NS } from './course.ts';
import type { Fridge } from './fridge.ts';
import { normal } from './noise.ts';
import { steadyState } from './solve.ts';
import { FOUR, ROOM_KELVIN, STAGES, STILL, type StageName, stageIndex } from './stages.ts';
import type { StateVector } from './state-vector.ts';
import { SHARE, type ThermalInputs, ThermalModel } from './thermal-model.ts';

/** The sources of heat on a stage. Their heat adds up. */
export const heatSources = ['controller', 'heater', 'fault'] as const;
export type HeatSource = (typeof heatSources)[number];

/** Correlation time of the wander. */
const WANDER_MINUTES = 180;
const WANDER_CHANNEL = 0x2_0000;
/**
 * A cooldown opens the heat switch when the coldest stage is below the first value. A warm-up closes it when still or mixing chamber is above
 * the second value, and the rest of the mixture is pumped out.
 */
const CONDENSE_BELOW_KELVIN = 5;
const WARM_ABOVE_KELVIN = 40;
/** A thermal cycle is counted when the 4 K stage was above the first value and is now below the second. */
const CYCLE_WARM_KELVIN = 250;
const CYCLE_COLD_KELVIN = 20;

const Word = { pulseTube: 0, circulation: 1, heatSwitch: 2, wandered: 3, cycles: 4, wasWarm: 5, count: 6 } as const;
export type Switch = 'pulseTube' | 'circulation';

export class ColdStages {
  static readonly words = Course.words + heatSources.length * STAGES + STAGES + Word.count;
  readonly model: ThermalModel;
  readonly course: Course;
  private readonly fridge: Fridge;
  private readonly seed: number;
  private readonly wanders: boolean;
  private readonly heat: Float64Array;
  private readonly wander: Float64Array;
  private readonly words: Float64Array;
  private readonly inputs: ThermalInputs;
  private readonly present = new Float64Array(STAGES + 1);

  constructor(state: StateVector, fridge: Fridge, seed: number, wanders: boolean) {
    this.fridge = fridge;
    this.seed = seed;
    this.wanders = wanders;
    this.model = new ThermalModel(fridge);
    this.inputs = { heat: new Float64Array(STAGES), pulseTube: false, circulation: false, heatSwitch: false };
    const rates = (y: Float64Array, out: Float64Array) => this.model.derivative(y, this.inputs, out);
    this.course = new Course(state, rates, {
      onBegin: () => this.atBegin(),
      beforeStep: () => this.refreshInputs(),
    });
    this.heat = state.take(heatSources.length * STAGES);
    this.wander = state.take(STAGES);
    this.words = state.take(Word.count);
  }

  /** At rest with every cooler on, or all at room temperature before a cooldown. */
  begin(start: 'base' | 'warm'): void {
    const { words, course, fridge } = this;
    const isBase = start === 'base';
    words[Word.pulseTube] = 1;
    words[Word.circulation] = Number(this.model.unit !== undefined);
    words[Word.heatSwitch] = Number(!isBase && this.model.unit !== undefined);
    words[Word.wasWarm] = Number(!isBase);
    this.heat.set(fridge.operatingWatts, heatSources.indexOf('heater') * STAGES);
    if (isBase) course.begin.set(steadyState(fridge, Float64Array.from(fridge.operatingWatts)));
    else course.begin.fill(ROOM_KELVIN, 0, STAGES);
    if (this.wanders) for (const i of fridge.stages.keys()) this.wander[i] = this.gauss(i, -1);
  }

  loadWatts(stage: number): number {
    this.balanceNow();
    return this.model.load[stage];
  }

  /** What the slow wander adds to the load of a stage now; it may be negative. */
  wanderWatts(stage: number): number {
    return this.fridge.stages[stage].driftWatts * this.wander[stage];
  }

  capacityWatts(stage: number): number {
    this.balanceNow();
    this.present[stage] = this.fridge.stages[stage].limitKelvin;
    this.model.balance(this.present, this.inputs);
    return this.model.cooling[stage];
  }

  flowMolPerSecond(): number {
    this.balanceNow();
    return this.model.flowMolPerSecond;
  }

  setHeat(source: HeatSource, stage: StageName, watts: number): void {
    this.change(this.heat, heatSources.indexOf(source) * STAGES + stageIndex(stage), watts);
  }

  heatWatts(source: HeatSource, stage: StageName): number {
    return this.heat[heatSources.indexOf(source) * STAGES + stageIndex(stage)];
  }

  turn(which: Switch, on: boolean): void {
    this.change(this.words, Word[which], Number(on));
  }

  isOn(which: Switch | 'heatSwitch'): boolean {
    return this.words[Word[which]] === 1;
  }

  get thermalCycles(): number {
    return this.words[Word.cycles];
  }

  get condensedShare(): number {
    return this.course.value(SHARE);
  }

  /** An input takes effect. The time before is calculated with the old input first. */
  private change(words: Float64Array, index: number, value: number): void {
    if (words[index] === value) return;
    this.course.cut();
    words[index] = value;
  }

  /** Called by the course at the begin of each step, before the step is planned. */
  private atBegin(): void {
    const { words, course } = this;
    const minute = Math.floor(course.beginNs / MINUTE_NS);
    if (minute > words[Word.wandered]) {
      words[Word.wandered] = minute;
      if (this.wanders) this.wanderOn(minute);
    }
    this.operateSwitch();
    this.countCycle();
  }

  /** An Ornstein-Uhlenbeck process with a correlation time of three hours and a standard deviation of one. */
  private wanderOn(minute: number): void {
    const keep = exp(-1 / WANDER_MINUTES);
    const fresh = Math.sqrt(1 - keep * keep);
    for (let i = 0; i < this.fridge.stages.length; i++) {
      this.wander[i] = keep * this.wander[i] + fresh * this.gauss(i, minute);
    }
  }

  private gauss(stage: number, minute: number): number {
    return normal(this.seed, WANDER_CHANNEL + stage, minute);
  }

  /** The fridge's own automation. */
  private operateSwitch(): void {
    const { words, course } = this;
    if (!this.model.unit) return;
    const coldest = course.begin[STAGES - 1];
    if (words[Word.heatSwitch] === 1 && coldest < CONDENSE_BELOW_KELVIN && words[Word.pulseTube] === 1) {
      words[Word.heatSwitch] = 0;
    } else if (words[Word.heatSwitch] === 0 && Math.max(course.begin[STILL], coldest) > WARM_ABOVE_KELVIN) {
      words[Word.heatSwitch] = 1;
    }
  }

  private countCycle(): void {
    const { words } = this;
    const four = this.course.begin[FOUR];
    if (four > CYCLE_WARM_KELVIN) words[Word.wasWarm] = 1;
    if (four >= CYCLE_COLD_KELVIN || words[Word.wasWarm] === 0) return;
    words[Word.wasWarm] = 0;
    words[Word.cycles] += 1;
  }

  private refreshInputs(): void {
    const { inputs, heat, words, wander } = this;
    for (const [i, { driftWatts }] of this.fridge.stages.entries()) {
      inputs.heat[i] = heat[i] + heat[STAGES + i] + heat[2 * STAGES + i] + driftWatts * wander[i];
    }
    inputs.pulseTube = words[Word.pulseTube] === 1;
    inputs.circulation = words[Word.circulation] === 1;
    inputs.heatSwitch = words[Word.heatSwitch] === 1;
  }

  private balanceNow(): void {
    for (let i = 0; i <= STAGES; i++) this.present[i] = this.course.value(i);
    this.refreshInputs();
    this.model.balance(this.present, this.inputs);
  }
}
