// The whole state of a cryostat in one array of numbers. The parts of the cryostat take their pieces while they are constructed.
// What must stay true: the same fridge takes the same pieces in the same order, so that a copy of the state of one fits another.

export class StateVector {
  readonly all: Float64Array;
  private used = 0;

  /** `memory` gives the array, for instance from the arena of a board; without it a new one is made. */
  constructor(length: number, memory: (length: number) => Float64Array = (count) => new Float64Array(count)) {
    this.all = memory(length);
    if (this.all.length !== length) throw new Error(`cryostat: ${length} numbers asked for, ${this.all.length} given`);
  }

  take(length: number): Float64Array {
    const piece = this.all.subarray(this.used, this.used + length);
    if (piece.length < length)
      throw new Error('cryostat: its state is longer than was said; a part counts itself wrong');
    this.used += length;
    return piece;
  }

  seal(): void {
    if (this.used !== this.all.length)
      throw new Error(`cryostat: ${this.all.length - this.used} numbers have no owner`);
  }
}
