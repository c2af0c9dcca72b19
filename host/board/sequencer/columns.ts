// Numbers that come one after another, kept in typed arrays that grow. An array of objects would take ten times the room.

export class Column {
  private values = new Float64Array(256);
  private used = 0;

  get length(): number {
    return this.used;
  }

  push(value: number): void {
    if (this.used === this.values.length) {
      const larger = new Float64Array(this.used * 2);
      larger.set(this.values);
      this.values = larger;
    }
    this.values[this.used++] = value;
  }

  at(index: number): number {
    return this.values[index];
  }

  /** Index of the last value at or below `limit`, in a column that never falls; -1 when all are above. */
  lastUpTo(limit: number): number {
    let low = 0;
    let high = this.used;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.values[middle] <= limit) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}
