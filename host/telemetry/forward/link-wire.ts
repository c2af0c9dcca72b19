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

import { Encoder } from 'cbor-x';
import type { TelemetryClass } from '../../../protocol/telemetry/records.ts';
import type { LogEntry } from '../log/record-log.ts';

export const linkVersion = 1;
/** A batch is at most this long; whoever sends more is none of ours. */
export const frameBytesMost = 16 << 20;

type WireEntry = [device: string, boot: number, sequence: number, of: number, record: Uint8Array];

export interface LinkBatch {
  batch: number;
  entries: WireEntry[];
}

export type LinkMessage =
  | { hello: number; from: string }
  | { ready: number }
  | LinkBatch
  | { ack: number }
  | { refused: number; reason: string };

/** A stream of bytes to somebody. */
export interface ByteStream {
  send(bytes: Uint8Array): void;
  onBytes: (bytes: Uint8Array) => void;
  /** Called once, whoever ended it. */
  onClose: (reason: string) => void;
  close(): void;
}

/** What came is no message of this protocol. */
export class LinkError extends Error {}

const codec = new Encoder({ useRecords: false, tagUint8Array: false } as ConstructorParameters<typeof Encoder>[0]);
const classes: readonly TelemetryClass[] = ['bulk', 'heartbeat', 'critical'];

export function encodeMessage(message: LinkMessage): Uint8Array {
  const body = codec.encode(message);
  const frame = Buffer.allocUnsafe(4 + body.length);
  frame.writeUInt32BE(body.length, 0);
  frame.set(body, 4);
  return frame;
}

export const wireOfEntry = ({ device, boot, sequence, class: of, bytes }: LogEntry): WireEntry => [
  ...([device, boot, sequence, classes.indexOf(of)] as const),
  bytes,
];

/** Throws a LinkError where it is none. */
export function entryOfWire(wire: unknown): LogEntry {
  const [device, boot, sequence, of, bytes] = Array.isArray(wire) ? wire : [];
  const isWord = (value: unknown) => Number.isInteger(value) && (value as number) >= 0 && (value as number) < 2 ** 32;
  const isEntry =
    typeof device === 'string' &&
    Buffer.byteLength(device) <= 200 &&
    isWord(boot) &&
    isWord(sequence) &&
    bytes instanceof Uint8Array;
  if (!isEntry || classes[of] === undefined)
    throw new LinkError('an entry of a batch is not [device, boot, sequence, class, record]');
  return { device, boot, sequence, class: classes[of], bytes };
}

/** Puts frames together from what comes in pieces. */
export class FrameReader {
  private parts: Buffer = Buffer.alloc(0);

  /** The messages that these bytes complete. Throws a LinkError where they are none. */
  *read(bytes: Uint8Array): Generator<LinkMessage> {
    this.parts = this.parts.length === 0 ? Buffer.from(bytes) : Buffer.concat([this.parts, bytes]);
    while (this.parts.length >= 4) {
      const length = this.parts.readUInt32BE(0);
      if (length > frameBytesMost)
        throw new LinkError(`a frame of ${length} bytes; at most ${frameBytesMost} are taken`);
      if (this.parts.length < 4 + length) return;
      const body = this.parts.subarray(4, 4 + length);
      this.parts = this.parts.subarray(4 + length);
      yield decoded(body);
    }
  }
}

function decoded(body: Uint8Array): LinkMessage {
  let message: unknown;
  try {
    message = codec.decode(body);
  } catch (error) {
    throw new LinkError(`a frame is not CBOR: ${(error as Error).message}`);
  }
  if (typeof message !== 'object' || message === null) throw new LinkError('a message is no map');
  return message as LinkMessage;
}
