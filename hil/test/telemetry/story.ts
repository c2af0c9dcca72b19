// A cryostat with five devices in a fault run: records as a client reads them from emulated boards, what a gateway counts beside them, and the series of both.
//
//   board ──SMP, group 69──> TelemetryClient ──records──> samplesOf ──> series ──every 15 s──> evaluator, and a column for promtool
//
// In most runs something happens to the first device, and the other four are one healthy board under four names. What must stay true: every number comes from a
// board or from the clock of the run; virtual time begins at 0, as it does in promtool.

import {
  commandSamples,
  ingestSamples,
  receivedSamples,
  uptimeSamples,
} from '../../../host/telemetry/gateway-samples.ts';
import { History } from '../../../host/telemetry/metrics/history.ts';
import { Evaluator } from '../../../host/telemetry/monitoring/evaluate.ts';
import type { Notification } from '../../../host/telemetry/monitoring/notification.ts';
import { Notifier } from '../../../host/telemetry/monitoring/notify.ts';
import type { Sample } from '../../../host/telemetry/sample.ts';
import { samplesOf } from '../../../host/telemetry/samples.ts';
import { keyOf, type Series, SeriesTable } from '../../../host/telemetry/series.ts';
import { TelemetryClient } from '../../../host/tools/telemetry/client.ts';
import type { TelemetryRecord } from '../../../host/tools/telemetry/envelope.ts';
import type { DeviceUnderTest } from '../../rig/device.ts';
import { second } from '../../rig/time.ts';

export const CRYOSTAT = 'north';
/** A column of the series, and a look of the evaluator. */
export const STEP_SECONDS = 15;
/** Longer than the slowest answer, shorter than a second, so that a silent device costs one poll. */
const ANSWER_MS = 800;
const NS_PER_SECOND = 1e9;
export const devices = ['ctl-1', 'ctl-2', 'ctl-3', 'ctl-4', 'ctl-5'] as const;

/** What came of a board in a second of its run. */
export interface Heard {
  records: TelemetryRecord[];
  /** Polls: how long each took, and why it had no answer. */
  polls: { seconds: number; error?: string }[];
  /** From the reception of a record to where it is counted, for each. */
  ingestSeconds: number[];
}

/** By the second of its run. */
export type Said = readonly Heard[];

/** Polls a board as a gateway does. To be made at the beginning of its run, which is time 0 of what it hears. */
export class Listener {
  private readonly device: DeviceUnderTest;
  private readonly beganNs: number;
  private readonly client: TelemetryClient;

  constructor(device: DeviceUnderTest) {
    [this.device, this.beganNs] = [device, device.now];
    const timeNs = () => BigInt(Math.round(device.now - this.beganNs));
    this.client = new TelemetryClient(device.client('gateway', { timeoutMs: ANSWER_MS }), {
      cryostat: CRYOSTAT,
      timeNs,
    });
  }

  /** Seconds since it began to listen. */
  get now(): number {
    return (this.device.now - this.beganNs) / second;
  }

  /** Everything that the device has to tell now. */
  async take(): Promise<Heard> {
    const heard: Heard = { records: [], polls: [], ingestSeconds: [] };
    for (let more = true; more; ) {
      const beganNs = this.device.now;
      const seconds = () => (this.device.now - beganNs) / second;
      try {
        const poll = await this.client.poll((records) => void heard.records.push(...records));
        heard.polls.push({ seconds: seconds() });
        more = poll.more;
      } catch (error) {
        heard.polls.push({ seconds: seconds(), error: (error as Error).name });
        more = false;
      }
    }
    const nowNs = this.now * NS_PER_SECOND;
    heard.ingestSeconds = heard.records.map(({ receiveTimeNs }) => (nowNs - Number(receiveTimeNs)) / NS_PER_SECOND);
    return heard;
  }
}

/** What a run gives: the alerts that fired at any look, what somebody was told, every series as columns, and all that a page can be made of. */
export interface Course {
  fired: string[];
  told: Notification[];
  columns: { series: Series; values: (number | undefined)[] }[];
  steps: number;
  table: SeriesTable;
  history: History;
  notifier: Notifier;
}

/** What the gateway does not receive, and what it counts beside. */
export interface GatewayStory {
  /** Whether records of this device arrive in this second. */
  receives?: (device: string, at: number) => boolean;
  /** Samples of the gateway's own in this second. */
  own?: (at: number) => Sample[];
}

/** Plays what each board said to the gateway, second by second. */
export function play(
  said: Readonly<Record<string, Said>>,
  { receives = () => true, own = () => [] }: GatewayStory = {},
): Course {
  const [table, evaluator, notifier] = [new SeriesTable(), new Evaluator(), new Notifier([])];
  const history = new History({ stepSeconds: STEP_SECONDS });
  const columns = new Map<string, Course['columns'][number]>();
  const fired = new Set<string>();
  const told: Notification[] = [];
  const lastBeat = new Map(Object.keys(said).map((device) => [device, 0]));
  const seconds = Math.min(...Object.values(said).map(({ length }) => length));
  let steps = 0;
  for (let at = 1; at <= seconds; at++) {
    for (const [device, heard] of Object.entries(said))
      table.apply(samplesOfSecond(device, heard[at - 1], at, receives));
    for (const { labels, value } of table.all('coldrig_last_heartbeat_timestamp_seconds'))
      lastBeat.set(labels.device, value);
    table.apply(uptimeSamples(CRYOSTAT, at, lastBeat.values()));
    table.apply(own(at));
    if (at % STEP_SECONDS !== 0) continue;
    for (const series of table.everything()) columnOf(columns, series).values[steps] = series.value;
    steps++;
    history.take(at, table.everything());
    const firing = evaluator.evaluate(at, table);
    told.push(...notifier.take(at, firing, table));
    for (const { name } of firing) fired.add(name);
  }
  return { fired: [...fired].sort(), told, columns: [...columns.values()], ...{ steps, table, history, notifier } };
}

/** Of a device and a second; where the gateway receives nothing it does not ask either. */
function samplesOfSecond(
  device: string,
  heard: Heard,
  at: number,
  receives: (device: string, at: number) => boolean,
): Sample[] {
  if (!receives(device, at)) return [];
  const { records, polls, ingestSeconds } = heard;
  return [
    ...polls.flatMap((poll) => commandSamples({ cryostat: CRYOSTAT, device, method: 'telemetry', ...poll })),
    ...records.flatMap((record) => [
      ...samplesOf({ ...record, device }),
      ...receivedSamples(CRYOSTAT, record.class, at),
    ]),
    ...ingestSeconds.flatMap((seconds) => ingestSamples(CRYOSTAT, seconds)),
  ];
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
  const said: Heard[] = [];
  while (said.length < seconds) {
    await acts[said.length]?.(listener);
    const rest = Math.round((said.length + 1 - listener.now) * second);
    if (rest > 0) device.run(rest);
    // What an act took longer than a second is seconds in which nobody asked.
    const passed = Math.max(1, Math.floor(listener.now) - said.length);
    for (let more = 1; more < passed; more++) said.push({ records: [], polls: [], ingestSeconds: [] });
    said.push(await listener.take());
  }
  return said.slice(0, seconds);
}
