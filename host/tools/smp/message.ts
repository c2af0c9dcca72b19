// SMP messages of both versions: the 8-byte header and the body.
//
//   byte 0     bits 0-2 operation, bits 3-4 version (0: v1, 1: v2), bits 5-7 reserved
//   byte 1     flags, 0
//   byte 2-3   length of the body, big endian
//   byte 4-5   group, big endian
//   byte 6     sequence number, chosen by the client; the answer has the same
//   byte 7     command

import { Smp } from '../../../protocol/smp/smp.ts';
import { type CborMap, encodeBody } from './cbor.ts';

export type SmpVersion = 1 | 2;

export interface SmpHeader {
  /** Smp.OP_READ and the like. */
  operation: number;
  version: number;
  group: number;
  sequence: number;
  command: number;
}

export interface SmpMessage extends SmpHeader {
  /** Bytes of the body; `decodeBody` reads them. */
  body: Uint8Array;
}

export const headerSize = Smp.HEADER_SIZE;

/** `version` is 1 or 2. */
export function encodeMessage(header: SmpHeader, body: CborMap | Uint8Array): Uint8Array {
  const bytes = body instanceof Uint8Array ? body : encodeBody(body);
  if (bytes.length > 0xffff) throw new RangeError(`an SMP body has at most 65535 bytes, this one has ${bytes.length}`);
  const message = Buffer.alloc(headerSize + bytes.length);
  message[0] = (header.operation & 7) | ((header.version - 1) << 3);
  message.writeUInt16BE(bytes.length, 2);
  message.writeUInt16BE(header.group, 4);
  message[6] = header.sequence & 0xff;
  message[7] = header.command;
  message.set(bytes, headerSize);
  return new Uint8Array(message);
}

/** Decodes one message. Throws an `Error` that says what is wrong when the bytes are not exactly one message. */
export function decodeMessage(bytes: Uint8Array): SmpMessage {
  if (bytes.length < headerSize) throw new Error(`${bytes.length} bytes are too few for a header of ${headerSize}`);
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const first = view.readUInt8(0);
  const length = view.readUInt16BE(2);
  const present = bytes.length - headerSize;
  if (length !== present) throw new Error(`the header announces a body of ${length} bytes, ${present} are there`);
  return {
    operation: first & 7,
    version: ((first >> 3) & 3) + 1,
    group: view.readUInt16BE(4),
    sequence: view.readUInt8(6),
    command: view.readUInt8(7),
    body: bytes.subarray(headerSize),
  };
}
