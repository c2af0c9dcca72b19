// Snapshots of a move that was done without a cut. A cut in it begins at the last snapshot before it, so that what led there is not done again.
//
//   step of the operator      | . . . . | . op . . . | . . . | . . . . |
//   moments that are kept     ^         ^            ^
//
// A snapshot at each step of an upload costs more than the upload. So between its first and its last operations none is taken, when it is known how
// many operations there will be. When one is needed later, the move is done again without a gap.
//
// What must stay true: between two steps there is no input to the board (operator.ts). So a cut before the next step does, from the snapshot on, what it
// would have done in the move itself. A snapshot is kept for each step that may have a cut in it: the steps in which an operation begins, goes on or
// ends; the step before, because a cut comes a nanosecond ahead of the operation; and the step after.

import type { Board } from '../../../host/board/board.ts';
import type { Snapshot } from '../../../host/board/snapshot.ts';
import type { Operation } from '../device/operations.ts';

export interface Moment {
  atNs: number;
  snapshot: Snapshot;
  /** How many records of the log, and how many hand-overs, there were by then. */
  logged: number;
  handedOver: number;
}

export class Moments {
  private readonly board: Board;
  private readonly operations: readonly Operation[];
  private readonly kept: Moment[] = [];
  /** Snapshots that are not needed any more. */
  private readonly spare: Snapshot[] = [];
  /** Operations in the middle of the move for which no snapshots are kept; and when the first one was left out. */
  private gap = { from: 0, to: 0 };
  private gapNs = Number.POSITIVE_INFINITY;
  /** The step before the last, and the last one: whether its moment is kept, and how many operations had begun and whether one was under way. */
  private steps: { moment: Moment; isKept: boolean; begun: number; isUnderWay: boolean }[] = [];

  /** `operations`: those of the move so far, from the log. */
  constructor(board: Board, operations: readonly Operation[]) {
    this.board = board;
    this.operations = operations;
  }

  /** Forgets the move before. `gap`: from which operation on, and up to which, no moments are kept. */
  clear(gap = { from: 0, to: 0 }): void {
    this.gap = gap;
    this.gapNs = Number.POSITIVE_INFINITY;
    this.forgetSteps();
    for (const { snapshot } of this.kept) this.spare.push(snapshot);
    this.kept.length = 0;
  }

  /** A step of the operator begins. */
  beforeStep(logged: number, handedOver: number): void {
    const { board, operations } = this;
    const begun = operations.length;
    const isUnderWay = operations.at(-1)?.endNs === 0;
    this.endStep(begun, isUnderWay);
    if (begun > this.gap.from && begun < this.gap.to) {
      this.gapNs = Math.min(this.gapNs, board.now);
      this.forgetSteps();
      return;
    }
    const moment = { atNs: board.now, snapshot: board.snapshot(this.spare.pop()), logged, handedOver };
    this.steps.push({ moment, isKept: false, begun, isUnderWay });
  }

  /** The last snapshot before this time; undefined when it was not kept. */
  before(timeNs: number): Moment | undefined {
    const found = this.kept.findLast(({ atNs }) => atNs < timeNs);
    return found && found.atNs < this.gapNs && this.gapNs <= timeNs ? undefined : found;
  }

  /** The move is over. */
  end(): void {
    this.endStep(this.operations.length, false);
  }

  private endStep(begun: number, isUnderWay: boolean): void {
    const last = this.steps.at(-1);
    const before = this.steps.at(-2);
    if (last === undefined) return;
    const hasOperation = begun > last.begun || isUnderWay || last.isUnderWay;
    if (hasOperation && before) this.keep(before);
    // Behind the end of one, too.
    if (hasOperation || before?.isUnderWay || (before && last.begun > before.begun)) this.keep(last);
    if (before === undefined) return;
    this.steps.shift();
    if (!before.isKept) this.spare.push(before.moment.snapshot);
  }

  private forgetSteps(): void {
    for (const { moment, isKept } of this.steps) if (!isKept) this.spare.push(moment.snapshot);
    this.steps = [];
  }

  private keep(step: { moment: Moment; isKept: boolean }): void {
    if (step.isKept) return;
    step.isKept = true;
    this.kept.push(step.moment);
  }
}
