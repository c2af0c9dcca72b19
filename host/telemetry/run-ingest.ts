// An ingester as a process: where records come from, its state on disk, and the store.
//
//   gateways below ──TLS──> Receiver ──> DiskLog ──┐
//                               NATS JetStream ────┴──> Ingester ──remote write──> Prometheus, VictoriaMetrics
//
// What must stay true: one process at a time has the folder; nothing listens where it was not told to.

import { join } from 'node:path';
import { type AcceptOptions, acceptGateways } from './forward/accept.ts';
import type { ReceiverParts } from './forward/receiver.ts';
import { Quarantine } from './gateway/quarantine.ts';
import { readState, writeState } from './ingest/ingest-state.ts';
import { type IngestEvent, Ingester } from './ingest/ingester.ts';
import { httpPost, RemoteWrite, writeAddress } from './ingest/remote-write.ts';
import { nodeLogDisk } from './log/disk.ts';
import { DiskLog } from './log/disk-log.ts';
import { rest, type Time } from './time.ts';

export interface IngestOptions {
  name: string;
  /** Of the state, and of the log where it takes records itself. */
  folder: string;
  accept: AcceptOptions;
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
  | { event: 'ready'; store: string; accept: number }
  | ({ event: 'status' } & IngestTotals);

const statusMs = 10_000;

/** Until the signal is aborted. Throws a LogError when the folder cannot be used, and the system's errors of a port or a file. */
export async function runIngest(options: IngestOptions, signal: AbortSignal): Promise<IngestTotals> {
  const { name, folder, time, onEvent, part } = options;
  const log = DiskLog.open(folder, { time });
  let below: { port: number; close: () => Promise<void> } | undefined;
  try {
    const reader = part === undefined ? 'store' : `store-${part.number}-of-${part.of}`;
    const path = join(folder, `${reader}.state`);
    const store = writeAddress(options.store);
    const lag = async () => log.status().lag[reader] ?? 0;
    const ingester = new Ingester({
      ...{ name, part, time, onEvent, lag, resolutionSeconds: options.resolutionSeconds },
      ...{ reader: await log.reader(reader), state: readState(path), keep: (state) => writeState(path, state) },
      store: new RemoteWrite(shownAddress(store), httpPost(store)),
    });
    const quarantine = new Quarantine(nodeLogDisk, folder);
    below = await acceptGateways(options.accept, { name, log, quarantine, time, onEvent });
    onEvent({ event: 'ready', store: shownAddress(store), accept: below.port });
    const totals = async (): Promise<IngestTotals> => {
      const { records, samples, refused, repeats } = ingester;
      return { records, samples, refused, repeats, lag: await lag() };
    };
    await Promise.all([ingester.run(signal), telling(totals, options, signal)]);
    return await totals();
  } finally {
    await below?.close();
    await log.close();
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

/** Without its password. */
function shownAddress(address: string): string {
  const url = new URL(address);
  url.username = '';
  url.password = '';
  return url.href;
}
