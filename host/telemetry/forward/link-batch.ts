// Batches of a link (link-wire.ts), written and read without a library for all of CBOR, which takes several times as long.
//
// What must stay true: what is written is what the library reads, and what is read is what it reads; all else is left to it, so `undefined` is an answer.

import type { TelemetryClass } from '../../../protocol/telemetry/records.ts';
import { CborReader } from '../../tools/telemetry/cbor-reader.ts';
import {
  BYTES,
  beginBytes,
  LIST,
  MAP,
  putHead,
  putLong,
  putText,
  takeBytes,
  UNSIGNED,
} from '../../tools/telemetry/cbor-writer.ts';
import type { LogEntry } from '../log/record-log.ts';

export type WireEntry = [device: string, boot: number, sequence: number, of: number, record: Uint8Array];

export interface LinkBatch {
  batch: number;
  entries: WireEntry[];
}

export const classes: readonly TelemetryClass[] = ['bulk', 'heartbeat', 'critical'];
/** In front of each frame: the length of its body. */
export const headBytes = 4;

const noLength = new Uint8Array(headBytes);
/** At most: what is around the entries, and around device and record of each. */
const aroundBatch = 64;
const aroundEntry = 24;

/** Undefined: it has a name that is not ASCII, or one that is too long. */
export function batchFrame(batch: number, entries: readonly LogEntry[]): Uint8Array | undefined {
  let size = aroundBatch;
  for (const { device, bytes } of entries) size += aroundEntry + device.length + bytes.length;
  beginBytes(size);
  putLong(noLength);
  putHead(MAP, 2);
  putText('batch');
  putHead(UNSIGNED, batch);
  putText('entries');
  putHead(LIST, entries.length);
  for (const { device, boot, sequence, class: of, bytes } of entries) {
    putHead(LIST, 5);
    if (!putText(device)) return undefined;
    putHead(UNSIGNED, boot);
    putHead(UNSIGNED, sequence);
    putHead(UNSIGNED, classes.indexOf(of));
    putHead(BYTES, bytes.length);
    putLong(bytes);
  }
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
  const count = reader.list();
  if (count < 0 || count > body.length) return undefined;
  const entries: WireEntry[] = [];
  for (let index = 0; index < count; index++) {
    if (reader.list() !== 5) return undefined;
    const device = reader.text();
    const [boot, sequence, of] = [reader.head(UNSIGNED), reader.head(UNSIGNED), reader.head(UNSIGNED)];
    const record = reader.view();
    if (device === undefined || boot < 0 || sequence < 0 || of < 0 || record === undefined) return undefined;
    entries.push([device, boot, sequence, of, record]);
  }
  return reader.isAtEnd ? { batch, entries } : undefined;
}
