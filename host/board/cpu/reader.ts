// Reads the primitive shapes of the wasm binary format (LEB128 integers, vectors' counts, names) from untrusted
// bytes. Every read is bounded by `end`, and every count by the bytes that are left, so hostile input costs at most
// one pass over itself.

import { malformed } from './refused.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export class Reader {
  readonly bytes: Uint8Array;
  offset: number;
  readonly end: number;

  constructor(bytes: Uint8Array, offset = 0, end = bytes.length) {
    if (!(offset >= 0 && offset <= end && end <= bytes.length)) throw new Error(`no such window: ${offset}..${end}`);
    this.bytes = bytes;
    this.offset = offset;
    this.end = end;
  }

  get done(): boolean {
    return this.offset >= this.end;
  }

  byte(what: string): number {
    if (this.offset >= this.end) malformed(this.offset, `the image ends where ${what} should be`);
    return this.bytes[this.offset++];
  }

  /** Unsigned LEB128 of at most 32 bits. */
  u32(what: string): number {
    const first = this.byte(what);
    if (first < 0x80) return first;
    let value = first & 0x7f;
    for (let shift = 7; shift < 35; shift += 7) {
      const byte = this.byte(what);
      if (shift === 28 && byte > 0x0f) malformed(this.offset - 1, `${what} does not fit 32 bits`);
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    return malformed(this.offset, `${what} does not fit 32 bits`);
  }

  /** Skips a signed LEB128 of 32 or 64 bits; spare bits of the last byte must repeat the sign. */
  skipSigned(bits: 32 | 64, what: string): void {
    const lengthMax = bits === 32 ? 5 : 10;
    for (let length = 1; length <= lengthMax; length++) {
      const byte = this.byte(what);
      if (byte >= 0x80) continue;
      if (length < lengthMax) return;
      const spare = bits === 32 ? byte & 0x78 : byte & 0x7f;
      const allOnes = bits === 32 ? 0x78 : 0x7f;
      if (spare === 0 || spare === allOnes) return;
    }
    malformed(this.offset - 1, `${what} does not fit ${bits} bits`);
  }

  /** The value of an i32 constant. */
  s32(what: string): number {
    const start = this.offset;
    this.skipSigned(32, what);
    let value = 0;
    for (let at = start, shift = 0; at < this.offset; at++, shift += 7) value |= (this.bytes[at] & 0x7f) << shift;
    const unusedBits = 32 - 7 * (this.offset - start);
    return unusedBits > 0 ? (value << unusedBits) >> unusedBits : value;
  }

  /** A vector's count: each element takes at least one byte, so a count above the bytes left is refused. */
  count(what: string): number {
    const at = this.offset;
    const count = this.u32(`the number of ${what}`);
    if (count > this.end - this.offset)
      malformed(at, `${count} ${what} cannot fit the ${this.end - this.offset} bytes left`);
    return count;
  }

  name(what: string): string {
    const length = this.count(`bytes of ${what}`);
    const start = this.offset;
    this.offset += length;
    try {
      return utf8.decode(this.bytes.subarray(start, this.offset));
    } catch {
      return malformed(start, `${what} is not UTF-8`);
    }
  }
}
