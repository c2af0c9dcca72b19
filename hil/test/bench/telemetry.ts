// How many records a second go from controllers through a gateway and an ingester into a Prometheus, and how long one takes.
//
//   10,000 played controllers ──> gateway, log on disk ──TLS──> `coldrig ingest`: log on disk ──remote write──> Prometheus
//   (this process)                                 │            (a process of its own)                        (another)
//                                                  └──> NATS JetStream ──> `coldrig ingest` ──remote write──> Prometheus       rows telemetry-nats-...
//
// telemetry-p99:    each controller is polled once a second, and in the middle each has ten records at once; from the receive time of a record to the acknowledgement
//                   of the store. The peer is the Prometheus alone: samples of the same records, written by one client; its figure is of a request of 2,000 records.
// telemetry-ingest: then each has four records at each poll, which is more than two cores can do; what the ingester has stored counts. The peer is a NATS server
//                   alone: the same records, one message each, from one publisher.

import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Forwarder, type Upstream } from '../../../host/telemetry/forward/forwarder.ts';
import { JetStreamUpstream } from '../../../host/telemetry/forward/jetstream-upstream.ts';
import { LinkUpstream } from '../../../host/telemetry/forward/link-upstream.ts';
import { hasOpenssl, TestAuthority } from '../../../host/telemetry/forward/testing-certificates.ts';
import { connectTls } from '../../../host/telemetry/forward/tls-stream.ts';
import { Gateway } from '../../../host/telemetry/gateway/gateway.ts';
import { Quarantine } from '../../../host/telemetry/gateway/quarantine.ts';
import type { TelemetrySource } from '../../../host/telemetry/gateway/source.ts';
import { RemoteWrite, storePost, writeAddress } from '../../../host/telemetry/ingest/remote-write.ts';
import { StoreSeries } from '../../../host/telemetry/ingest/store-series.ts';
import type { StoreSample } from '../../../host/telemetry/ingest/write-request.ts';
import { nodeLogDisk } from '../../../host/telemetry/log/disk.ts';
import { DiskLog } from '../../../host/telemetry/log/disk-log.ts';
import type { StoredEntry } from '../../../host/telemetry/log/record-log.ts';
import { hostTime } from '../../../host/telemetry/time.ts';
import { encodeCbor } from '../../../host/tools/telemetry/envelope.ts';
import { recordOfWire } from '../../../host/tools/telemetry/wire.ts';
import { Telemetry, telemetryKinds } from '../../../protocol/telemetry/records.ts';
import { freePort, LiveServer } from '../campaign/live-server.ts';
import { builtTool, interopFolder, pathTool } from '../interop/install.ts';
import { LiveProcess, linkWords } from '../telemetry/live/live-process.ts';
import { LiveStore } from '../telemetry/live/live-store.ts';
import type { BenchRow } from './row.ts';

const controllers = 10_000;
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
  upstream: Upstream;
  /** Of `coldrig ingest`: where records come from. */
  words: readonly string[];
  pids: Readonly<Record<string, number>>;
  end: () => Promise<void>;
}

async function overLink(folder: string): Promise<Between> {
  const [authority, port] = [new TestAuthority(folder), await freePort()];
  const files = authority.end('edge');
  const connect = (signal: AbortSignal) => connectTls({ host: '127.0.0.1', port }, files, signal);
  return {
    upstream: new LinkUpstream({ name: 'hub', from: 'edge', connect, time: hostTime }),
    words: ['--accept', `127.0.0.1:${port}`, ...linkWords(authority.end('hub'))],
    ...{ pids: {}, end: async () => {} },
  };
}

const overNats = (program: string) => async (): Promise<Between> => {
  const server = await LiveServer.start(program);
  return {
    upstream: new JetStreamUpstream({ url: server.url }),
    words: ['--nats', server.url],
    ...{ pids: { NATS: server.pid }, end: () => server.end() },
  };
};

async function run(prometheus: string, way: (folder: string) => Promise<Between>): Promise<Figures> {
  mkdirSync(interopFolder, { recursive: true });
  const folder = mkdtempSync(join(interopFolder, 'telemetry-'));
  const store = await LiveStore.start(prometheus);
  const between = await way(folder);
  const { upstream } = between;
  const ingester = await LiveProcess.start([
    ...['ingest', '--store', store.address, ...between.words, '--log', join(folder, 'hub'), '--name', 'bench'],
  ]);
  const edge = DiskLog.open(join(folder, 'edge'), { time: hostTime });
  const quarantine = new Quarantine(nodeLogDisk, folder);
  const gateway = new Gateway({ name: 'edge', version: '0', log: edge, quarantine, time: hostTime });
  const fleet = { atOnce: 1 };
  const sources = Array.from({ length: controllers }, (_, number) => controller(number, fleet));
  const stop = new AbortController();
  const work = [
    gateway.run(sources, stop.signal),
    new Forwarder({ log: edge, name: 'up', upstream, time: hostTime }).run(stop.signal),
  ];
  const passed = (seconds: number) => new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
  const residentMib = () =>
    Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${ingester.pid}/status`, 'utf8'))?.[1]) / 1024;
  try {
    // Until every series is there: to make one costs a store a hundred times what a sample of it costs. How long that takes is not measured.
    const settled = store
      .until('count(coldrig_uptime_seconds)', ([count]) => count === controllers, warmUpMs)
      .then(() => ingester.until(({ lag }) => lag < controllers, warmUpMs));
    await settled.catch(({ message }) => console.error(`telemetry: this machine is too slow or too busy: ${message}`));
    // What is looked at below is a minute, which the beginning must not be in.
    await passed(60 - loadSeconds);
    const mibBefore = residentMib();
    await passed(loadSeconds / 2);
    fleet.atOnce = 10;
    await passed(1);
    fleet.atOnce = 1;
    await passed(loadSeconds / 2);
    const quantile = `histogram_quantile(0.99, sum by (le) (increase(coldrig_ingest_latency_seconds_bucket[1m])))`;
    const [p99] = await store.until(quantile, ([value]) => value >= 0);
    const [lag, mibAfter] = [await ingester.count('lag'), residentMib()];
    fleet.atOnce = 4;
    const pids = { gateway: process.pid, ...between.pids, ingester: ingester.pid, Prometheus: store.pid };
    const [before, begun, usedBefore] = [await ingester.count('records'), performance.now(), usedBy(pids)];
    await passed(loadSeconds);
    const after = await ingester.count('records');
    const perSecond = ((after - before) * 1_000) / (performance.now() - begun);
    const shares = Object.entries(usedBy(pids)).map(([name, seconds]) => {
      const each = ((seconds - usedBefore[name]) * 1e6) / (after - before);
      return `${name} ${each.toFixed(0)} µs`;
    });
    console.error(`telemetry: processor time of each record: ${shares.join(', ')}`);
    console.error(
      `telemetry: p99 ${p99.toFixed(2)} s at ${controllers} records/s and a burst of ten times that, ${lag} records not in the store ten seconds later, ` +
        `${mibAfter.toFixed(0)} MiB in the ingester, ${mibBefore.toFixed(0)} MiB before; at most ${perSecond.toFixed(0)} records/s`,
    );
    return { perSecond, p99Ms: p99 * 1_000 };
  } finally {
    stop.abort();
    await Promise.allSettled(work);
    await ingester.end('SIGTERM');
    await edge.close();
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

const countOf = (field: object) => ('count' in field ? Number(field.count) : 1);
const heartbeatWords = telemetryKinds.heartbeat.fields.reduce((sum, field) => sum + countOf(field), 0);

/** A heartbeat whose uptime, temperatures and slack move, and whose other figures stay. */
function wireOf(number: number, sequence: number): number[] {
  const words = Array.from({ length: heartbeatWords }, (_, index) => (index < 2 ? sequence : index < 5 ? 0 : index));
  for (let channel = 5; channel < 12; channel++)
    words[channel] = 4_000_000 + ((number * 7919 + sequence * 104_729) % 1000);
  return [telemetryKinds.heartbeat.number, 1, 1, sequence, sequence * 1_000, 0, ...words];
}

const serialOf = (number: number) => number.toString(16).padStart(32, '0');

/** Answers each poll with its next heartbeat, in a burst with more of them; the first poll comes at a moment of its own. */
function controller(number: number, fleet: { atOnce: number }): TelemetrySource {
  let sequence = 0;
  return {
    ...{ target: `played://${number}`, cryostat: 'north', close: async () => {} },
    identify: async () => {
      await new Promise((resolve) => setTimeout(resolve, (number * 1_000) / controllers));
      return serialOf(number);
    },
    read: async () => {
      const records = Array.from({ length: fleet.atOnce }, () => wireOf(number, sequence++));
      return { schema: Telemetry.SCHEMA_VERSION, records, more: false };
    },
  };
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
  const upstream = new JetStreamUpstream({ url: server.url });
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
