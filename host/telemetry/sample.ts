// What a record says in numbers, as data: samples, and who takes them.

import type { MetricName } from '../../protocol/telemetry/metrics.ts';
import type { TelemetryRecord } from '../tools/telemetry/envelope.ts';

export type Labels = Readonly<Record<string, string>>;

export interface Sample {
  name: MetricName;
  /** `_bucket`, `_sum` or `_count` of a histogram. */
  suffix?: string;
  labels: Labels;
  value: number;
  /** `add`: the value is what the counter grows by. */
  how: 'set' | 'add';
}

/** Takes what a record says, in the same order for records that say the same. */
export interface SampleSink {
  readonly receivedSeconds: number;
  /** `labels`: beside cryostat and device. Where they are the same each time, they are the same object. */
  set(name: MetricName, value: number, labels?: Labels): void;
  add(name: MetricName, value: number, labels?: Labels): void;
  check(objective: string, isGood: boolean): void;
  /** Both counters of an objective are there, and begin at what they are. */
  noCheckYet(objective: string): void;
}

/** Collects samples with the labels of the record. */
export class SampleList implements SampleSink {
  readonly samples: Sample[] = [];
  readonly receivedSeconds: number;
  private readonly cryostat: string;
  private readonly device: string;

  constructor({ cryostat, device, receiveTimeNs }: TelemetryRecord) {
    [this.cryostat, this.device] = [cryostat, device];
    this.receivedSeconds = Number(receiveTimeNs / 1_000_000n) / 1000;
  }

  set(name: MetricName, value: number, labels: Labels = {}): void {
    this.samples.push({ name, labels: { cryostat: this.cryostat, device: this.device, ...labels }, value, how: 'set' });
  }

  add(name: MetricName, value: number, labels: Labels = {}): void {
    this.samples.push({ name, labels: { cryostat: this.cryostat, device: this.device, ...labels }, value, how: 'add' });
  }

  check(objective: string, isGood: boolean): void {
    this.samples.push(...checkSamples(this.cryostat, objective, isGood));
  }

  noCheckYet(objective: string): void {
    this.samples.push(...checkSamples(this.cryostat, objective, true).map((sample) => ({ ...sample, value: 0 })));
  }
}

/** A check of an objective. */
export function checkSamples(cryostat: string, objective: string, isGood: boolean): Sample[] {
  const labels = { cryostat, objective };
  return [
    { name: 'coldrig_checks_total', labels, value: 1, how: 'add' },
    { name: 'coldrig_checks_failed_total', labels, value: isGood ? 0 : 1, how: 'add' },
  ];
}
