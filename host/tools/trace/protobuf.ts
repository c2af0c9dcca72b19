// Writes the wire format of protocol buffers: varints, 64-bit and length-delimited fields, nested messages.
// Source: protobuf.dev, "Encoding".

const WIRE_VARINT = 0;
const WIRE_64 = 1;
const WIRE_BYTES = 2;

/** Fields are written in the order of the calls. A nested message is complete before its field is written. */
export class Message {
  private bytes = new Uint8Array(64);
  private used = 0;

  /** An unsigned integer up to 2^53. */
  unsigned(field: number, value: number): this {
    this.tag(field, WIRE_VARINT);
    this.varint(value);
    return this;
  }

  /** int64: negative numbers take ten bytes, as two's complement of 64 bits. */
  integer(field: number, value: number): this {
    if (value >= 0) return this.unsigned(field, value);
    this.tag(field, WIRE_VARINT);
    let rest = BigInt.asUintN(64, BigInt(value));
    for (; rest > 0x7fn; rest >>= 7n) this.byte(Number(rest & 0x7fn) | 0x80);
    this.byte(Number(rest));
    return this;
  }

  /** fixed64 */
  fixed64(field: number, value: number): this {
    this.tag(field, WIRE_64);
    let rest = value;
    for (let index = 0; index < 8; index += 1) {
      this.byte(rest % 256);
      rest = Math.floor(rest / 256);
    }
    return this;
  }

  double(field: number, value: number): this {
    this.tag(field, WIRE_64);
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setFloat64(0, value, true);
    this.append(bytes);
    return this;
  }

  text(field: number, value: string): this {
    return this.delimited(field, Buffer.from(value, 'utf8'));
  }

  message(field: number, fill: (message: Message) => void): this {
    const nested = new Message();
    fill(nested);
    return this.delimited(field, nested.encoded());
  }

  encoded(): Uint8Array {
    return this.bytes.subarray(0, this.used);
  }

  private delimited(field: number, bytes: Uint8Array): this {
    this.tag(field, WIRE_BYTES);
    this.varint(bytes.length);
    this.append(bytes);
    return this;
  }

  private tag(field: number, wireType: number): void {
    this.varint(field * 8 + wireType);
  }

  private varint(value: number): void {
    let rest = value;
    for (; rest > 0x7f; rest = Math.floor(rest / 128)) this.byte((rest % 128) | 0x80);
    this.byte(rest);
  }

  private byte(value: number): void {
    if (this.used === this.bytes.length) this.reserve(1);
    this.bytes[this.used++] = value;
  }

  private append(bytes: Uint8Array): void {
    if (this.used + bytes.length > this.bytes.length) this.reserve(bytes.length);
    this.bytes.set(bytes, this.used);
    this.used += bytes.length;
  }

  private reserve(more: number): void {
    const larger = new Uint8Array(Math.max(this.bytes.length * 2, this.used + more));
    larger.set(this.bytes.subarray(0, this.used));
    this.bytes = larger;
  }
}
