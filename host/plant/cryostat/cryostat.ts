// A cryostat that reacts to its controller: five stages from 50 K to the mixing chamber, and everything that a controller in it can read.
//
//   fridge file (YAML) ──▶ Fridge ──▶ Cryostat ──▶ temperatures, sensor readings, rails, clock, connectors
//                                        ▲
//                    heat by stage, faults, switches: inputs, each of which counts from the moment at which it is given
//
// Time is whole nanoseconds and moves only by `advanceTo`. All state is one vector of numbers, so snapshot, restore and fork are copies.
// A reading changes nothing: temperatures are read from steps that are planned from inputs alone (course.ts), noise is a function of seed,
// channel and moment (noise.ts). Only IEEE basic operations and square roots are used, so that every engine and machine gives the same bits.
// What must stay true: the same fridge, seed and inputs at the same moments give the same state, bit by bit, whatever was read in between.
//
// docs/cryostat.md says where the numbers come from, and which of them are measured.

import { ClockSource, type ClockState, type ReferenceChange } from './clock-source.ts';
import { ColdStages, type HeatSource } from './cold-stages.ts';
import { ConnectorFault, Connectors } from './connectors.ts';
import type { Fridge } from './fridge.ts';
import { RailFault, Rails } from './rails.ts';
import { SensorFault, Sensors } from './sensors.ts';
import { FOUR, type StageName, stageIndex } from './stages.ts';
import { StateVector } from './state-vector.ts';

export { ConnectorFault, RailFault, SensorFault };

export interface CryostatOptions {
  seed?: number;
  /** Start at the steady state without outside heat, or with all stages at room temperature. */
  start?: 'base' | 'warm';
  /** Loads change slowly at random, as in a real fridge. */
  drift?: boolean;
  /** Gives the memory for the state. */
  memory?: (length: number) => Float64Array;
}

export class Cryostat {
  readonly fridge: Fridge;
  readonly seed: number;
  readonly state: Float64Array;
  readonly stages: readonly StageName[];
  private readonly cold: ColdStages;
  private readonly sensorBank: Sensors;
  private readonly railBank: Rails;
  private readonly clockSource: ClockSource;
  private readonly connectorBank: Connectors;

  constructor(fridge: Fridge, options: CryostatOptions = {}) {
    const { seed = 1, start = 'base', drift = true, memory } = options;
    this.fridge = fridge;
    this.seed = seed;
    this.stages = fridge.stages.map(({ name }) => name);
    const state = new StateVector(stateLength(fridge), memory);
    this.state = state.all;
    this.cold = new ColdStages(state, fridge, seed, drift);
    this.sensorBank = new Sensors(state, fridge.sensors, seed);
    this.railBank = new Rails(state, fridge.rails);
    this.clockSource = new ClockSource(state, fridge.references);
    this.connectorBank = new Connectors(state, fridge.connectors, seed);
    state.seal();
    this.cold.begin(start);
  }

  get timeNs(): number {
    return this.cold.course.timeNs;
  }

  /** Advances to a whole number of nanoseconds that is not before the present. */
  advanceTo(timeNs: number): void {
    this.cold.course.advanceTo(timeNs);
  }

  snapshot(): Float64Array {
    return this.state.slice();
  }

  restore(state: Float64Array): void {
    if (state.length !== this.state.length) {
      throw new Error(`cryostat: a state of ${state.length} numbers does not fit this fridge's ${this.state.length}`);
    }
    this.state.set(state);
  }

  temperatureKelvin(stage: StageName): number {
    return this.cold.course.value(this.index(stage));
  }

  /** Heat that arrives at a stage from everything except its cooler. */
  loadWatts(stage: StageName): number {
    return this.cold.loadWatts(this.index(stage));
  }

  /** The part that changes at random, of unknown origin. On a cold stage it is more than all the rest, and it may be negative. */
  wanderWatts(stage: StageName): number {
    return this.cold.wanderWatts(this.index(stage));
  }

  /** The cooling power with this stage at its limit and the others as they are: a larger load is too much. */
  capacityWatts(stage: StageName): number {
    return this.cold.capacityWatts(this.index(stage));
  }

  get flowMolPerSecond(): number {
    return this.cold.flowMolPerSecond();
  }

  /** Counts from now on; the sources add up. */
  setHeat(source: HeatSource, stage: StageName, watts: number): void {
    if (!Number.isFinite(watts)) throw new RangeError(`cryostat: heat of ${watts} W on ${stage}; expected a number`);
    this.index(stage);
    this.cold.setHeat(source, stage, watts);
  }

  heatWatts(source: HeatSource, stage: StageName): number {
    this.index(stage);
    return this.cold.heatWatts(source, stage);
  }

  setPulseTube(on: boolean): void {
    this.cold.turn('pulseTube', on);
  }

  setCirculation(on: boolean): void {
    this.cold.turn('circulation', on);
  }

  get pulseTube(): boolean {
    return this.cold.isOn('pulseTube');
  }

  get circulation(): boolean {
    return this.cold.isOn('circulation');
  }

  get heatSwitch(): boolean {
    return this.cold.isOn('heatSwitch');
  }

  /** The share of the mixture that circulates. */
  get condensedShare(): number {
    return this.cold.condensedShare;
  }

  get thermalCycles(): number {
    return this.cold.thermalCycles;
  }

  get sensors() {
    return this.fridge.sensors;
  }

  /** What the converter gives now, in whole microvolts or milliohms. */
  reading(channel: number): number {
    const { stage } = this.sensorBank.sensor(channel);
    return this.sensorBank.reading(channel, this.temperatureKelvin(stage), this.timeNs);
  }

  setSensorFault(channel: number, fault: SensorFault): void {
    this.sensorBank.setFault(channel, fault, this.reading(channel));
  }

  /** Lost calibration: what the sensor adds to the temperature of its stage. */
  setSensorOffset(channel: number, kelvin: number): void {
    this.sensorBank.setOffset(channel, kelvin);
  }

  get rails() {
    return this.fridge.rails;
  }

  railMicrovolts(rail: number): number {
    return this.railBank.microvolts(rail, this.timeNs);
  }

  setRailEnabled(rail: number, on: boolean): void {
    this.railBank.setEnabled(rail, on, this.timeNs);
  }

  setRailLoad(rail: number, amperes: number): void {
    this.railBank.setLoad(rail, amperes, this.timeNs, this.plateKelvin);
  }

  setRailFault(rail: number, fault: RailFault): void {
    this.railBank.setFault(rail, fault, this.timeNs);
  }

  /** From now: a pulse that falls to half in `durationNs`; with negative volts, a brown-out of that duration. */
  surge(surge: { rail: number; volts: number; durationNs: number }): void {
    this.railBank.surge(surge.rail, surge.volts, surge.durationNs, this.timeNs);
  }

  clock(): ClockState {
    return this.clockSource.read(this.timeNs, this.plateKelvin);
  }

  setReference(reference: 0 | 1, change: ReferenceChange): void {
    this.clockSource.set(reference, change, this.timeNs);
  }

  selectReference(reference: 0 | 1): void {
    this.clockSource.select(reference, this.timeNs);
  }

  get connectors() {
    return this.fridge.connectors;
  }

  insertionLossMilliDecibel(connector: number): number {
    return this.connectorBank.lossMillidecibel(connector, this.timeNs, this.thermalCycles);
  }

  /** The part of it that only grows. */
  wornMilliDecibel(connector: number): number {
    return this.connectorBank.wornMillidecibel(connector, this.thermalCycles);
  }

  /** Whether a contact that comes and goes is open at a moment. */
  isContactOpen(connector: number, timeNs: number): boolean {
    return this.connectorBank.opensAt(connector, timeNs);
  }

  mate(connector: number): void {
    this.connectorBank.mate(connector);
  }

  setConnectorFault(connector: number, fault: ConnectorFault, extraLossMilliDecibel = 0): void {
    this.connectorBank.setFault(connector, fault, extraLossMilliDecibel);
  }

  /** The stage of the controller. */
  private get plateKelvin(): number {
    return this.cold.course.value(FOUR);
  }

  private index(stage: StageName): number {
    const index = stageIndex(stage);
    if (!this.stages.includes(stage)) {
      throw new RangeError(`cryostat: ${this.fridge.name} has no stage ${stage}; it has ${this.stages.join(', ')}`);
    }
    return index;
  }
}

function stateLength({ sensors, rails, connectors }: Fridge): number {
  const parts =
    Sensors.wordsFor(sensors.length) + Rails.wordsFor(rails.length) + Connectors.wordsFor(connectors.length);
  return ColdStages.words + parts + ClockSource.words;
}
