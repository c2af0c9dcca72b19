// Records to samples for a store, so that the same stream of records gives the same samples, whoever reads it and however often.
//
//   record ──samplesOf──> series ──is it due?──> sample, at the time when the record was received
//
// A series is due when its value has changed, at most once in `resolutionSeconds`, and at once for a critical record; unchanged, it is told each minute, because a
// store forgets a series that is silent for five. Devices that began together would be told together ever after: the second sample of a device comes up to
// `resolutionSeconds` later, by its name, so that a store gets as much in each second. What changed and was not due comes when the time of the stream has gone on so far. What only an event says is
// told again while its device tells anything, so a line that was lost once is lost until the device says that it is back. When a device beat last is told again while anything of its cryostat
// is told, so a device that is silent stays silent for the store.
//
// Counters grow from record to record, and events come seldom, so the state of both is kept with the position in the stream (ingest-state.ts). What must stay true:
// value and time of a sample depend on the records up to it and on nothing else. So what is read again, after a kill, is in the store already, and is there once.

import { gatewayKinds } from '../../../protocol/telemetry/gateway-kinds.ts';
import type { Metric } from '../../../protocol/telemetry/metric.ts';
import { type MetricName, metrics } from '../../../protocol/telemetry/metrics.ts';
import type { TelemetryRecord } from '../../tools/telemetry/envelope.ts';
import { gatewayRecordSamples } from '../gateway-record-samples.ts';
import { tellSamples } from '../samples.ts';
import { type Series, SeriesTable } from '../series.ts';
import { DueSlots, type Waiter } from './due-slots.ts';
import { hashOf } from './name-hash.ts';
import { type Found, SeriesSink } from './series-sink.ts';
import { encodedLabels, type StoreSample } from './write-request.ts';

export interface StoreSeriesOptions {
  resolutionSeconds?: number;
  /** More labels for series of no device, and for those of records of gateways, where several readers share the devices among them. */
  extra?: Readonly<Record<string, string>>;
}

type Kept = [name: string, labels: Readonly<Record<string, string>>, value: number, writtenMs: number, atMs: number];

/** What is to be kept with the position in the stream. */
export interface SeriesState {
  counters: Kept[];
  /** By device: the time of the last sample of its gauges. */
  gauges: [device: string, writtenMs: number][];
  /** Gauges that come seldom, as counters; none in a state that was written before they were told again. */
  events?: Kept[];
}

interface Written extends Found, Waiter {
  isCounter: boolean;
  /** It comes with events, not every few seconds. */
  isSeldom: boolean;
  labels: Uint8Array;
  /** Of its last sample. */
  value: number;
  ms: number;
  /** How much later than usual the next one is due. */
  laterMs: number;
  /** When its value was given. That of a counter grows, because records of several devices are not in the order of their times. */
  atMs: number;
  /** Turn since which it has a value that was not told; 0: none. */
  waitsSince: number;
}

/** Series that are told again while their device, or any of their cryostat, tells something. */
interface Repeated {
  all: Written[];
  /** None of them is due before. */
  dueMs: number;
}

const usualResolutionSeconds = 5;
const repeatMs = 60_000;
/** A device that was silent for so long is in service no more. */
const forgetSeconds = 24 * 3600;
const lastHeartbeat: MetricName = 'coldrig_last_heartbeat_timestamp_seconds';
/** Records that a device sends every few seconds. */
const oftenKinds: readonly string[] = ['heartbeat', 'readout'];
/** Said by records of gateways, of which every reader has its own. */
const ofGateways = new Set(
  Object.entries(metrics as Record<string, Metric>)
    .filter(([, { from }]) => from.some((source) => source.startsWith('record ')))
    .map(([name]) => name),
);

export class StoreSeries {
  readonly table = new SeriesTable();
  /** Counts records. */
  turn = 1;
  private readonly resolutionMs: number;
  private readonly extra: Readonly<Record<string, string>>;
  private readonly written = new Map<Series, Written>();
  private readonly waiting = new Set<Written>();
  private readonly due = new DueSlots<Written>();
  /** Counters, and gauges that come seldom. */
  private readonly kept = new Set<Written>();
  /** By owner. */
  private readonly repeated = new Map<string, Repeated>();
  /** By device: what its records have told again. */
  private readonly toldAgain = new Map<string, { cryostat: string; all: Repeated[] }>();
  private readonly sink = new SeriesSink<Written>((sample) => {
    const series = this.table.take(sample);
    return series && this.writtenOf(series, sample.how === 'add', this.isSeldom);
  });
  /** The record that is taken now comes with events, not every few seconds. */
  private isSeldom = false;
  private readonly gaugesMs = new Map<string, number>();
  private readonly restoredMs = new Map<string, number>();
  private streamMs = 0;
  private recordMs = 0;

  constructor({ resolutionSeconds = usualResolutionSeconds, extra = {} }: StoreSeriesOptions = {}) {
    this.resolutionMs = resolutionSeconds * 1_000;
    this.extra = extra;
  }

  /** `isLate`: a later record of its device was taken before; it puts no gauge back. */
  take(record: TelemetryRecord, isLate: boolean, to: StoreSample[]): void {
    this.turn++;
    this.recordMs = Number(record.receiveTimeNs / 1_000_000n);
    const [ms, isUrgent] = [this.recordMs, record.class === 'critical'];
    this.isSeldom = !oftenKinds.includes(record.kind);
    this.sink.begin(record, ms / 1000, isLate, (written) => this.touch(written, ms, isUrgent, to));
    if (Object.hasOwn(gatewayKinds, record.kind))
      for (const sample of gatewayRecordSamples(record)) this.sink.take(sample);
    else {
      tellSamples(record, this.sink);
      this.sink.received(record.class);
    }
    if (!isLate) for (const repeated of this.toldAgainBy(record)) this.repeat(repeated, ms, to);
    this.streamMs = Math.max(this.streamMs, ms);
    if (this.due.hasPassed(this.streamMs)) this.sweep(to);
  }

  /** Whether everything that had changed up to a turn was told. */
  hasTold(turn: number): boolean {
    // In the order in which they began to wait.
    for (const { waitsSince } of this.waiting) return waitsSince > turn;
    return true;
  }

  /** Tells what changed and was not due. */
  flush(to: StoreSample[]): void {
    for (const written of this.waiting) this.emit(written, to);
  }

  state(): SeriesState {
    const all = [...this.kept];
    const kept = (which: Written[]) =>
      which.map(({ series: { name, labels, value }, ms, atMs }) => [name, labels, value, ms, atMs] as Kept);
    return {
      counters: kept(all.filter(({ isCounter }) => isCounter)),
      gauges: [...this.gaugesMs],
      events: kept(all.filter(({ isCounter }) => !isCounter)),
    };
  }

  restore({ counters, gauges, events = [] }: SeriesState): void {
    for (const [device, ms] of gauges) {
      this.gaugesMs.set(device, ms);
      this.restoredMs.set(device, ms);
    }
    for (const [list, isCounter] of [
      [counters, true],
      [events, false],
    ] as const)
      for (const [name, labels, value, ms, atMs] of list) {
        const written = this.writtenOf(this.table.restored(name, labels, value), isCounter, true);
        Object.assign(written, { value, ms, atMs });
      }
  }

  /** Tells again what was silent for a minute. */
  private repeat(repeated: Repeated, ms: number, to: StoreSample[]): void {
    if (ms < repeated.dueMs) return;
    repeated.all = repeated.all.filter((written) => {
      if (this.table.has(written.series)) return true;
      this.written.delete(written.series);
      this.kept.delete(written);
      return false;
    });
    repeated.dueMs = Number.POSITIVE_INFINITY;
    for (const written of repeated.all) {
      // Its device is in service no more.
      if (written.series.name === lastHeartbeat && ms / 1000 - written.series.value > forgetSeconds) continue;
      if (ms - written.ms >= repeatMs) {
        written.atMs = Math.max(written.atMs, ms);
        this.emit(written, to);
      }
      repeated.dueMs = Math.min(repeated.dueMs, written.ms + repeatMs);
    }
  }

  private touch(written: Written, ms: number, isUrgent: boolean, to: StoreSample[]): void {
    const { series, value } = written;
    written.atMs = written.isCounter ? Math.max(written.atMs, ms) : ms;
    const sinceMs = written.atMs - written.ms;
    const isChanged = !Object.is(series.value, value);
    if (sinceMs >= repeatMs || (isChanged && (isUrgent || written.atMs >= this.dueMs(written)))) this.emit(written, to);
    else if (isChanged && written.waitsSince === 0) {
      written.waitsSince = this.turn;
      this.waiting.add(written);
      this.due.put(written, this.dueMs(written));
    }
  }

  private dueMs({ ms, laterMs }: Written): number {
    return ms + this.resolutionMs + laterMs;
  }

  /** What changed and was not due then. */
  private sweep(to: StoreSample[]): void {
    for (const written of this.due.taken(this.streamMs))
      if (written.waitsSince !== 0 && this.streamMs >= this.dueMs(written)) this.emit(written, to);
  }

  private emit(written: Written, to: StoreSample[]): void {
    const { series, isCounter, labels, atMs } = written;
    // Two values of one time: the second is told a millisecond later, because a store keeps one for each.
    const timestampMs = Math.max(atMs, written.ms + 1);
    to.push({ labels, timestampMs, value: series.value });
    written.laterMs = written.ms === 0 ? (hashOf(series.labels.device ?? '') * this.resolutionMs) / 2 ** 32 : 0;
    written.ms = timestampMs;
    if (!isCounter) {
      const { device = '' } = series.labels;
      this.gaugesMs.set(device, Math.max(timestampMs, this.gaugesMs.get(device) ?? 0));
    }
    written.value = series.value;
    if (written.waitsSince === 0) return;
    written.waitsSince = 0;
    this.waiting.delete(written);
  }

  private toRepeat(owner: string, written: Written): void {
    this.kept.add(written);
    const repeated = this.repeatedOf(owner);
    repeated.all.push(written);
    // Its record tells it now, unless it was told a moment ago. To look at all of them for each that is new would take a look for each pair.
    const told = this.recordMs - written.ms >= repeatMs ? this.recordMs : written.ms;
    repeated.dueMs = Math.min(repeated.dueMs, told + repeatMs);
  }

  private repeatedOf(owner: string): Repeated {
    let repeated = this.repeated.get(owner);
    if (repeated !== undefined) return repeated;
    repeated = { all: [], dueMs: Number.POSITIVE_INFINITY };
    this.repeated.set(owner, repeated);
    return repeated;
  }

  private toldAgainBy({ cryostat, device }: TelemetryRecord): Repeated[] {
    let told = this.toldAgain.get(device);
    if (told?.cryostat !== cryostat) {
      if (told !== undefined) this.leave(told.cryostat, device);
      const owners = [`${cryostat}/${device}`, `${cryostat}/`, '/'];
      told = { cryostat, all: owners.map((owner) => this.repeatedOf(owner)) };
      this.toldAgain.set(device, told);
    }
    return told.all;
  }

  /** A device that was moved is not silent where it was. */
  private leave(cryostat: string, device: string): void {
    const repeated = this.repeatedOf(`${cryostat}/`);
    repeated.all = repeated.all.filter((written) => {
      const { name, labels } = written.series;
      if (name !== lastHeartbeat || labels.device !== device) return true;
      this.written.delete(written.series);
      this.kept.delete(written);
      return false;
    });
  }

  private writtenOf(series: Series, isCounter: boolean, isSeldom: boolean): Written {
    let written = this.written.get(series);
    if (written === undefined) {
      const isShared = series.labels.device === undefined || ofGateways.has(series.name);
      const labels = encodedLabels(series.name, isShared ? { ...series.labels, ...this.extra } : series.labels);
      // What was told of it before a restart is not known, but that it was told up to there.
      const ms = isCounter ? 0 : (this.restoredMs.get(series.labels.device ?? '') ?? 0);
      written = {
        series,
        token: undefined,
        isCounter,
        isSeldom,
        labels,
        value: Number.NaN,
        ms,
        laterMs: 0,
        atMs: 0,
        waitsSince: 0,
        slot: 0,
      };
      this.written.set(series, written);
      if (isCounter || isSeldom || series.name === lastHeartbeat) this.toRepeat(ownerOf(series), written);
    }
    return written;
  }
}

/**
 * Whose records have a series told again: those of its device, of its cryostat, or all. When a device beat last is told by the others of its cryostat, because that
 * it is silent must not be forgotten after five minutes.
 */
const ownerOf = ({ name, labels: { cryostat = '', device = '' } }: Series) =>
  `${cryostat}/${name === lastHeartbeat ? '' : device}`;
