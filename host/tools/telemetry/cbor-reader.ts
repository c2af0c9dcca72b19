// Reads CBOR where it is known what comes: steps over the bytes of a value, and says whether it was that.
//
// What must stay true: nothing is read behind the end; after an answer that says no, the place means nothing.

import { BYTES, FALSE, LIST, MAP, NEGATIVE, NULL, TEXT, TRUE, U64, UNSIGNED } from './cbor-writer.ts';

export class CborReader {
  at = 0;
  private bytes: Uint8Array = new Uint8Array(0);

  begin(bytes: Uint8Array): void {
    this.bytes = bytes;
    this.at = 0;
  }

  get isAtEnd(): boolean {
    return this.at === this.bytes.length;
  }

  /** Whether these bytes are here. */
  isNext(expected: Uint8Array): boolean {
    const { bytes, at } = this;
    for (let index = 0; index < expected.length; index++) if (bytes[at + index] !== expected[index]) return false;
    this.at += expected.length;
    return true;
  }

  /** A number of 32 bits, or the length of what is behind a head; -1: it is not of that type. */
  head(major: number): number {
    const { bytes } = this;
    const first = bytes[this.at];
    const more = first & 31;
    if (first >> 5 !== major >> 5 || more > 26) return -1;
    this.at++;
    if (more < 24) return more;
    const size = 1 << (more - 24);
    if (this.at + size > bytes.length) return -1;
    let number = 0;
    for (let index = 0; index < size; index++) number = number * 256 + bytes[this.at++];
    return number;
  }

  /** A text of ASCII, which is this one. */
  isText(expected: string): boolean {
    const { bytes } = this;
    if (this.head(TEXT) !== expected.length) return false;
    for (let index = 0; index < expected.length; index++)
      if (bytes[this.at + index] !== expected.charCodeAt(index)) return false;
    this.at += expected.length;
    return true;
  }

  /** A text of ASCII; undefined: it is none. */
  text(): string | undefined {
    const start = this.skipText();
    return start < 0 ? undefined : Buffer.prototype.latin1Slice.call(this.bytes, start, this.at);
  }

  /** Where the characters of a text of ASCII begin, which is behind then; -1: it is none. */
  skipText(): number {
    const length = this.head(TEXT);
    const start = this.at;
    if (length < 0 || start + length > this.bytes.length) return -1;
    for (this.at = start; this.at < start + length; this.at++) if (this.bytes[this.at] > 0x7f) return -1;
    return start;
  }

  /** A string of bytes; undefined: it is none. They are those that are read. */
  view(): Uint8Array | undefined {
    const length = this.head(BYTES);
    const start = this.at;
    if (length < 0 || start + length > this.bytes.length) return undefined;
    this.at = start + length;
    return this.bytes.subarray(start, this.at);
  }

  isMap(count: number): boolean {
    return this.head(MAP) === count;
  }

  isWord(): boolean {
    return this.head(UNSIGNED) >= 0;
  }

  isSigned(): boolean {
    const isNegative = this.bytes[this.at] >> 5 === NEGATIVE >> 5;
    const number = this.head(isNegative ? NEGATIVE : UNSIGNED);
    return number >= 0 && number < 2 ** 31;
  }

  isWide(): boolean {
    if (this.bytes[this.at] !== U64 || this.at + 9 > this.bytes.length) return false;
    this.at += 9;
    return true;
  }

  isBoolean(): boolean {
    const byte = this.bytes[this.at++];
    return byte === FALSE || byte === TRUE;
  }

  isNull(): boolean {
    if (this.bytes[this.at] !== NULL) return false;
    this.at++;
    return true;
  }

  list(): number {
    return this.head(LIST);
  }
}
