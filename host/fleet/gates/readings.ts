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
  /** Alerts that page somebody and fire, by device; by cryostat where they name no device. */
  alerts: { device: string | undefined; cryostat: string | undefined; name: string }[];
}

export interface ReadingsSource {
  /** Over so many seconds before now. Rejects with a FleetServerError. */
  read(seconds: number, signal: AbortSignal): Promise<Readings>;
}

interface Point {
  labels: Readonly<Record<string, string>>;
  value: number;
}

/** How a kind of source answers: the mean of a series in these seconds; the newest value; alerts that fire. */
interface Asker {
  mean(name: string, seconds: number, signal: AbortSignal): Promise<Point[]>;
  newest(name: string, signal: AbortSignal): Promise<{ nowSeconds: number; points: Point[] }>;
  alerts(signal: AbortSignal): Promise<Readonly<Record<string, string>>[]>;
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
        alerts: alerts
          .filter(({ severity }) => severity === 'page')
          .map(({ device, cryostat, alertname }) => ({ device: device || undefined, cryostat, name: alertname })),
      };
    },
  };
}

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
  const series = async (name: string, seconds: number, signal: AbortSignal) => {
    const query = `name=${name}&from=${-seconds}&step=${seconds}`;
    return answerOf(address, `/api/series?${query}`, signal, ({ times, series: found }) => ({
      nowSeconds: (times as number[])[0] + seconds,
      points: (found as { labels: Point['labels']; mean: (number | null)[]; max: (number | null)[] }[]).map(
        ({ labels, mean, max }) => ({ labels, mean: mean[0], max: max[0] }),
      ),
    }));
  };
  const pointsOf = (all: { labels: Point['labels']; value: number | null }[]): Point[] =>
    all.flatMap(({ labels, value }) => (typeof value === 'number' ? [{ labels, value }] : []));
  return {
    async mean(name, seconds, signal) {
      const { points } = await series(name, seconds, signal);
      return pointsOf(points.map(({ labels, mean }) => ({ labels, value: mean })));
    },
    // Of a time that only grows, the newest is the greatest.
    async newest(name, signal) {
      const { nowSeconds, points } = await series(name, 86_400, signal);
      return { nowSeconds, points: pointsOf(points.map(({ labels, max }) => ({ labels, value: max }))) };
    },
    alerts: (signal) =>
      answerOf(address, '/api/state', signal, ({ alerts }) =>
        (alerts as { name: string; severity: string; labels: Record<string, string> }[]).map(
          ({ name, severity, labels }) => ({ ...labels, alertname: name, severity }),
        ),
      ),
  };
}

function prometheusAsker(address: string): Asker {
  const query = (expression: string, signal: AbortSignal) =>
    answerOf(address, `/api/v1/query?query=${encodeURIComponent(expression)}`, signal, ({ data }) =>
      (data as { result: { metric: Point['labels']; value: [number, string] }[] }).result.map(
        ({ metric, value: [atSeconds, text] }) => ({ labels: metric, value: Number(text), atSeconds }),
      ),
    );
  const finite = ({ value }: Point) => Number.isFinite(value);
  return {
    mean: async (name, seconds, signal) => (await query(`avg_over_time(${name}[${seconds}s])`, signal)).filter(finite),
    async newest(name, signal) {
      const points = (await query(`max_over_time(${name}[1d])`, signal)).filter(finite);
      return { nowSeconds: points[0]?.atSeconds ?? 0, points };
    },
    alerts: async (signal) => (await query('ALERTS{alertstate="firing"}', signal)).map(({ labels }) => labels),
  };
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
