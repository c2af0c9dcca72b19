// States of a run to start from, so that no place in it is far from one: a ladder that gets sparser with the distance from where one looks.
//
// What must stay true: the first rung stays; the others are bounded in bytes. Which of them exist decides how long something takes, and nothing else.

import type { Snapshot } from '../../host/board/snapshot.ts';
import { compare, type Position } from './position.ts';

export interface Rung {
  position: Position;
  snapshot: Snapshot;
  /** What was done to the board before. */
  acts: number;
}

/** A state has about 190 kilobytes, and 17 megabytes more while pulse sequencers are in use. */
const BYTES_MOST = 256 * 1024 * 1024;

export class Rungs {
  private readonly rungs: Rung[] = [];
  private bytes = 0;

  /** The last one at or before a position. */
  before(position: Position): Rung {
    const found = this.rungs.findLast((rung) => compare(rung.position, position) <= 0);
    if (found === undefined) throw new Error('a position before the beginning of the recording');
    return found;
  }

  /** The last one before a time of the board; the first one when there is none. */
  beforeTime(timeNs: number): Rung {
    return this.rungs.findLast((rung) => rung.position.timeNs < timeNs) ?? this.rungs[0];
  }

  /** All before a position, the last one first. */
  allBefore(position: Position): Rung[] {
    return this.rungs.filter((rung) => compare(rung.position, position) < 0).reverse();
  }

  /** Adds a state, and drops others when there are too many. */
  add(rung: Rung): void {
    const at = this.rungs.findLastIndex((each) => compare(each.position, rung.position) <= 0) + 1;
    if (at > 0 && compare(this.rungs[at - 1].position, rung.position) === 0) return;
    this.rungs.splice(at, 0, rung);
    this.bytes += bytesOf(rung.snapshot);
    while (this.bytes > BYTES_MOST && this.rungs.length > 2) this.drop(rung.position.record);
  }

  /** The one that leaves the smallest gap, measured against its distance from here. */
  private drop(here: number): void {
    let [dropped, least] = [1, Number.POSITIVE_INFINITY];
    for (let at = 1; at < this.rungs.length - 1; at++) {
      const [before, { record }, after] = [-1, 0, 1].map((next) => this.rungs[at + next].position);
      const size = (after.record - before.record) / (Math.abs(record - here) + 1);
      if (size < least) [dropped, least] = [at, size];
    }
    const [{ snapshot }] = this.rungs.splice(dropped, 1);
    this.bytes -= bytesOf(snapshot);
  }
}

function bytesOf({ arena, ram, sequencers, multiplexer, readout }: Snapshot): number {
  return [arena, ram, sequencers, multiplexer, readout].reduce((sum, part) => sum + (part?.length ?? 0), 0);
}
