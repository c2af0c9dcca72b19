// A move that was done, and the board at the beginning of its operations, so that power can be cut beside them without running the move again.
//
//   operations of a move    | erase | program | program | ... | program |
//   kept                    ^       ^                         ^
//
// An upload has a hundred operations, of which five are cut, and to keep the board costs more than an operation. So it is kept only where cuts of a move
// of this name were before. From one state to the next these places hardly change. When a cut needs another place, the move is done again, and the
// place is wanted from then on.

import type { Board } from '../../../host/board/board.ts';
import type { LogRecord } from '../../../host/board/log.ts';
import { captureInstant, type Snapshot } from '../../../host/board/snapshot.ts';
import type { Cut, Operation } from '../device/operations.ts';
import type { BegunOperation } from '../device/playback.ts';
import type { Handover } from '../power/judge.ts';

/** A move that was done without a cut. */
export interface Moved {
  name: string;
  work: () => void;
  from: Snapshot;
  records: LogRecord[];
  handovers: Handover[];
  endNs: number;
}

export class BegunOperations {
  private readonly board: Board;
  private readonly begun: { operation: Operation; instant: Snapshot | undefined }[] = [];
  /** Numbers of operations that are kept, by the name of the move. */
  private readonly wantedOf = new Map<string, Set<number>>();
  private wanted = new Set<number>();
  /** Snapshots that are not needed any more. */
  private readonly spare: Snapshot[] = [];

  constructor(board: Board) {
    this.board = board;
  }

  /** A move of this name begins. The one before is forgotten. */
  start(name: string): void {
    for (const { instant } of this.begun.splice(0)) if (instant) this.spare.push(instant);
    this.wanted = this.wantedOf.get(name) ?? new Set();
    this.wantedOf.set(name, this.wanted);
  }

  /** Must be called when the board tells of it. */
  add(operation: Operation): void {
    const { board, begun, spare, wanted } = this;
    begun.push({ operation, instant: wanted.has(begun.length) ? captureInstant(board, spare.pop()) : undefined });
  }

  /** There will be these cuts. Returns whether all that they need was kept; if not, it will be when the move is done again. */
  want(cuts: readonly Cut[]): boolean {
    const missing = cuts.map((cut) => this.placeOf(cut)).filter((place) => this.begun[place]?.instant === undefined);
    for (const place of missing) this.wanted.add(place);
    return missing.length === 0;
  }

  /** The operation that begins last before this cut, or right behind it. */
  beside(cut: Cut): BegunOperation {
    const { operation, instant } = this.begun[this.placeOf(cut)] ?? {};
    if (operation === undefined || instant === undefined)
      throw new Error(`no operation was kept before ${cut.atNs} ns, where a cut is to be`);
    return { operation, instant };
  }

  private placeOf({ atNs }: Cut): number {
    return this.begun.findLastIndex(({ operation }) => operation.startNs <= atNs + 1);
  }
}
