// An ingester as a process: where records come from, its state on disk, and the store.
//
//   gateways below ──TLS──> Receiver ──> DiskLog ──┐
//                                NATS JetStream ───┴──> Ingester ──remote write──> Prometheus, VictoriaMetrics
//
// What must stay true: one process at a time has the folder; nothing listens where it was not told to.

import { join } from 'node:path';
import type { NatsServer } from '../links/nats-place.ts';
import { type AcceptOptions, acceptGateways } from './forward/accept.ts';
import type { ReceiverParts } from './forward/receiver.ts';
import { Quarantine } from './gateway/quarantine.ts';
import { shownAddress } from './http-post.ts';
import { readState, writeState } from './ingest/ingest-state.ts';
import { type IngestEvent, Ingester, type Unreadable } from './ingest/ingester.ts';
import { RemoteWrite, storePost, writeAddress } from './ingest/remote-write.ts';
import { nodeLogDisk } from './log/disk.ts';
import { DiskLog } from './log/disk-log.ts';
import type { JetStreamReader } from './log/jetstream-reader.ts';
import { hostOf, JetStreamStream } from './log/jetstream-stream.ts';
import type { LogReader } from './log/record-log.ts';
import { rest, type Time } from './time.ts';

export interface IngestOptions {
  name: string;
  /** Of the state, and of the log where it takes records itself. */
  folder: string;
  /** Takes records of gateways below itself, or from the stream of a NATS server: nats://host:port */
  from: { accept: AcceptOptions } | { nats: NatsServer };
  /** Address of the store. */
  store: string;
  resolutionSeconds?: number;
  part?: { number: number; of: number };
  time: Time;
  onEvent: (event: RunIngestEvent) => void;
}

export interface IngestTotals {
  records: number;
  samples: number;
  refused: number;
  repeats: number;
  lag: number;
}

export type RunIngestEvent =
  | IngestEvent
  | Parameters<NonNullable<ReceiverParts['onEvent']>>[0]
  | { event: 'ready'; store: string; accept?: number; nats?: string }
  | ({ event: 'status' } & IngestTotals);

const statusMs = 10_000;

/** Where records come from. */
interface Source {
  told: { accept?: number; nats?: string };
  /** Messages that it cannot read are given to `leaveOut`. */
  reader: (name: string, leaveOut: (message: Unreadable) => void) => Promise<LogReader>;
  /** Positions that a reader has not committed. */
  lag: (name: string) => Promise<number>;
  /** How many entries a position has; of those that are not read yet, as many as those before them. */
  entriesEach?: () => number;
  close: () => Promise<void>;
}

/** Until the signal is aborted. Throws a LogError when the folder cannot be used, and the system's errors of a port or a file. */
export async function runIngest(options: IngestOptions, signal: AbortSignal): Promise<IngestTotals> {
  const { name, folder, time, onEvent, part } = options;
  const source = await sourceOf(options, signal).catch((error) => {
    if (signal.aborted && error === signal.reason) return undefined;
    throw error;
  });
  // It was ended while it waited for the server.
  if (source === undefined) return { records: 0, samples: 0, refused: 0, repeats: 0, lag: -1 };
  try {
    const readerName = part === undefined ? 'store' : `store-${part.number}-of-${part.of}`;
    const path = join(folder, `${readerName}.state`);
    const store = writeAddress(options.store);
    const lag = async () => {
      const positions = Math.max(0, (await source.lag(readerName)) - ingester.uncommitted);
      return Math.ceil(positions * (source.entriesEach?.() ?? 1));
    };
    const ingester: Ingester = new Ingester({
      ...{ name, part, time, onEvent, lag, resolutionSeconds: options.resolutionSeconds },
      ...{
        reader: await source.reader(readerName, (message) => ingester.leaveOut(message)),
        state: readState(path),
        keep: (state) => writeState(path, state),
      },
      store: new RemoteWrite(shownAddress(store), storePost(store)),
    });
    onEvent({ event: 'ready', store: shownAddress(store), ...source.told });
    const totals = async (): Promise<IngestTotals> => {
      const { records, samples, refused, repeats } = ingester;
      return { records, samples, refused, repeats, lag: await lag().catch(() => -1) };
    };
    await Promise.all([ingester.run(signal), telling(totals, options, signal)]);
    return await totals();
  } finally {
    await source.close();
  }
}

async function sourceOf(options: IngestOptions, signal: AbortSignal): Promise<Source> {
  const { folder, from, name, time, onEvent } = options;
  if ('nats' in from) {
    const claim = nodeLogDisk.claim(folder);
    const onWaiting = (reason: string) => onEvent({ event: 'stream', state: 'waiting', reason });
    const stream = await JetStreamStream.open(from.nats, { signal, onWaiting }).catch((error) => {
      claim.release();
      throw error;
    });
    const close = async () => {
      await stream.close();
      claim.release();
    };
    const lag = async (reader: string) => {
      const [{ last, first }, position] = [await stream.state(), await stream.position(reader)];
      return last + 1 - Math.max(first, position);
    };
    const onAnew = (reason: string) => onEvent({ event: 'stream-anew', reason });
    let reading: JetStreamReader | undefined;
    return {
      told: { nats: `nats://${hostOf(from.nats)}` },
      reader: async (name, leaveOut) => {
        const onUnreadable = (reason: string, position: number) => leaveOut({ event: 'unreadable', position, reason });
        reading = await stream.reader(name, { onAnew, onUnreadable });
        return reading;
      },
      lag,
      entriesEach: () => reading?.entriesOfMessage ?? 1,
      close,
    };
  }
  const log = DiskLog.open(folder, { time });
  try {
    const quarantine = new Quarantine(nodeLogDisk, folder);
    const below = await acceptGateways(from.accept, { name, log, quarantine, time, onEvent });
    const close = async () => {
      await below.close();
      await log.close();
    };
    const lag = async (reader: string) => log.status().lag[reader] ?? 0;
    return { told: { accept: below.port }, reader: (reader) => log.reader(reader), lag, close };
  } catch (error) {
    await log.close();
    throw error;
  }
}

async function telling(
  totals: () => Promise<IngestTotals>,
  { time, onEvent }: IngestOptions,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await rest(time, statusMs, signal);
    if (!signal.aborted) onEvent({ event: 'status', ...(await totals()) });
  }
}
