// Maps offsets in the metered code to offsets in the image, because fault records give places in the flashed bytes.

export class OffsetMap {
  private readonly metered: number[] = [];
  private readonly original: number[] = [];

  /** From `metered` on the code is a copy of the image from `original` on, until the next entry. Both ascend. */
  add(metered: number, original: number): void {
    this.metered.push(metered);
    this.original.push(original);
  }

  /** The image's offset for a metered one; code the meter put in belongs to the instruction behind it. */
  originalOf(metered: number): number {
    let low = 0;
    let high = this.metered.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.metered[middle] <= metered) low = middle + 1;
      else high = middle;
    }
    if (low === 0) return 0;
    const direct = this.original[low - 1] + metered - this.metered[low - 1];
    return low < this.original.length ? Math.min(direct, this.original[low]) : direct;
  }
}
