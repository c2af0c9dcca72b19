// All machine state in one flat buffer.
//
// Every part of the board takes its typed arrays from here while it is constructed, and keeps no other state that matters
// to a run. So a snapshot is one copy of `size` bytes, restore is one copy back, and no state is left out.
// What must stay true: the same board takes the same pieces in the same order in every process, so that
// a snapshot written by one fits another; nothing is taken after `seal()`.

/** Room for every device's state: 66 KiB with a cryostat, mostly retained RAM, the UARTs' buffers and the recorder's ring. More is a bug in a device. */
const defaultCapacity = 80 * 1024;
const alignment = 8;

export class Arena {
  readonly buffer: ArrayBuffer;
  private used = 0;
  private hash = 0x811c_9dc5;
  private sealed = false;
  private all: Uint8Array;
  /** Index ranges of the pieces that are marked as history, in order: [start, end). */
  private readonly historyPlaces: number[] = [];

  constructor(capacity = defaultCapacity) {
    this.buffer = new ArrayBuffer(capacity);
    this.all = new Uint8Array(this.buffer);
  }

  /** Bytes in use: what a snapshot copies. */
  get size(): number {
    return this.used;
  }

  /** Tells one layout from another: a hash (FNV-1a, by words) of the sizes of all pieces in their order. */
  get layout(): number {
    return this.hash;
  }

  words(count: number): Uint32Array {
    return new Uint32Array(this.buffer, this.take(count * 4), count);
  }

  floats(count: number): Float64Array {
    return new Float64Array(this.buffer, this.take(count * 8), count);
  }

  bytes(count: number): Uint8Array {
    return new Uint8Array(this.buffer, this.take(count), count);
  }

  /**
   * Marks a piece as history: absolute times, totals, values that devices no longer use. After power-on no run depends on it, except
   * through what is reported to a witness (witness.ts).
   */
  isHistory<Piece extends Uint8Array | Uint32Array | Float64Array>(piece: Piece): Piece {
    this.historyPlaces.push(piece.byteOffset, piece.byteOffset + piece.byteLength);
    return piece;
  }

  /** Whether a state equals this one when history is ignored. */
  equalsButHistory(state: Uint8Array): boolean {
    if (state.length !== this.used) throw sizeError(state.length, this.used);
    const [one, other] = [bufferOf(this.all), bufferOf(state)];
    let from = 0;
    for (let piece = 0; piece <= this.historyPlaces.length; piece += 2) {
      const to = this.historyPlaces[piece] ?? this.used;
      if (to > from && one.compare(other, from, to, from, to) !== 0) return false;
      from = Math.max(from, this.historyPlaces[piece + 1] ?? this.used);
    }
    return true;
  }

  /** Fixes the layout: after this call no piece can be taken. */
  seal(): void {
    this.sealed = true;
    this.all = new Uint8Array(this.buffer, 0, this.used);
    const places = this.historyPlaces;
    const pieces = Array.from({ length: places.length / 2 }, (_, piece) => [places[2 * piece], places[2 * piece + 1]]);
    places.splice(0, places.length, ...pieces.sort(([one], [other]) => one - other).flat());
  }

  copyTo(target: Uint8Array): void {
    if (target.length !== this.used) throw sizeError(target.length, this.used);
    target.set(this.all);
  }

  copyFrom(source: Uint8Array): void {
    if (source.length !== this.used) throw sizeError(source.length, this.used);
    this.all.set(source);
  }

  private take(byteLength: number): number {
    if (this.sealed) throw new Error('arena: state must be taken while the board is constructed, not later');
    const offset = this.used;
    const end = offset + Math.ceil(byteLength / alignment) * alignment;
    if (end > this.buffer.byteLength)
      throw new Error(
        `arena: ${byteLength} bytes requested, ${this.buffer.byteLength - offset} left; raise its capacity`,
      );
    this.used = end;
    this.hash = Math.imul(this.hash ^ byteLength, 0x0100_0193) >>> 0;
    return offset;
  }
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}

function sizeError(given: number, expected: number): Error {
  return new Error(
    `arena: a state of ${given} bytes does not fit this board's ${expected}; it was written by another version`,
  );
}
