// Where each thing that a record says is written: the series of it.
//
//   record ──tellSamples──> uptime, health, ...      records of one device and kind say the same things in the same order
//                             │      │
//   last time             [ series, series, ... ]    so the series of the last one are tried first, by the name and the labels that were given for them
//
// A heartbeat has forty of them, and there are ten thousand heartbeats a second: to search each by its labels is most of the work of an ingester. What must stay
// true: what is written is the same as without that memory.

import type { MetricName } from '../../../protocol/telemetry/metrics.ts';
import type { TelemetryRecord } from '../../tools/telemetry/envelope.ts';
import type { Sample, SampleSink } from '../sample.ts';
import type { Series } from '../series.ts';

export interface Found {
  series: Series;
  /** What was given to find it. */
  token: unknown;
}

/** Of a device. */
interface Lasts<Written> {
  cryostat: string;
  /** By kind of record: what the last one has written, in its order. */
  kinds: Map<string, (Written | undefined)[]>;
}

const noLabels = {};

export class SeriesSink<Written extends Found> implements SampleSink {
  receivedSeconds = 0;
  private readonly find: (sample: Sample) => Written | undefined;
  private readonly lasts = new Map<string, Lasts<Written>>();
  private last: (Written | undefined)[] = [];
  private at = 0;
  private cryostat = '';
  private device = '';
  private isLate = false;
  private touch: (written: Written) => void = () => {};

  /** `find` gives the sample to its series; undefined: it has none. */
  constructor(find: (sample: Sample) => Written | undefined) {
    this.find = find;
  }

  /** Of the record that comes now. `isLate`: it sets nothing. `touch` is called for each series that it has written. */
  begin(record: TelemetryRecord, receivedSeconds: number, isLate: boolean, touch: (written: Written) => void): void {
    const { cryostat, device } = record;
    this.receivedSeconds = receivedSeconds;
    this.isLate = isLate;
    this.touch = touch;
    this.cryostat = cryostat;
    this.device = device;
    this.at = 0;
    let lasts = this.lasts.get(device);
    if (lasts?.cryostat !== cryostat) {
      lasts = { cryostat, kinds: new Map() };
      this.lasts.set(device, lasts);
    }
    let last = lasts.kinds.get(record.kind);
    if (last === undefined) {
      last = [];
      lasts.kinds.set(record.kind, last);
    }
    this.last = last;
  }

  set(name: MetricName, value: number, labels: Sample['labels'] = noLabels): void {
    const written = this.next(name, labels);
    if (this.isLate) return;
    if (written === undefined) this.search(name, labels, this.labelsWith(labels), value, 'set');
    else this.put(written, value);
  }

  add(name: MetricName, value: number, labels: Sample['labels'] = noLabels): void {
    const written = this.next(name, labels);
    if (written === undefined) this.search(name, labels, this.labelsWith(labels), value, 'add');
    else this.put(written, written.series.value + value);
  }

  check(objective: string, isGood: boolean): void {
    this.addOfCryostat('coldrig_checks_total', 1, 'objective', objective);
    this.addOfCryostat('coldrig_checks_failed_total', isGood ? 0 : 1, 'objective', objective);
  }

  noCheckYet(objective: string): void {
    this.addOfCryostat('coldrig_checks_total', 0, 'objective', objective);
    this.addOfCryostat('coldrig_checks_failed_total', 0, 'objective', objective);
  }

  /** A sample of a record that comes seldom. */
  take(sample: Sample): void {
    this.next(sample.name, sample);
    if (!this.isLate || sample.how === 'add') this.search(sample.name, sample, sample.labels, sample.value, sample.how);
  }

  /** A record of this class was received: as receivedSamples (gateway-samples.ts) says it. */
  received(of: string): void {
    this.addOfCryostat('coldrig_gateway_records_total', 1, 'class', of);
    const name = 'coldrig_last_record_timestamp_seconds';
    const written = this.next(name, name);
    if (this.isLate) return;
    if (written === undefined) this.search(name, name, { cryostat: this.cryostat }, this.receivedSeconds, 'set');
    else this.put(written, this.receivedSeconds);
  }

  /** A counter of the cryostat. The value of its other label tells it from those of the same name. */
  private addOfCryostat(name: MetricName, value: number, label: string, token: string): void {
    const written = this.next(name, token);
    if (written === undefined) this.search(name, token, { cryostat: this.cryostat, [label]: token }, value, 'add');
    else this.put(written, written.series.value + value);
  }

  /** What the last record has written here, if it was given by the same name and token. */
  private next(name: MetricName, token: unknown): Written | undefined {
    const written = this.last[this.at++];
    return written !== undefined && written.token === token && written.series.name === name ? written : undefined;
  }

  private put(written: Written, value: number): void {
    written.series.value = value;
    this.touch(written);
  }

  private search(name: MetricName, token: unknown, labels: Sample['labels'], value: number, how: Sample['how']): void {
    const at = this.at - 1;
    let written = this.last[at];
    if (written !== undefined && isOf(written.series, name, labels))
      written.series.value = how === 'set' ? value : written.series.value + value;
    else {
      written = this.find({ name, labels, value, how });
      this.last[at] = written;
    }
    if (written === undefined) return;
    written.token = token;
    this.touch(written);
  }

  private labelsWith(labels: Sample['labels']): Sample['labels'] {
    return { cryostat: this.cryostat, device: this.device, ...labels };
  }
}

function isOf(series: Series, name: string, labels: Sample['labels']): boolean {
  if (series.name !== name) return false;
  for (const label in labels) if (labels[label] !== series.labels[label]) return false;
  return true;
}
