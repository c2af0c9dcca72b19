// How many records a second go from controllers through a gateway and an ingester into a Prometheus, and how long one takes.
//
//   10,000 played controllers ──> gateway, log on disk ──TLS──> `coldrig ingest`: log on disk ──remote write──> Prometheus
//   (played-gateway.ts, a process)                 │            (a process)                                   (a process)
//                                                  └──> NATS JetStream ──> `coldrig ingest` ──remote write──> Prometheus       rows telemetry-nats-...
//
// telemetry-p99:    each controller is polled once a second, and in the middle each has ten records at once; from the receive time of a record to the acknowledgement
//                   of the store. The peer is the Prometheus alone: samples of the same records, written by one client; its figure is of a request of 2,000 records.
// telemetry-ingest: then each has four records at each poll, 40,000 a second, and more is not offered; what the ingester has stored counts. The peer is a NATS server
//                   alone: the same records, in batches as a gateway passes them on, from one publisher.

import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { JetStreamUpstream } from '../../../host/telemetry/forward/jetstream-upstream.ts';
import { hasOpenssl, TestAuthority } from '../../../host/telemetry/forward/testing-certificates.ts';
import { RemoteWrite, storePost, writeAddress } from '../../../host/telemetry/ingest/remote-write.ts';
import { StoreSeries } from '../../../host/telemetry/ingest/store-series.ts';
import type { StoreSample } from '../../../host/telemetry/ingest/write-request.ts';
import type { StoredEntry } from '../../../host/telemetry/log/record-log.ts';
import { hostTime } from '../../../host/telemetry/time.ts';
import { encodeCbor } from '../../../host/tools/telemetry/envelope.ts';
import { recordOfWire } from '../../../host/tools/telemetry/wire.ts';
import { freePort, LiveServer } from '../campaign/live-server.ts';
import { builtTool, interopFolder, pathTool } from '../interop/install.ts';
import { LiveProcess, linkWords } from '../telemetry/live/live-process.ts';
import { LiveStore } from '../telemetry/live/live-store.ts';
import { controllers, serialOf, wireOf } from './played-controllers.ts';
import type { GatewayWay } from './played-gateway.ts';
import { PlayedGateway } from './played-gateway-process.ts';
import type { BenchRow } from './row.ts';

const loadSeconds = 12;
const warmUpMs = 120_000;
const peerSeconds = 4;
const peerBatch = 2_000;

interface Figures {
  perSecond: number;
  p99Ms: number;
}

export async function benchTelemetry(): Promise<BenchRow[]> {
  const prometheus = pathTool('prometheus');
  if (prometheus.path === undefined || !hasOpenssl) {
    console.error(`telemetry is not measured: ${prometheus.missing ?? 'openssl is not installed'}`);
    return [];
  }
  const server = await builtTool('nats-server');
  const own = await run(prometheus.path, overLink);
  const nats = server.path === undefined ? undefined : await run(prometheus.path, overNats(server.path));
  const natsPeer = server.path === undefined ? undefined : await natsAlone(server.path);
  const prometheusPeer = await prometheusAlone(prometheus.path);
  const rows = (id: string, { perSecond, p99Ms }: Figures): BenchRow[] => [
    {
      ...{ id: `telemetry-${id}ingest`, value: perSecond, unit: 'records/s', goal: 10_000 },
      ...(natsPeer === undefined
        ? { peer: 'no NATS server here', peerValue: 0 }
        : { peer: 'NATS JetStream alone', peerValue: natsPeer.perSecond }),
    },
    {
      ...{ id: `telemetry-${id}p99`, value: p99Ms, unit: 'ms', goal: 1_000 },
      ...{ peer: 'Prometheus alone', peerValue: prometheusPeer.p99Ms },
    },
  ];
  return [...rows('', own), ...(nats === undefined ? [] : rows('nats-', nats))];
}

/** What is between the log of the gateway and the ingester. */
interface Between {
  way: GatewayWay;
  /** Of `coldrig ingest`: where records come from. */
  words: readonly string[];
  pids: Readonly<Record<string, number>>;
  end: () => Promise<void>;
}

async function overLink(folder: string): Promise<Between> {
  const [authority, port] = [new TestAuthority(folder), await freePort()];
  return {
    way: { port, files: authority.end('edge') },
    words: ['--accept', `127.0.0.1:${port}`, ...linkWords(authority.end('hub'))],
    ...{ pids: {}, end: async () => {} },
  };
}

const overNats = (program: string) => async (): Promise<Between> => {
  const server = await LiveServer.start(program);
  return {
    way: { nats: server.url },
    words: ['--nats', server.url],
    ...{ pids: { NATS: server.pid }, end: () => server.end() },
  };
};

async function run(prometheus: string, way: (folder: string) => Promise<Between>): Promise<Figures> {
  mkdirSync(interopFolder, { recursive: true });
  const folder = mkdtempSync(join(interopFolder, 'telemetry-'));
  const store = await LiveStore.start(prometheus);
  const between = await way(folder);
  const ingester = await LiveProcess.start([
    ...['ingest', '--store', store.address, ...between.words, '--log', join(folder, 'hub'), '--name', 'bench'],
  ]);
  const gateway = await PlayedGateway.start(join(folder, 'edge'), between.way);
  const passed = (seconds: number) => new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
  const residentMib = () =>
    Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${ingester.pid}/status`, 'utf8'))?.[1]) / 1024;
  const pids = { gateway: gateway.pid, ...between.pids, ingester: ingester.pid, Prometheus: store.pid };
  /** Of so many seconds: what the ingester takes, and the processor time of each process for each of its records. */
  const measure = async (): Promise<{ perSecond: number; told: string }> => {
    const read = async () => {
      // It says so now and then; the others are asked at that moment.
      const ingested = await ingester.count('records');
      const played = await gateway.figures();
      return { ingested, played, ms: performance.now(), used: usedBy(pids) };
    };
    const before = await read();
    await passed(loadSeconds);
    const after = await read();
    const [records, taken] = [after.ingested - before.ingested, after.played.stored - before.played.stored];
    const words = Object.entries(after.used).map(([name, seconds]) => {
      const us = (seconds - before.used[name]) * 1e6;
      if (name !== 'gateway') return `${name} ${(us / records).toFixed(0)} µs`;
      return `gateway ${(us / taken).toFixed(0)} µs (${after.played.playingUs.toFixed(0)} of them the played controllers)`;
    });
    return { perSecond: (records * 1_000) / (after.ms - before.ms), told: words.join(', ') };
  };
  try {
    // Until every series is there: to make one costs a store a hundred times what a sample of it costs. How long that takes is not measured.
    const settled = store
      .until('count(coldrig_uptime_seconds)', ([count]) => count === controllers, warmUpMs)
      .then(() => ingester.until(({ lag }) => lag < controllers, warmUpMs));
    await settled.catch(({ message }) => console.error(`telemetry: this machine is too slow or too busy: ${message}`));
    // What is looked at below is a minute, which the beginning must not be in.
    await passed(60 - loadSeconds);
    const mibBefore = residentMib();
    const { told: usual } = await measure();
    gateway.play({ atOnce: 10 });
    await passed(1);
    gateway.play({ atOnce: 1 });
    await passed(loadSeconds / 2);
    const quantile = `histogram_quantile(0.99, sum by (le) (increase(coldrig_ingest_latency_seconds_bucket[1m])))`;
    const [p99] = await store.until(quantile, ([value]) => value >= 0);
    const [lag, mibAfter] = [await ingester.count('lag'), residentMib()];
    gateway.play({ atOnce: 4 });
    const { perSecond, told: most } = await measure();
    console.error(`telemetry: processor time of each record at 10,000 records/s: ${usual}; at most: ${most}`);
    console.error(
      `telemetry: p99 ${p99.toFixed(2)} s at ${controllers} records/s and a burst of ten times that, ${lag} records not in the store ten seconds later, ` +
        `${mibAfter.toFixed(0)} MiB in the ingester, ${mibBefore.toFixed(0)} MiB before; at most ${perSecond.toFixed(0)} records/s`,
    );
    return { perSecond, p99Ms: p99 * 1_000 };
  } finally {
    await gateway.end();
    await ingester.end('SIGTERM');
    await between.end();
    await store.end();
    rmSync(folder, { recursive: true });
  }
}

/** Seconds of processor time that each process has taken. */
function usedBy(pids: Readonly<Record<string, number>>): Record<string, number> {
  const ticksPerSecond = 100;
  return Object.fromEntries(
    Object.entries(pids).map(([name, pid]) => {
      // Behind the name of the program, which may have anything in it: state is field 3, ticks of user and system are 14 and 15.
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
      return [name, (Number(fields[11]) + Number(fields[12])) / ticksPerSecond];
    }),
  );
}

/** The same records, of so many controllers each. */
function* rounds(): Generator<StoredEntry[]> {
  for (let sequence = 0; ; sequence++)
    for (let first = 0; first < controllers; first += peerBatch)
      yield Array.from({ length: peerBatch }, (_, index) => {
        const [device, receiveTimeNs] = [serialOf(first + index), hostTime.wallNs()];
        const record = recordOfWire(wireOf(first + index, sequence), 1, { device, cryostat: 'north', receiveTimeNs });
        return { ...record, position: 0, bytes: encodeCbor(record) };
      });
}

/** Of batches that are given one after the other; making them is not measured. */
async function measured(give: (batch: readonly StoredEntry[]) => Promise<unknown>): Promise<Figures> {
  const batchMs: number[] = [];
  let totalMs = 0;
  for (const batch of rounds()) {
    const begun = performance.now();
    await give(batch);
    batchMs.push(performance.now() - begun);
    totalMs += batchMs[batchMs.length - 1];
    if (totalMs > peerSeconds * 1_000) break;
  }
  batchMs.sort((a, b) => a - b);
  return {
    perSecond: (batchMs.length * peerBatch * 1_000) / totalMs,
    p99Ms: batchMs[Math.floor(batchMs.length * 0.99)],
  };
}

async function natsAlone(program: string): Promise<Figures> {
  const server = await LiveServer.start(program);
  const upstream = new JetStreamUpstream({ url: server.url }, 'edge');
  try {
    return await measured((batch) => upstream.deliver(batch));
  } finally {
    await upstream.close();
    await server.end();
  }
}

async function prometheusAlone(program: string): Promise<Figures> {
  const store = await LiveStore.start(program);
  const write = new RemoteWrite('Prometheus', storePost(writeAddress(store.address)));
  const [series, now] = [new StoreSeries(), new AbortController().signal];
  try {
    return await measured(async (batch) => {
      const samples: StoreSample[] = [];
      for (const { bytes: _, position: __, ...record } of batch) series.take(record as never, false, samples);
      await write.write(samples, now);
    });
  } finally {
    await store.end();
  }
}
