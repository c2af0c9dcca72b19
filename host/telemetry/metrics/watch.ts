// What a log of records says, as series: their present values, the last 24 hours of them, the alerts that fire, and what is known of each device.
//
//   log, from its oldest record on ──decode──> samples ──> SeriesTable ──each 15 s──> History, Evaluator
//
// After a restart it reads what the log on disk still has, at the times when that was received, so history and alerts go on. What must stay true: it takes
// what is durable, and only that; a record that comes late adds to counters and puts no gauge back; the records of a log that was read before are no
// measurement of latency.

import { gatewayKinds } from '../../../protocol/telemetry/gateway-kinds.ts';
import {
  decodeCbor,
  type TelemetryBody,
  TelemetryError,
  type TelemetryRecord,
} from '../../tools/telemetry/envelope.ts';
import { type Anomaly, StreamWatch } from '../anomaly/stream-watch.ts';
import { ReceiveClock } from '../gateway/receive-clock.ts';
import { gatewayRecordSamples } from '../gateway-record-samples.ts';
import { ingestSamples, receivedSamples, uptimeSamples } from '../gateway-samples.ts';
import { compareNumbers, type LogReader, type RecordNumber, type StoredEntry } from '../log/record-log.ts';
import { Evaluator, type FiringAlert } from '../monitoring/evaluate.ts';
import type { Notification } from '../monitoring/notification.ts';
import { Notifier } from '../monitoring/notify.ts';
import type { Sample } from '../sample.ts';
import { samplesOf } from '../samples.ts';
import { SeriesTable } from '../series.ts';
import { rest, type Time } from '../time.ts';
import { History, type HistoryOptions } from './history.ts';

export interface WatchedDevice {
  device: string;
  cryostat: string;
  boot: number;
  sequence: number;
  /** When its last record was received, since 1970. */
  lastRecordSeconds: number;
}

/** What happened to records on their way, or a critical record of a device. */
export interface Told {
  seconds: number;
  device: string;
  kind: string;
  body: TelemetryBody;
}

const toldMost = 200;
/** Where nothing was received for longer, nobody watched: no checks are made up for it. */
const pauseSeconds = 60;
/** A device that said nothing for so long is in service no more. */
const forgetSeconds = 24 * 3600;
const readMost = 500;

export class Watch {
  readonly table = new SeriesTable();
  readonly history: History;
  alerts: FiringAlert[] = [];
  readonly devices = new Map<string, WatchedDevice>();
  /** Missing, given up and unreadable records, clock steps and starts of gateways; oldest first. */
  readonly gaps: Told[] = [];
  /** Critical records of devices; oldest first. */
  readonly events: Told[] = [];
  /** Which alerts are there, which of them somebody is told of, and those of the past. */
  readonly notifier = new Notifier();
  /** Is told what somebody would be told, at each look. */
  onNotification: (notifications: readonly Notification[]) => void = () => {};
  /** Is told each record of a device that was received now, not before a restart. */
  onRecord: (record: TelemetryRecord) => void = () => {};
  /** Is told what is no longer as it was learnt. */
  onAnomalies: (anomalies: readonly Anomaly[]) => void = () => {};
  private readonly calibratedUntil = new Map<string, number>();
  private readonly streamWatch = new StreamWatch();
  private readonly evaluator = new Evaluator();
  private readonly time: Time;
  private readonly clock: ReceiveClock;
  private atSeconds: number | undefined;
  private isLive = true;

  constructor(time: Time, options: HistoryOptions = {}) {
    this.time = time;
    this.clock = new ReceiveClock(time, () => {});
    this.history = new History(options);
  }

  get nowSeconds(): number {
    return Number(this.clock.nowNs() / 1_000_000n) / 1000;
  }

  /** Until the signal is aborted. `end`: where the log ended when it was opened. `own`: samples of whoever has the log, once a second. */
  async run(reader: LogReader, end: number, own: () => Sample[], signal: AbortSignal): Promise<void> {
    let isCaughtUp = end === 0;
    const reading = async () => {
      while (!signal.aborted) {
        const entries = await reader.read(readMost, signal).catch(() => []);
        if (entries.length === 0) continue;
        for (const entry of entries) this.take(entry, entry.position >= end);
        const { position } = entries[entries.length - 1];
        await reader.commit(position);
        isCaughtUp ||= position >= end - 1;
        await new Promise((resolve) => setImmediate(resolve));
      }
    };
    const ticking = async () => {
      while (!signal.aborted) {
        await rest(this.time, 1_000, signal);
        if (signal.aborted || !isCaughtUp) continue;
        this.isLive = true;
        this.table.apply(own());
        this.advance(this.nowSeconds);
      }
    };
    await Promise.all([reading(), ticking()]);
  }

  /** `isLive`: it was received now, not before a restart. */
  take({ bytes }: StoredEntry, isLive: boolean): void {
    let record: TelemetryRecord;
    try {
      record = decodeCbor(bytes);
    } catch (error) {
      // The log is read from its disk: whoever wrote it has checked it.
      if (error instanceof TelemetryError) return;
      throw error;
    }
    const { device, cryostat, kind, body } = record;
    const seconds = Number(record.receiveTimeNs / 1_000_000n) / 1000;
    this.isLive = isLive;
    if (!isLive) this.advance(seconds);
    if (Object.hasOwn(gatewayKinds, kind)) {
      tell(this.gaps, { seconds, device, kind, body });
      // That of a gateway below is known to that one, and by the records of the device.
      const of = cryostat === '' ? (this.devices.get(`${body.of}`)?.cryostat ?? '') : cryostat;
      this.table.apply(gatewayRecordSamples({ ...record, cryostat: of }));
      if (kind === 'calibration') this.noteCalibration(`${body.of}`);
      return;
    }
    const isLate = this.meet(record, seconds);
    const samples = samplesOf(record);
    this.table.apply(isLate ? samples.filter(({ how }) => how === 'add') : samples);
    this.table.apply(receivedSamples(cryostat, record.class, seconds));
    const isCalibrated = (this.calibratedUntil.get(device) ?? 0) > seconds;
    const anomalies = isLate ? [] : this.streamWatch.take(record, samples, isCalibrated);
    // Those of before a restart are records of the log themselves.
    if (isLive && anomalies.length > 0) this.onAnomalies(anomalies);
    if (isLive && !isLate) this.onRecord(record);
    if (isLive) this.table.apply(ingestSamples(cryostat, Math.max(0, this.nowSeconds - seconds)));
    if (record.class === 'critical') tell(this.events, { seconds, device, kind, body });
  }

  /** Lets seconds pass: the uptime of devices is checked each second, series and alerts are looked at each step. */
  advance(toSeconds: number): void {
    const from = this.atSeconds;
    const isPause = from === undefined || toSeconds - from > pauseSeconds || toSeconds < from - pauseSeconds;
    if (isPause) this.atSeconds = Math.floor(toSeconds);
    let at = this.atSeconds as number;
    for (; at + 1 <= toSeconds; at++) this.second(at + 1);
    this.atSeconds = at;
  }

  private second(at: number): void {
    const beats = new Map<string, number[]>();
    for (const { labels, value } of this.table.all('coldrig_last_heartbeat_timestamp_seconds')) {
      const of = beats.get(labels.cryostat);
      if (of === undefined) beats.set(labels.cryostat, [value]);
      else of.push(value);
    }
    for (const [cryostat, lasts] of beats) this.table.apply(uptimeSamples(cryostat, at, lasts));
    if (at % this.history.stepSeconds !== 0) return;
    this.forget(at);
    this.alerts = this.evaluator.evaluate(at, this.table);
    // What was there before a restart was told then.
    if (this.isLive) this.onNotification(this.notifier.take(at, this.alerts, this.table));
    else this.notifier.look(at, this.alerts, this.table);
    this.history.take(at, this.table.everything());
  }

  private forget(at: number): void {
    for (const [name, { lastRecordSeconds }] of this.devices) {
      if (at - lastRecordSeconds <= forgetSeconds) continue;
      this.devices.delete(name);
      this.streamWatch.forget(name);
      this.table.forget(name);
      this.calibratedUntil.delete(name);
    }
  }

  private noteCalibration(device: string): void {
    const all = [...this.table.all('coldrig_calibration_until_timestamp_seconds')];
    const own = all.filter(({ labels }) => labels.device === device);
    this.calibratedUntil.set(device, Math.max(...own.map(({ value }) => value)));
  }

  /** Whether the record comes behind one that its device made later. */
  private meet({ device, cryostat, boot, sequence }: TelemetryRecord, seconds: number): boolean {
    const known = this.devices.get(device);
    const number: RecordNumber = { boot, sequence };
    const isLate = known !== undefined && compareNumbers(number, known) < 0;
    // It was moved: in the other cryostat it is not silent, it is gone.
    if (known !== undefined && known.cryostat !== cryostat && !isLate) this.table.forget(device);
    const last = isLate ? known : number;
    const lastRecordSeconds = Math.max(seconds, known?.lastRecordSeconds ?? 0);
    this.devices.set(device, { device, cryostat, boot: last.boot, sequence: last.sequence, lastRecordSeconds });
    return isLate;
  }
}

function tell(list: Told[], told: Told): void {
  list.push(told);
  if (list.length > toldMost) list.shift();
}
