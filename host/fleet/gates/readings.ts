// What gates look at: readings of devices, from an embedded gateway (host/telemetry/metrics/api.ts) or a Prometheus, over HTTP.
//
// What must stay true: a source that does not answer, or not in its form, is an error and no reading; a device without a reading has none, and never that of
// another.

import { askHttp, FleetServerError, readAnswer, refusalOf } from '../http-client.ts';

/** Means over the last seconds, by device as its telemetry names it (its serial number). */
export interface Readings {
  /** By channel of the thermometer. */
  temperatureKelvin: Map<string, Record<string, number>>;
  powerWatts: Map<string, number>;
  /** By readout channel. */
  snrDecibel: Map<string, Record<string, number>>;
  /** How long ago the last heartbeat was received. */
  heartbeatAgoMs: Map<string, number>;
  /** Alerts that page somebody and fire, by device; by cryostat where they name no device; or what is not known of them. */
  alerts: Alert[] | { missing: string };
}

export interface Alert {
  device: string | undefined;
  cryostat: string | undefined;
  name: string;
}

export type Labels = Readonly<Record<string, string>>;

export interface ReadingsSource {
  /** Over so many seconds before now. Rejects with a FleetServerError. */
  read(seconds: number, signal: AbortSignal): Promise<Readings>;
}

interface Point {
  labels: Labels;
  value: number;
}

/** How a kind of source answers: the mean of a series in these seconds; the newest value; alerts that fire. */
interface Asker {
  mean(name: string, seconds: number, signal: AbortSignal): Promise<Point[]>;
  newest(name: string, signal: AbortSignal): Promise<{ nowSeconds: number; points: Point[] }>;
  alerts(signal: AbortSignal): Promise<Labels[]>;
}

export type SourceKind = 'gateway' | 'prometheus';

export function readingsSource(kind: SourceKind, address: string): ReadingsSource {
  const asker = kind === 'gateway' ? gatewayAsker(address) : prometheusAsker(address);
  return {
    async read(seconds, signal) {
      const mean = (name: string) => asker.mean(name, seconds, signal);
      const [temperatures, powers, snrs, beats, alerts] = await Promise.all([
        ...[
          mean('coldrig_flanges_temperature_kelvins'),
          mean('coldrig_power_watts'),
          mean('coldrig_readout_snr_decibels'),
        ],
        asker.newest('coldrig_last_heartbeat_timestamp_seconds', signal),
        asker.alerts(signal),
      ] as const);
      const agoMs = ({ value }: Point) => Math.max(0, (beats.nowSeconds - value) * 1000);
      return {
        temperatureKelvin: byChannel(temperatures),
        powerWatts: new Map(powers.map(({ labels, value }) => [labels.device, value])),
        snrDecibel: byChannel(snrs),
        heartbeatAgoMs: new Map(beats.points.map((point) => [point.labels.device, agoMs(point)])),
        alerts: pagesIn(alerts),
      };
    },
  };
}

/** Those that page somebody, of alerts by their labels. */
export const pagesIn = (alerts: readonly Labels[]): Alert[] =>
  alerts
    .filter(({ severity }) => severity === 'page')
    .map(({ device, cryostat, alertname }) => ({ device: device || undefined, cryostat, name: alertname }));

function byChannel(points: readonly Point[]): Map<string, Record<string, number>> {
  const all = new Map<string, Record<string, number>>();
  for (const { labels, value } of points) {
    const of = all.get(labels.device) ?? {};
    of[labels.channel ?? ''] = value;
    all.set(labels.device, of);
  }
  return all;
}

function gatewayAsker(address: string): Asker {
  const series = (name: string, seconds: number, which: 'mean' | 'max', signal: AbortSignal) =>
    answerOf(
      address,
      `/api/series?name=${name}&from=${-seconds}&step=${seconds}`,
      signal,
      ({ times, series: all }) => ({
        nowSeconds: numberIn(listIn(times)[0]) + seconds,
        points: listIn(all).flatMap((one) => {
          const { labels, [which]: values } = mapIn(one);
          const [value] = listIn(values);
          return value === null ? [] : [{ labels: labelsIn(labels), value: numberIn(value) }];
        }),
      }),
    );
  return {
    mean: async (name, seconds, signal) => (await series(name, seconds, 'mean', signal)).points,
    // Of a time that only grows, the newest is the greatest.
    newest: (name, signal) => series(name, 86_400, 'max', signal),
    alerts: (signal) =>
      answerOf(address, '/api/state', signal, ({ alerts }) =>
        listIn(alerts).map((one) => {
          const { name, severity, labels } = mapIn(one);
          return { ...labelsIn(labels), ...labelsIn({ alertname: name, severity }) };
        }),
      ),
  };
}

function prometheusAsker(address: string): Asker {
  const query = (expression: string, signal: AbortSignal) =>
    answerOf(address, `/api/v1/query?query=${encodeURIComponent(expression)}`, signal, ({ data }) =>
      listIn(mapIn(data).result).flatMap((one) => {
        const { metric, value } = mapIn(one);
        const [atSeconds, text] = listIn(value);
        // NaN is a sample where nothing was known.
        const found = Number(text);
        const point = { labels: labelsIn(metric), value: found, atSeconds: numberIn(atSeconds) };
        return Number.isFinite(found) ? [point] : [];
      }),
    );
  return {
    mean: (name, seconds, signal) => query(`avg_over_time(${name}[${seconds}s])`, signal),
    async newest(name, signal) {
      const points = await query(`max_over_time(${name}[1d])`, signal);
      return { nowSeconds: points[0]?.atSeconds ?? 0, points };
    },
    alerts: async (signal) => (await query('ALERTS{alertstate="firing"}', signal)).map(({ labels }) => labels),
  };
}

function listIn(value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  throw new Error(`expected a list, found ${typeof value}`);
}

function mapIn(value: unknown): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new Error(`expected an object, found ${value === null ? 'null' : typeof value}`);
}

function numberIn(value: unknown): number {
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw new Error(`expected a number, found ${typeof value}`);
}

function labelsIn(value: unknown): Record<string, string> {
  const labels = mapIn(value);
  for (const [name, text] of Object.entries(labels))
    if (typeof text !== 'string') throw new Error(`label ${name}: expected a text, found ${typeof text}`);
  return labels as Record<string, string>;
}

const answerBytesMost = 64 << 20;
const answerMs = 10_000;

async function answerOf<Answer>(
  address: string,
  path: string,
  signal: AbortSignal,
  read: (json: Record<string, unknown>) => Answer,
): Promise<Answer> {
  const url = new URL(`${address.replace(/\/+$/, '')}${path}`);
  const within = AbortSignal.any([signal, AbortSignal.timeout(answerMs)]);
  const response = await askHttp({ method: 'GET', url, body: undefined, headers: {}, tls: {}, signal: within }).catch(
    (error) => {
      if (signal.aborted || error instanceof FleetServerError) throw error;
      throw new FleetServerError(`${url.origin} does not answer within ${answerMs / 1000} s`);
    },
  );
  if ((response.statusCode ?? 0) >= 300) throw await refusalOf(response, url);
  const text = await readAnswer(response, answerBytesMost);
  try {
    return read(JSON.parse(text));
  } catch (error) {
    throw new FleetServerError(
      `${url.origin}${url.pathname} answers with something else than readings: ${(error as Error).message}`,
      undefined,
      { cause: error },
    );
  }
}
