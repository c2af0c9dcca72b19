// A cache of boots: when a device holds everywhere what a known boot has read, the boot need not run again.
//
//   power comes -> find: agrees with all that a known boot read? -> its ending on what this device holds
//                                                            no  -> run, take notes (boot-reads.ts), keep (boot-tree.ts)
//
// A boot is a function of what it can read: flash, fuses, its surroundings, and the state of the chip after reset. The first three are the looks in
// its list. The last is compared byte for byte, except for what the arena marks as history (arena.ts).
// What must stay true: a boot that has read an unstable bit is never kept, and no unstable bit is taken for a stable one.

import type { Board } from '../../../host/board/board.ts';
import type { BoardMode } from '../../../host/board/board-state.ts';
import { flashSize } from '../../../host/board/flash-array.ts';
import type { LogRecord } from '../../../host/board/log.ts';
import { QuietBench, Reading } from '../../../host/board/surroundings.ts';
import { BootReads, type ReadingsLook, type StartedOperation } from './boot-reads.ts';
import { type Answers, BootTree } from './boot-tree.ts';
import type { Change } from './change.ts';
import type { Operation } from './operations.ts';

/** A boot from the moment power comes until it rests and has answered, with times since then. */
export interface KnownBoot {
  /** The whole log of it. */
  records: readonly LogRecord[];
  /** Flash and fuse operations that ended. */
  operations: Operation[];
  /** All flash and fuse operations, as they were started. */
  started: readonly StartedOperation[];
  /** Each image that was handed over to, and what the boot had written until then. */
  handovers: readonly { address: number; change: Change }[];
  change: Change;
  tookNs: number;
  resets: number;
  /** Why it did not come to rest and answer; undefined when it did. */
  failure: string | undefined;
  state: BoardMode;
  haltReason: string | undefined;
  /** RESET.RESETS_IN_A_ROW at its end. */
  row: number;
  /** What it cost flash: picojoules, sectors and units. */
  work: readonly number[];
}

export class KnownBoots {
  private readonly trees: { arena: Uint8Array; tree: BootTree<KnownBoot> }[] = [];
  private readonly room = new Uint8Array(flashSize / 4);
  private readonly blindTo: number | undefined;

  /** `blindTo`: a word of flash whose reads are left out of the lists, for a canary. */
  constructor(blindTo?: number) {
    this.blindTo = blindTo;
  }

  /** The known boot of a board whose power has just come. */
  find(board: Board): KnownBoot | undefined {
    return this.treeOf(board)?.find(answersOf(board));
  }

  /** Notes of the boot that begins now. */
  witness(board: Board): BootReads {
    return new BootReads(board, this.room, this.blindTo);
  }

  /** The tree that `keep` is to put a boot into that begins now. */
  begin(board: Board): BootTree<KnownBoot> {
    const known = this.treeOf(board);
    if (known) return known;
    const { arena } = board.machine;
    const tree = new BootTree<KnownBoot>();
    const state = new Uint8Array(arena.size);
    arena.copyTo(state);
    this.trees.push({ arena: state, tree });
    return tree;
  }

  private treeOf(board: Board): BootTree<KnownBoot> | undefined {
    return this.trees.find(({ arena }) => board.machine.arena.equalsButHistory(arena))?.tree;
  }
}

const quiet = new QuietBench();
const scratch = new Float64Array(Reading.PLACES);

/** The answers of a board. It is on a quiet bench, whose readings depend only on time and actuators. */
function answersOf(board: Board): Answers {
  const { flash, surroundings } = board.machine;
  const { cells, weak, weakPages } = flash.picture();
  const powerOnNs = board.now;
  return {
    ...{ cells, weak, weakPages, fuses: board.fuses.cells, weakFuses: board.fuses.weak },
    agreesReadings: ({ afterNs, actuators, readings, looked }: ReadingsLook, isFirst: boolean) => {
      quiet.advance(powerOnNs + afterNs, actuators, surroundings.counts, scratch);
      if (!isSame(scratch, readings)) return false;
      // What the first look finds new depends on the readings before the boot.
      return !isFirst || (looked === 2) === !isSame(readings, surroundings.known);
    },
  };
}

function isSame(one: Float64Array, other: Float64Array): boolean {
  for (let place = 0; place < one.length; place++) if (one[place] !== other[place]) return false;
  return true;
}
