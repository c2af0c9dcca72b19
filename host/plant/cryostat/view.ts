// A read-only view of a cryostat, for observers: instruments, logs, exporters, live views, plots.
//
// Only the lab, which lets time pass and heats, and the wiring of a board have the cryostat itself. Everybody else has one of these views, which
// gives no access to it. What must stay true: no call in here changes the state vector.

import type { ClockState } from './clock-source.ts';
import type { HeatSource } from './cold-stages.ts';
import type { Cryostat } from './cryostat.ts';
import type { Fridge } from './fridge.ts';
import type { StageName } from './stages.ts';

export class CryostatView {
  readonly #cryostat: Cryostat;

  constructor(cryostat: Cryostat) {
    this.#cryostat = cryostat;
  }

  get fridge(): Fridge {
    return this.#cryostat.fridge;
  }

  get stages(): readonly StageName[] {
    return this.#cryostat.stages;
  }

  get timeNs(): number {
    return this.#cryostat.timeNs;
  }

  temperatureKelvin(stage: StageName): number {
    return this.#cryostat.temperatureKelvin(stage);
  }

  loadWatts(stage: StageName): number {
    return this.#cryostat.loadWatts(stage);
  }

  wanderWatts(stage: StageName): number {
    return this.#cryostat.wanderWatts(stage);
  }

  capacityWatts(stage: StageName): number {
    return this.#cryostat.capacityWatts(stage);
  }

  heatWatts(source: HeatSource, stage: StageName): number {
    return this.#cryostat.heatWatts(source, stage);
  }

  get flowMolPerSecond(): number {
    return this.#cryostat.flowMolPerSecond;
  }

  get pulseTube(): boolean {
    return this.#cryostat.pulseTube;
  }

  get circulation(): boolean {
    return this.#cryostat.circulation;
  }

  get heatSwitch(): boolean {
    return this.#cryostat.heatSwitch;
  }

  get condensedShare(): number {
    return this.#cryostat.condensedShare;
  }

  get sensors() {
    return this.#cryostat.sensors;
  }

  /** What the converter gives now, in whole microvolts or milliohms. */
  reading(channel: number): number {
    return this.#cryostat.reading(channel);
  }

  railMicrovolts(rail: number): number {
    return this.#cryostat.railMicrovolts(rail);
  }

  clock(): ClockState {
    return this.#cryostat.clock();
  }

  insertionLossMilliDecibel(connector: number): number {
    return this.#cryostat.insertionLossMilliDecibel(connector);
  }
}
