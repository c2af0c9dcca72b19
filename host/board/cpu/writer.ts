// Grows a byte buffer in the wasm binary format.

export class Writer {
  private buffer: Uint8Array;
  length = 0;

  constructor(capacity: number) {
    this.buffer = new Uint8Array(Math.max(capacity, 64));
  }

  get bytes(): Uint8Array {
    return this.buffer.subarray(0, this.length);
  }

  byte(value: number): void {
    this.reserve(1);
    this.buffer[this.length++] = value;
  }

  bytesOf(...values: number[]): void {
    this.reserve(values.length);
    for (const value of values) this.buffer[this.length++] = value;
  }

  /** An opcode and its index. */
  indexed(opcode: number, index: number): void {
    this.byte(opcode);
    this.u32(index);
  }

  copy(source: Uint8Array, start: number, end: number): void {
    this.reserve(end - start);
    // Most pieces are a few bytes, where a loop beats the native copy.
    if (end - start > 32) this.buffer.set(source.subarray(start, end), this.length);
    else for (let at = start, to = this.length; at < end; at++, to++) this.buffer[to] = source[at];
    this.length += end - start;
  }

  u32(value: number): void {
    let rest = value;
    for (; rest >= 0x80; rest >>>= 7) this.byte((rest & 0x7f) | 0x80);
    this.byte(rest);
  }

  /** Signed LEB128 of a 32-bit integer. */
  s32(value: number): void {
    let rest = value | 0;
    while (rest < -64 || rest > 63) {
      this.byte((rest & 0x7f) | 0x80);
      rest >>= 7;
    }
    this.byte(rest & 0x7f);
  }

  name(text: string): void {
    const encoded = new TextEncoder().encode(text);
    this.u32(encoded.length);
    this.copy(encoded, 0, encoded.length);
  }

  /** Writes `contents` behind its length in bytes, as sections and function bodies are. */
  sized(contents: () => void): void {
    const at = this.length;
    this.bytesOf(0x80, 0x80, 0x80, 0x80, 0); // five bytes of LEB128, filled in below
    contents();
    const size = this.length - at - 5;
    for (let i = 0; i < 5; i++) this.buffer[at + i] = ((size >>> (7 * i)) & 0x7f) | (i < 4 ? 0x80 : 0);
  }

  private reserve(count: number): void {
    if (this.length + count <= this.buffer.length) return;
    const larger = new Uint8Array((this.length + count) * 2);
    larger.set(this.buffer);
    this.buffer = larger;
  }
}
