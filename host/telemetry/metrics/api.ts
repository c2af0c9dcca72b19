// What the embedded gateway answers over HTTP: requests as data, so that no socket is needed to test them. GET only; a request changes nothing.
//
//   GET /metrics                                              the present value of every series: OpenMetrics or the older text, as the scraper asks
//   GET /metrics/own                                          of these, what is in no record: for a store that gets the records by an ingester
//   GET /api/state                                            GatewayState: devices, alerts, buffer, gaps, events
//   GET /api/series?name=coldrig_power_watts                  points of the last 24 hours: {name, as, stepSeconds, times, series: [{labels, min, max, mean}]}
//         &from=SECONDS&to=SECONDS&step=SECONDS               since 1970; from and to below 0 or left out: that long before now. Usual: the last hour, 240 points
//         &as=rate                                            growth of a counter a second; usual: value
//         &match.LABEL=VALUE ...                              labels that a series must have
//   GET /api/board?board=on-call                              Board (host/telemetry/page/board.ts): the panels of a dashboard, worked out, and the alerts
//         &cryostat=NAME&device=SERIAL&span=SECONDS           what is chosen; usual: all, and the span of the dashboard, a day at most
//   GET / and other paths                                     the page (Page)
//
// A point begins at its time; min, max and mean are null where it has no sample. An error is {error} with a sentence.

import { labelsOfSeries } from '../../../protocol/telemetry/metrics.ts';
import type { LogStatus } from '../log/record-log.ts';
import type { FiringAlert } from '../monitoring/evaluate.ts';
import { type BoardDevice, BoardError, boardOf } from '../page/board.ts';
import { contentTypes, exposition, formatOf, isOwn } from './exposition.ts';
import { HistoryError } from './history.ts';
import type { Told, Watch, WatchedDevice } from './watch.ts';

export interface GatewayState {
  /** Name and version of the gateway. */
  name: string;
  version: string;
  nowSeconds: number;
  /** The oldest point of the series; null: there is none. */
  sinceSeconds: number | null;
  stepSeconds: number;
  devices: (WatchedDevice & { info: Readonly<Record<string, string>> })[];
  alerts: readonly FiringAlert[];
  buffer: LogStatus;
  /** Oldest first, at most 200 of each. */
  gaps: readonly Told[];
  events: readonly Told[];
}

export interface Answer {
  status: number;
  type: string;
  body: string | Uint8Array;
}

/** A file of the page by its path, `/` too; undefined: there is none. */
export type Page = (path: string) => Promise<Answer | undefined>;

export interface ApiParts {
  name: string;
  version: string;
  watch: Watch;
  buffer: () => LogStatus;
  page?: Page;
  /** The devices that the gateway asks, and which of them is which, as far as it knows. */
  targets?: () => readonly AskedTarget[];
}

export interface AskedTarget {
  target: string;
  cryostat: string;
  device?: string;
}

const hourSeconds = 3_600;
const usualPoints = 240;
const queryWords = ['name', 'from', 'to', 'step', 'as'];
const endpoints = ['/metrics', '/api/state', '/api/series?name=NAME', '/api/board?board=NAME'];

/** `target`: path and query, as a request has it. */
export async function answer(parts: ApiParts, target: string, accept?: string): Promise<Answer> {
  const url = new URL(target, 'http://gateway');
  switch (url.pathname) {
    case '/metrics':
    case '/metrics/own': {
      const [format, { table }] = [formatOf(accept), parts.watch];
      const body = url.pathname === '/metrics' ? exposition(table, format) : exposition(table, format, isOwn);
      return { status: 200, type: contentTypes[format], body };
    }
    case '/api/state':
      return json(200, stateOf(parts));
    case '/api/series':
      return series(parts.watch, url.searchParams);
    case '/api/board':
      return board(parts, url.searchParams);
    default:
      return (await parts.page?.(url.pathname)) ?? json(404, { error: `there are ${endpoints.join(', ')}` });
  }
}

export const json = (status: number, body: object): Answer => ({
  status,
  type: 'application/json; charset=utf-8',
  body: JSON.stringify(body, (_, value) => (typeof value === 'bigint' ? `${value}` : value)),
});

export function stateOf({ name, version, watch, buffer }: ApiParts): GatewayState {
  const infos = infosOf(watch);
  return {
    ...{ name, version, nowSeconds: watch.nowSeconds, sinceSeconds: watch.history.sinceSeconds ?? null },
    stepSeconds: watch.history.stepSeconds,
    devices: [...watch.devices.values()].map((device) => ({ ...device, info: infos.get(device.device) ?? {} })),
    ...{ alerts: watch.alerts, buffer: buffer(), gaps: watch.gaps, events: watch.events },
  };
}

const infosOf = (watch: Watch) =>
  new Map([...watch.table.all('coldrig_device_info')].map(({ labels }) => [labels.device, labels]));

function board({ name, version, watch, targets = () => [] }: ApiParts, words: URLSearchParams): Answer {
  const infos = infosOf(watch);
  const met: BoardDevice[] = [...watch.devices.values()].map(({ device, cryostat, lastRecordSeconds }) => ({
    ...{ device, cryostat, lastRecordSeconds, version: infos.get(device)?.version },
  }));
  // A device that never sent anything is known by how it is reached.
  const silent = targets().filter(({ device }) => device === undefined || !watch.devices.has(device));
  const never = silent.map(({ target, cryostat, device }) => ({
    ...{ device: device ?? target, cryostat, lastRecordSeconds: null, target },
  }));
  try {
    return json(
      200,
      boardOf(
        {
          ...{ name, version, nowSeconds: watch.nowSeconds, past: watch.history, devices: [...met, ...never] },
          ...{ alerts: watch.notifier.present, incidents: watch.notifier.incidents },
        },
        {
          ...{ name: words.get('board') ?? '', cryostat: words.get('cryostat') ?? undefined },
          ...{ device: words.get('device') ?? undefined, spanSeconds: numberOf(words, 'span') },
        },
      ),
    );
  } catch (error) {
    if (error instanceof BoardError || error instanceof HistoryError) return json(400, { error: error.message });
    throw error;
  }
}

function series(watch: Watch, words: URLSearchParams): Answer {
  try {
    const name = words.get('name') ?? '';
    const labels = labelsOfSeries(name);
    if (labels === undefined)
      throw new HistoryError(`name: '${name}' is no series; protocol/telemetry/metrics.ts has all names`);
    const now = watch.nowSeconds;
    const toSeconds = timeOf(words, 'to', now) ?? now;
    const fromSeconds = timeOf(words, 'from', now) ?? toSeconds - hourSeconds;
    const stepSeconds =
      numberOf(words, 'step') ?? Math.max(watch.history.stepSeconds, (toSeconds - fromSeconds) / usualPoints);
    const as = words.get('as') ?? 'value';
    if (as !== 'value' && as !== 'rate') throw new HistoryError(`as: '${as}' is neither value nor rate`);
    const match = matchOf(words, labels);
    const found = watch.history.query({ name, match, fromSeconds, toSeconds, stepSeconds, as });
    return json(200, { name, as, stepSeconds, ...found });
  } catch (error) {
    if (error instanceof HistoryError) return json(400, { error: error.message });
    throw error;
  }
}

function matchOf(words: URLSearchParams, labels: readonly string[]): Record<string, string> {
  const match: Record<string, string> = {};
  for (const [word, value] of words) {
    if (queryWords.includes(word)) continue;
    const label = word.startsWith('match.') ? word.slice('match.'.length) : undefined;
    if (label === undefined || !labels.includes(label))
      throw new HistoryError(`${word}: expected ${queryWords.join(', ')} or match.LABEL of ${labels.join(', ')}`);
    match[label] = value;
  }
  return match;
}

function numberOf(words: URLSearchParams, word: string): number | undefined {
  const text = words.get(word);
  if (text === null) return undefined;
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (!Number.isFinite(value)) throw new HistoryError(`${word}: '${text}' is no number of seconds`);
  return value;
}

function timeOf(words: URLSearchParams, word: string, now: number): number | undefined {
  const value = numberOf(words, word);
  return value !== undefined && value < 0 ? now + value : value;
}
