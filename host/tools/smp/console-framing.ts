// SMP over a serial console: messages as lines of base64 between other text.
//
//   packet = u16be(length of message + 2) | message | u16be(CRC-16/XMODEM of message)
//   line   = 06 09 base64 0a, and for the rest of the packet 04 14 base64 0a …
//
// What must stay true: a line that we send has at most 127 bytes; a line that we receive may be longer; an invalid packet is dropped silently, and
// the next 06 09 begins a new one.

import type { FrameDecoder, Framing } from './transport.ts';

const firstMarker = [0x06, 0x09] as const;
const nextMarker = [0x04, 0x14] as const;
const lineFeed = 0x0a;
const bytesPerLine = 93; // 124 characters of base64 with two of marker and one line feed: the 127 every receiver takes
const longestLine = 8192; // what some clients send with their line limit raised, and then some
const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** CRC-16/XMODEM: polynomial 0x1021, start 0, nothing reflected. Zero over a message followed by its CRC. */
export function crc16(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc & 0x8000) !== 0 ? ((crc << 1) ^ 0x1021) & 0xffff : crc << 1;
  }
  return crc;
}

/** The lines that carry one message. */
export function encodeConsole(message: Uint8Array): Uint8Array {
  if (message.length > 0xffff - 2) throw new RangeError(`a console packet takes 65533 bytes, not ${message.length}`);
  const packet = Buffer.alloc(message.length + 4);
  packet.writeUInt16BE(message.length + 2, 0);
  packet.set(message, 2);
  packet.writeUInt16BE(crc16(message), message.length + 2);
  const lines: Buffer[] = [];
  for (let offset = 0; offset < packet.length; offset += bytesPerLine) {
    const text = packet.subarray(offset, offset + bytesPerLine).toString('base64');
    lines.push(Buffer.from([...(offset === 0 ? firstMarker : nextMarker)]), Buffer.from(text), Buffer.of(lineFeed));
  }
  return new Uint8Array(Buffer.concat(lines));
}

export class ConsoleDecoder implements FrameDecoder {
  #line: number[] = [];
  #packet: Buffer | undefined;

  /** Takes bytes in any pieces, and returns the messages that are complete. */
  push(bytes: Uint8Array): Uint8Array[] {
    const messages: Uint8Array[] = [];
    for (const byte of bytes) {
      if (byte !== lineFeed) {
        if (this.#line.length < longestLine) this.#line.push(byte);
        continue;
      }
      const message = this.#takeLine(Buffer.from(this.#line));
      this.#line = [];
      if (message) messages.push(message);
    }
    return messages;
  }

  #takeLine(line: Buffer): Uint8Array | undefined {
    const first = line.lastIndexOf(Buffer.from(firstMarker));
    const next = line.lastIndexOf(Buffer.from(nextMarker));
    if (first < 0 && next < 0) return undefined;
    const text = line.toString('latin1', Math.max(first, next) + 2).replace(/\r+$/, '');
    const isFirst = first > next;
    const before = isFirst ? Buffer.alloc(0) : this.#packet;
    this.#packet = undefined;
    if (before === undefined || !base64.test(text)) return undefined;
    const packet = Buffer.concat([before, Buffer.from(text, 'base64')]);
    const wanted = packet.length < 2 ? Number.POSITIVE_INFINITY : 2 + packet.readUInt16BE(0);
    if (packet.length < wanted) this.#packet = packet;
    const isGood = packet.length === wanted && wanted >= 4 && crc16(packet.subarray(2)) === 0;
    return isGood ? new Uint8Array(packet.subarray(2, wanted - 2)) : undefined;
  }
}

export const consoleFraming: Framing = {
  overhead: 4, // length and CRC share the receiver's buffer with the message
  encode: encodeConsole,
  decoder: () => new ConsoleDecoder(),
};
