// How much a search may do: counted steps, so that the same problem with the same limit gives the same table on every machine.
//
// A step is about the work of looking at one cell once. What must stay true: nothing here reads a clock.

export class Effort {
  private left: number;
  private spent = 0;

  constructor(steps: number) {
    this.left = steps;
  }

  /** Counts steps; false once there are none left. */
  spend(steps: number): boolean {
    this.left -= steps;
    this.spent += steps;
    return this.left > 0;
  }

  get stepsSpent(): number {
    return this.spent;
  }

  get stepsLeft(): number {
    return Math.max(0, this.left);
  }

  get isOver(): boolean {
    return this.left <= 0;
  }

  /** A part of what is left, for one method; what it spends is given back to `this` by `settle`. */
  part(steps: number): Effort {
    return new Effort(Math.min(steps, this.stepsLeft));
  }

  settle(part: Effort): void {
    this.spend(part.stepsSpent);
  }
}
