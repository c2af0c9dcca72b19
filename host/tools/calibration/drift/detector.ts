// The drift detector of one measured series: whitening, then CUSUM for what creeps and Shewhart for what jumps, with one rate of false alarms for
// both together.
//
// What must stay true: the same values give the same alarms, on any machine; nothing here knows a clock. An alarm is raised once, then the
// detector waits until it is trained again: what the series is like after the change is not known.

import { Cusum, Shewhart, type Side, USUAL_SLACK } from './cusum.ts';
import { cusumLimitFor, shewhartLimitFor } from './run-length.ts';
import { type NoiseModel, SelfStarting, Whitener, whitenedStep } from './whiten.ts';

export interface DriftAlarm {
  /** `drift`: a small shift that lasts; `jump`: one value far off. */
  kind: 'drift' | 'jump';
  side: Side;
  /** Samples since the shift began, as far as the sums know; 0 for a jump. */
  age: number;
  /** The last whitened value. */
  z: number;
}

export const WEEK_NS = 7 * 86_400e9;

export interface DetectorLimits {
  cusum: number;
  shewhart: number;
}

/** By samples: the integral equation takes a tenth of a second. */
const calculated = new Map<number, DetectorLimits>();

/** Limits for one false alarm in `everyNs`, from both detectors together, at one sample in `sampleNs`. */
export function limitsFor(sampleNs: number, everyNs = WEEK_NS): DetectorLimits {
  if (!(sampleNs > 0 && sampleNs < everyNs))
    throw new Error(`drift: one sample in ${sampleNs} ns is no rate for a watch`);
  // Half of the rate for each.
  const samples = (2 * everyNs) / sampleNs;
  const limits = calculated.get(samples) ?? { cusum: cusumLimitFor(samples), shewhart: shewhartLimitFor(samples) };
  calculated.set(samples, limits);
  return limits;
}

export class DriftDetector {
  private readonly whitener: Whitener;
  private readonly learnt: SelfStarting | undefined;
  private readonly cusum: Cusum;
  private readonly shewhart: Shewhart;
  private raised = false;

  /**
   * `tolerance`: a change by as much is none, even if it lasts; false alarms are rare while the series is off by it as well. What was learnt is exact enough for
   * that, and is not learnt further: else a larger change would be learnt as scatter, to which the tolerance is then added.
   */
  constructor(model: NoiseModel, limits: DetectorLimits, tolerance = 0) {
    this.whitener = new Whitener(model);
    const { trainedOn } = model;
    this.learnt = trainedOn === undefined || tolerance > 0 ? undefined : new SelfStarting(trainedOn);
    const { first, lasting } = tolerance > 0 ? whitenedStep(model) : { first: 0, lasting: 0 };
    this.cusum = new Cusum(limits.cusum, USUAL_SLACK + lasting * tolerance);
    this.shewhart = new Shewhart(limits.shewhart + first * tolerance);
  }

  /** The next value of the series; an alarm when it is no longer as it was learnt. */
  take(value: number): DriftAlarm | undefined {
    if (this.raised) return undefined;
    const error = this.whitener.take(value);
    const z = this.learnt?.take(error) ?? error;
    const jump = this.shewhart.take(z);
    const drift = this.cusum.take(z);
    this.raised = jump !== undefined || drift !== undefined;
    if (jump) return { kind: 'jump', side: jump, age: 0, z };
    return drift && { kind: 'drift', side: drift, age: this.cusum.age(drift), z };
  }
}
