// A lab around a cryostat: instruments sample it ten times per second of virtual time, and virtual time follows the wall clock.
//
// The cryostat has one source of heat for the whole lab: the outputs of several instruments on a stage are added here. What must stay true:
// instruments are sampled at whole tenths of a second of virtual time, whatever the wall clock does, so that two labs with the same commands at
// the same virtual times do the same.

import type { Cryostat } from '../plant/cryostat/cryostat.ts';
import type { StageName } from '../plant/cryostat/stages.ts';
import { type LakeShore, SAMPLE_NS } from './lake-shore/controller.ts';

/** Wall time between turns. */
const TURN_MS = 20;
/** The lab catches up with at most so much lost wall time. */
const LAG_MAXIMUM_MS = 1000;
/** How many samples are taken in one turn before the sockets get their turn. */
const SAMPLES_A_TURN = 2000;

export interface LabOptions {
  instruments: LakeShore[];
  /** Virtual seconds per real second. */
  speed: number;
  /** Called after each sample, at its virtual time. */
  onSample?: () => void;
  onError?: (error: unknown) => void;
}

export class Lab {
  readonly cryostat: Cryostat;
  private readonly options: LabOptions;
  private timer: NodeJS.Timeout | undefined;
  private anchorMs = 0;
  private anchorNs = 0;

  constructor(cryostat: Cryostat, options: LabOptions) {
    this.cryostat = cryostat;
    this.options = options;
    this.sampleNow();
  }

  start(): void {
    this.anchor();
    this.timer = setInterval(() => this.turn(), TURN_MS);
  }

  stop(): void {
    clearInterval(this.timer);
  }

  /** Runs to a virtual time, and samples the instruments on the way. */
  advanceTo(timeNs: number): void {
    const { cryostat } = this;
    for (let next = nextSample(cryostat.timeNs); next <= timeNs; next += SAMPLE_NS) {
      cryostat.advanceTo(next);
      this.sampleNow();
    }
    cryostat.advanceTo(timeNs);
  }

  private turn(): void {
    try {
      const behindMs =
        performance.now() - this.anchorMs - (this.cryostat.timeNs - this.anchorNs) / 1e6 / this.options.speed;
      if (behindMs > LAG_MAXIMUM_MS) this.anchor();
      const wanted = this.anchorNs + (performance.now() - this.anchorMs) * 1e6 * this.options.speed;
      const most = this.cryostat.timeNs + SAMPLES_A_TURN * SAMPLE_NS;
      this.advanceTo(Math.max(this.cryostat.timeNs, Math.floor(Math.min(wanted, most))));
    } catch (error) {
      this.stop();
      if (!this.options.onError) throw error;
      this.options.onError(error);
    }
  }

  private sampleNow(): void {
    const heat = new Map<StageName, number>();
    for (const instrument of this.options.instruments) {
      instrument.sample();
      for (const output of instrument.outputs) {
        const { stage } = output;
        if (stage === undefined || !this.cryostat.stages.includes(stage)) continue;
        heat.set(stage, (heat.get(stage) ?? 0) + instrument.heatWatts(output));
      }
    }
    for (const [stage, watts] of heat) this.cryostat.setHeat('heater', stage, watts);
    this.options.onSample?.();
  }

  private anchor(): void {
    this.anchorMs = performance.now();
    this.anchorNs = this.cryostat.timeNs;
  }
}

const nextSample = (timeNs: number): number => (Math.floor(timeNs / SAMPLE_NS) + 1) * SAMPLE_NS;
