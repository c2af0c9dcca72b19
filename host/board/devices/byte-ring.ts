// A bounded queue of bytes in the arena.
//
//   bytes   [ . . . o o o o . ]     start: oldest byte; length: how many
//                   ^start
//
// What must stay true: 0 <= length <= capacity; callers push at most `free` and pop at most `length` bytes.

import type { Arena } from '../arena.ts';

export class ByteRing {
  private readonly bytes: Uint8Array;
  /** [0] start, [1] length. */
  private readonly state: Uint32Array;

  /** `capacity`: a power of two. */
  constructor(arena: Arena, capacity: number) {
    if ((capacity & (capacity - 1)) !== 0) throw new Error(`byte ring: ${capacity} is not a power of two`);
    this.bytes = arena.isHistory(arena.bytes(capacity));
    this.state = arena.words(2);
  }

  get length(): number {
    return this.state[1];
  }

  get free(): number {
    return this.bytes.length - this.state[1];
  }

  push(byte: number): void {
    if (this.free === 0) throw new Error(`byte ring: full with ${this.length} bytes`);
    this.bytes[(this.state[0] + this.state[1]++) & (this.bytes.length - 1)] = byte;
  }

  pop(): number {
    if (this.length === 0) throw new Error('byte ring: empty');
    const byte = this.bytes[this.state[0]];
    this.state[0] = (this.state[0] + 1) & (this.bytes.length - 1);
    this.state[1]--;
    return byte;
  }

  /** Appends the first `length` bytes of `source`. */
  pushAll(source: Uint8Array, length: number): void {
    if (length > this.free) throw new Error(`byte ring: ${length} bytes do not fit, ${this.free} do`);
    const mask = this.bytes.length - 1;
    const end = this.state[0] + this.state[1];
    for (let i = 0; i < length; i++) this.bytes[(end + i) & mask] = source[i];
    this.state[1] += length;
  }

  /** Takes the oldest `length` bytes into the start of `target`. */
  popAll(target: Uint8Array, length: number): void {
    if (length > this.length) throw new Error(`byte ring: ${length} bytes requested, ${this.length} are there`);
    const mask = this.bytes.length - 1;
    const start = this.state[0];
    for (let i = 0; i < length; i++) target[i] = this.bytes[(start + i) & mask];
    this.state[0] = (start + length) & mask;
    this.state[1] -= length;
  }

  clear(): void {
    this.state.fill(0);
  }
}
