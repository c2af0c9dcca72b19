// Snapshots of a move that was done without a cut. A cut in it begins at the last snapshot before it, so that what led there is not done again.
//
//   step of the operator      | . . . . | . op . . . | . . . | . . . . |
//   moments that are kept               ^            ^
//
// A snapshot at each step costs more than the steps. So one is taken only where cuts of the same move began before: at so many operations, and so many
// steps behind the last of them. From one state to the next these places hardly change. When a cut needs another place, the move is done again, and
// the place is wanted from then on.
//
// What must stay true: between two steps there is no input to the board (operator.ts). So a cut before the next step does, from the snapshot on, what it
// would have done in the move itself. A cut begins at the last step before it and at no earlier one: there may have been input in between.

import type { Board } from '../../../host/board/board.ts';
import type { Snapshot } from '../../../host/board/snapshot.ts';
import type { Operation } from '../device/operations.ts';

export interface Moment {
  snapshot: Snapshot;
  /** How many records of the log, and how many hand-overs, there were by then. */
  logged: number;
  handedOver: number;
}

interface Step {
  atNs: number;
  /** Operations that had begun, and steps since the last of them began. */
  place: number;
  /** Undefined where it is not wanted. */
  moment: Moment | undefined;
}

/** More than there are steps between two operations. With more, two places would be taken for one, which costs a snapshot. */
const stepsMax = 2 ** 20;

export class Moments {
  private readonly board: Board;
  private readonly operations: readonly Operation[];
  private readonly steps: Step[] = [];
  /** Places at which moments are kept, by the name of the move. */
  private readonly wantedOf = new Map<string, Set<number>>();
  private wanted = new Set<number>();
  /** Snapshots that are not needed any more. */
  private readonly spare: Snapshot[] = [];
  private begun = 0;
  private stepsSince = 0;

  /** `operations`: those of the move so far, from the log. */
  constructor(board: Board, operations: readonly Operation[]) {
    this.board = board;
    this.operations = operations;
  }

  /** A move of this name begins. The one before is forgotten. */
  begin(name: string): void {
    for (const { moment } of this.steps) if (moment) this.spare.push(moment.snapshot);
    this.steps.length = 0;
    this.begun = 0;
    this.stepsSince = 0;
    this.wanted = this.wantedOf.get(name) ?? new Set();
    this.wantedOf.set(name, this.wanted);
  }

  /** A step of the operator begins. */
  beforeStep(logged: number, handedOver: number): void {
    const { board, operations } = this;
    this.stepsSince = operations.length === this.begun ? this.stepsSince + 1 : 0;
    this.begun = operations.length;
    const place = this.begun * stepsMax + this.stepsSince;
    const isWanted = this.wanted.has(place);
    const moment = isWanted ? { snapshot: board.snapshot(this.spare.pop()), logged, handedOver } : undefined;
    this.steps.push({ atNs: board.now, place, moment });
  }

  /** There will be cuts at these times. Returns whether all moments are there; if not, they will be when the move is done again. */
  want(timesNs: readonly number[]): boolean {
    const missing = timesNs.map((timeNs) => this.stepBefore(timeNs)).filter((step) => step && !step.moment);
    for (const step of missing) if (step) this.wanted.add(step.place);
    return missing.length === 0;
  }

  /** The last step before this time. Undefined when there is none, or its moment was not wanted. */
  before(timeNs: number): Moment | undefined {
    return this.stepBefore(timeNs)?.moment;
  }

  private stepBefore(timeNs: number): Step | undefined {
    return this.steps.findLast(({ atNs }) => atNs < timeNs);
  }
}
