// Batches of a link (link-wire.ts), written and read without a library for all of CBOR, as their entries are (log/entries-cbor.ts).

import { CborReader } from '../../tools/telemetry/cbor-reader.ts';
import { beginBytes, MAP, putHead, putLong, putText, takeBytes, UNSIGNED } from '../../tools/telemetry/cbor-writer.ts';
import { putEntries, takeEntries, type WireEntry, wireBytes } from '../log/entries-cbor.ts';
import type { LogEntry } from '../log/record-log.ts';

export interface LinkBatch {
  batch: number;
  entries: WireEntry[];
}

/** In front of each frame: the length of its body. */
export const headBytes = 4;

const noLength = new Uint8Array(headBytes);
/** At most: what is around the entries. */
const aroundBatch = 64;

/** Undefined: it has a name that is not ASCII, or one that is too long. */
export function batchFrame(batch: number, entries: readonly LogEntry[]): Uint8Array | undefined {
  beginBytes(entries.reduce((sum, entry) => sum + wireBytes(entry), aroundBatch));
  putLong(noLength);
  putHead(MAP, 2);
  putText('batch');
  putHead(UNSIGNED, batch);
  putText('entries');
  if (!putEntries(entries)) return undefined;
  const frame = takeBytes() as Uint8Array;
  new DataView(frame.buffer, frame.byteOffset).setUint32(0, frame.length - headBytes);
  return frame;
}

const reader = new CborReader();

/** Undefined: it is another message, or a batch that was written in another way. The records are parts of `body`. */
export function batchOf(body: Uint8Array): LinkBatch | undefined {
  reader.begin(body);
  if (!reader.isMap(2) || !reader.isText('batch')) return undefined;
  const batch = reader.head(UNSIGNED);
  if (batch < 0 || !reader.isText('entries')) return undefined;
  const entries = takeEntries(reader, body.length);
  return entries !== undefined && reader.isAtEnd ? { batch, entries } : undefined;
}
