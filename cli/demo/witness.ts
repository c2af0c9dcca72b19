// The events of a board, in order. Every number in the demonstration comes from here or from an answer of the device.

import type { LogLine } from '../run/log-line.ts';

export class Witness {
  private readonly lines: LogLine[] = [];

  saw(line: LogLine): void {
    this.lines.push(line);
  }

  /** The number of events so far: a start for `first` and `last`. */
  get mark(): number {
    return this.lines.length;
  }

  /** First event of this name after a mark. */
  first(event: string, mark: number): LogLine | undefined {
    return this.lines.slice(mark).find((line) => line.event === event);
  }

  /** Last event of this name after a mark. */
  last(event: string, mark = 0): LogLine | undefined {
    return this.lines.slice(mark).findLast((line) => line.event === event);
  }
}
