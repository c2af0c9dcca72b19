// A cryostat with five devices in a fault run: records of emulated boards, what the gateway counts beside them, and the series that follow from both.
//
//   boards ──events, heartbeats──> records ──samplesOf──> series ──every 15 s──> evaluator, and a column for promtool
//
// The first device is the one that something happens to; the other four are one healthy board under four names. What must stay true: every number comes from a
// board or from the clock of the run; virtual time begins at 0, as it does in promtool.

import { LogKind, type LogRecord } from '../../../host/board/log.ts';
import { ingestSamples, receivedSamples, uptimeSamples } from '../../../host/telemetry/gateway-samples.ts';
import { Evaluator } from '../../../host/telemetry/monitoring/evaluate.ts';
import { type Sample, samplesOf } from '../../../host/telemetry/samples.ts';
import { keyOf, type Series, SeriesTable } from '../../../host/telemetry/series.ts';
import type { TelemetryBody, TelemetryRecord, TelemetryValue } from '../../../host/tools/telemetry/envelope.ts';
import { RECORDER } from '../../../protocol/generated/registers.ts';
import { Channel } from '../../../protocol/plant/places.ts';
import { EventKind } from '../../../protocol/telemetry/events.ts';
import { Beat } from '../../../protocol/telemetry/heartbeat.ts';
import type { DeviceUnderTest } from '../../rig/device.ts';
import { second } from '../../rig/time.ts';

export const CRYOSTAT = 'north';
/** A column of the series, and a look of the evaluator. */
export const STEP_SECONDS = 15;
const INGEST_SECONDS = 0.02;
const others = ['ctl-2', 'ctl-3', 'ctl-4', 'ctl-5'];

/** What a board has said, by the second of its run. */
export type Said = readonly TelemetryRecord[][];

/** Collects the records of a board; to be made before its run. */
export class Listener {
  private readonly device: DeviceUnderTest;
  private readonly beganNs: number;
  private readonly heard: LogRecord[] = [];
  private sequence = 0;
  private boot = 1;

  constructor(device: DeviceUnderTest) {
    this.device = device;
    this.beganNs = device.now;
    device.onRecord = (record) => {
      if (record.kind === LogKind.RECORDER) this.heard.push({ ...record });
    };
  }

  /** Seconds since it began to listen. */
  get now(): number {
    return (this.device.now - this.beganNs) / second;
  }

  /** Records since the last call: the heartbeat record is that of the last one. */
  take(): TelemetryRecord[] {
    const events = this.heard.splice(0);
    const lastBeat = events.findLast(({ a }) => (a & 0xffff) === EventKind.HEARTBEAT);
    return events.flatMap((event) => {
      const { timeNs, a, b, argument1 = a >>> 16 } = event;
      if ((a & 0xffff) === EventKind.BOOT_START) [this.boot, this.sequence] = [this.boot + 1, 0];
      const said = this.record(timeNs, 'event', { event: a & 0xffff, argument0: b, argument1 });
      return event === lastBeat ? [said, this.record(timeNs, 'heartbeat', this.heartbeat())] : [said];
    });
  }

  private record(timeNs: number, kind: string, body: TelemetryBody): TelemetryRecord {
    return {
      ...{ schema: 1, device: 'ctl-1', cryostat: CRYOSTAT, boot: this.boot, sequence: this.sequence++ },
      ...{ deviceTimeNs: BigInt(Math.round(timeNs)), receiveTimeNs: BigInt(Math.round(timeNs - this.beganNs)) },
      ...{ class: 'heartbeat', kind, body },
    };
  }

  /** As the record of the schema has it. */
  private heartbeat(): TelemetryBody {
    const word = (place: number) => this.device.board.machine.peek(RECORDER, 'HEARTBEAT', place);
    const temperature = (channel: number): TelemetryValue => word(Beat.TEMPERATURES + channel) || null;
    return {
      ...{ heartbeat: word(Beat.SEQUENCE), uptimeSeconds: word(Beat.UPTIME_SECONDS), health: word(Beat.HEALTH) },
      temperaturesMicrokelvin: Array.from({ length: Channel.COUNT }, (_, channel) => temperature(channel)),
      ...{ leastSlackUs: word(Beat.LEAST_SLACK_US) | 0, faultCount: word(Beat.FAULT_COUNT), shed: word(Beat.SHED) },
      ...{ tripped: word(Beat.TRIPPED), railsGood: word(Beat.RAILS_GOOD), reference: word(Beat.REFERENCE) },
      ...{ powerMicrowatts: word(Beat.POWER_MICROWATTS), budgetMicrowatts: word(Beat.BUDGET_MICROWATTS) },
      thermometers: word(Beat.CHANNELS),
    };
  }
}

/** What a run gives: the alerts that fired at any look, and every series as columns. */
export interface Course {
  fired: string[];
  columns: { series: Series; values: (number | undefined)[] }[];
  steps: number;
}

/** What the gateway does not receive from then on, and what it counts beside. */
export interface GatewayStory {
  /** Whether records of this device arrive in this second. */
  receives?: (device: string, at: number) => boolean;
  /** Samples of the gateway's own in this second. */
  own?: (at: number) => Sample[];
}

/** Plays what the boards said to the gateway, second by second. */
export function play(said: Said, healthy: Said, { receives = () => true, own = () => [] }: GatewayStory = {}): Course {
  const [table, evaluator] = [new SeriesTable(), new Evaluator()];
  const columns = new Map<string, Course['columns'][number]>();
  const fired = new Set<string>();
  const lastBeat = new Map(['ctl-1', ...others].map((device) => [device, 0]));
  let steps = 0;
  for (const [index, of] of said.entries()) {
    const at = index + 1;
    const all = [...of, ...others.flatMap((device) => (healthy[index] ?? []).map((record) => ({ ...record, device })))];
    for (const record of all.filter(({ device }) => receives(device, at))) {
      table.apply(samplesOf(record));
      table.apply(receivedSamples(CRYOSTAT, record.class, at));
      table.apply(ingestSamples(CRYOSTAT, INGEST_SECONDS));
    }
    for (const { labels, value } of table.all('coldrig_last_heartbeat_timestamp_seconds'))
      lastBeat.set(labels.device, value);
    table.apply(uptimeSamples(CRYOSTAT, at, lastBeat.values()));
    table.apply(own(at));
    if (at % STEP_SECONDS !== 0) continue;
    for (const series of table.everything()) columnOf(columns, series).values[steps] = series.value;
    steps++;
    for (const { name } of evaluator.evaluate(at, table)) fired.add(name);
  }
  return { fired: [...fired].sort(), columns: [...columns.values()], steps };
}

function columnOf(columns: Map<string, Course['columns'][number]>, series: Series): Course['columns'][number] {
  const key = `${series.name} ${keyOf(series.labels)}`;
  let column = columns.get(key);
  if (column === undefined) {
    column = { series: { ...series }, values: [] };
    columns.set(key, column);
  }
  return column;
}

/** Lets a board run for so long, something happening at some seconds, and returns what it said. */
export async function listen(
  device: DeviceUnderTest,
  seconds: number,
  acts: Readonly<Record<number, (listener: Listener) => void | Promise<void>>> = {},
): Promise<Said> {
  const listener = new Listener(device);
  const said: TelemetryRecord[][] = [];
  while (said.length < seconds) {
    await acts[said.length]?.(listener);
    const rest = (said.length + 1 - listener.now) * second;
    if (rest > 0) device.run(rest);
    // What an act took longer than a second is one longer second.
    const passed = Math.max(1, Math.floor(listener.now) - said.length);
    for (let more = 1; more < passed; more++) said.push([]);
    said.push(listener.take());
  }
  return said;
}
