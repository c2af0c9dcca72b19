// What a gateway and the one above it say to each other, over any stream of bytes:
//
//   frame    u32 length, most significant byte first | CBOR of a message
//
//   below ──> hello {version, from}                                        above ──> ready {version}
//         ──> batch {number, entries: [[device, boot, sequence, class, record] ...]}
//                                                                                ──> ack {number}      it has all batches up to this one, on disk
//                                                                                ──> refused {number, reason}
//
// What must stay true: a frame counts when it is whole, so the stream may end at any byte. A batch that was not acknowledged is sent again over the next
// connection; records that are there already are left out there.

import { entryOfWire, wireCodec, wireOfEntry } from '../log/entries-cbor.ts';
import type { LogEntry } from '../log/record-log.ts';
import { batchFrame, batchOf, headBytes, type LinkBatch } from './link-batch.ts';

export const linkVersion = 1;
/** A batch is at most this long; whoever sends more is none of ours. */
export const frameBytesMost = 16 << 20;

export type { LinkBatch };

export type LinkMessage =
  | { hello: number; from: string }
  | { ready: number }
  | LinkBatch
  | { ack: number }
  | { refused: number; reason: string };

/** A stream of bytes to somebody. */
export interface ByteStream {
  send(bytes: Uint8Array): void;
  /** The bytes are those of who is called. */
  onBytes: (bytes: Uint8Array) => void;
  /** Called once, whoever ended it. */
  onClose: (reason: string) => void;
  close(): void;
}

/** What came is no message of this protocol. */
export class LinkError extends Error {}

export function encodeMessage(message: LinkMessage): Uint8Array {
  const body = wireCodec.encode(message);
  const frame = Buffer.allocUnsafe(4 + body.length);
  frame.writeUInt32BE(body.length, 0);
  frame.set(body, 4);
  return frame;
}

/** A frame with a batch: as encodeMessage makes it, and several times as fast. */
export const encodeBatch = (batch: number, entries: readonly LogEntry[]): Uint8Array =>
  batchFrame(batch, entries) ?? encodeMessage({ batch, entries: entries.map(wireOfEntry) });

/** Throws a LinkError where it is none. */
export function takenEntry(wire: unknown): LogEntry {
  const entry = entryOfWire(wire);
  if (entry === undefined) throw new LinkError('an entry of a batch is not [device, boot, sequence, class, record]');
  return entry;
}

/** Puts frames together from what comes in pieces. */
export class FrameReader {
  private pieces: Uint8Array[] = [];
  private length = 0;
  /** Bytes of the frame that comes, with its head; until they are there, pieces are not put together. */
  private wanted = headBytes;

  /** The messages that these bytes complete. Throws a LinkError where they are none. */
  *read(bytes: Uint8Array): Generator<LinkMessage> {
    this.pieces.push(bytes);
    this.length += bytes.length;
    if (this.length < this.wanted) return;
    const all = this.pieces.length === 1 ? this.pieces[0] : Buffer.concat(this.pieces, this.length);
    const view = new DataView(all.buffer, all.byteOffset, all.length);
    let at = 0;
    for (this.wanted = headBytes; at + this.wanted <= all.length; ) {
      const length = view.getUint32(at);
      if (length > frameBytesMost)
        throw new LinkError(`a frame of ${length} bytes; at most ${frameBytesMost} are taken`);
      this.wanted = headBytes + length;
      if (at + this.wanted > all.length) break;
      const body = all.subarray(at + headBytes, at + this.wanted);
      at += this.wanted;
      this.wanted = headBytes;
      yield decoded(body);
    }
    this.pieces = at === all.length ? [] : [all.subarray(at)];
    this.length = all.length - at;
  }
}

function decoded(body: Uint8Array): LinkMessage {
  let message: unknown;
  try {
    message = batchOf(body) ?? wireCodec.decode(body);
  } catch (error) {
    throw new LinkError(`a frame is not CBOR: ${(error as Error).message}`);
  }
  if (typeof message !== 'object' || message === null) throw new LinkError('a message is no map');
  return message as LinkMessage;
}
