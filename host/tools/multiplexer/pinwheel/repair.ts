// Mends a cycle that is nearly good: where a cell waits too long, a service of it is put in between, and whoever had that slot moves to
// another slot within its own limits, and so on, until a slot is reached that is idle or whose service is not needed.
//
// It is the augmenting path of matchings: each slot is visited once, so a mend costs about slots times deadline. What must stay true: a mend never
// makes another gap too long. No service on a path is a neighbour of another one on it, so each is judged by gaps that do not move.

import type { Effort } from './effort.ts';

/** Mends all gaps that are too long, in place; false when one cannot be mended or the steps are over. */
export function repair(cycle: Int32Array, deadlines: readonly number[], effort: Effort): boolean {
  const mender = new Mender(cycle, deadlines, effort);
  return mender.mendAll();
}

class Mender {
  private readonly cycle: Int32Array;
  private readonly deadlines: readonly number[];
  private readonly effort: Effort;
  private readonly period: number;
  /** Of the service in each slot: slots to the one before and the one after of the same cell; the period where it is alone. */
  private readonly back: Int32Array;
  private readonly ahead: Int32Array;
  private readonly parent: Int32Array;
  private readonly seen: Int32Array;
  private round = 0;

  constructor(cycle: Int32Array, deadlines: readonly number[], effort: Effort) {
    this.cycle = cycle;
    this.deadlines = deadlines;
    this.effort = effort;
    this.period = cycle.length;
    this.back = new Int32Array(this.period);
    this.ahead = new Int32Array(this.period);
    this.parent = new Int32Array(this.period);
    this.seen = new Int32Array(this.period);
  }

  mendAll(): boolean {
    if (!this.placeMissing()) return false;
    this.link();
    for (let slot = 0; slot < this.period; slot++) {
      for (;;) {
        const cell = this.cycle[slot];
        if (cell < 0 || this.ahead[slot] <= this.deadlines[cell]) break;
        if (!this.mend(slot)) return false;
      }
    }
    return !this.effort.isOver;
  }

  /** A cell that is nowhere is given an idle slot, so that it has a gap to mend. */
  private placeMissing(): boolean {
    const there = new Set(this.cycle);
    for (let cell = 0; cell < this.deadlines.length; cell++) {
      if (there.has(cell)) continue;
      const counts = new Map<number, number>();
      for (const other of this.cycle) counts.set(other, (counts.get(other) ?? 0) + 1);
      const slot = this.cycle.findIndex((other) => other < 0 || (counts.get(other) ?? 0) > 1);
      if (slot < 0) return false;
      this.cycle[slot] = cell;
    }
    return true;
  }

  private link(): void {
    const last = new Int32Array(this.deadlines.length).fill(-1);
    for (let at = 0; at < 2 * this.period; at++) {
      const slot = at % this.period;
      const cell = this.cycle[slot];
      if (cell < 0) continue;
      if (last[cell] >= 0 && at - last[cell] <= this.period) {
        this.back[slot] = at - last[cell];
        this.ahead[last[cell] % this.period] = at - last[cell];
      }
      last[cell] = at;
    }
  }

  private wrap(slot: number): number {
    return ((slot % this.period) + this.period) % this.period;
  }

  /** Puts a service of the cell of `from` between it and its next one. */
  private mend(from: number): boolean {
    const cell = this.cycle[from];
    const gap = this.ahead[from];
    const deadline = this.deadlines[cell];
    const to = this.wrap(from + gap);
    this.round++;
    const queue: number[] = [];
    const visit = (slot: number, parent: number) => {
      if (this.seen[slot] === this.round) return;
      this.seen[slot] = this.round;
      this.parent[slot] = parent;
      queue.push(slot);
    };
    const latest = Math.min(deadline, gap - 1);
    for (
      let step = latest;
      step >= Math.max(1, gap - deadline, gap > 2 * deadline ? Math.ceil(deadline / 2) : 1);
      step--
    )
      visit(this.wrap(from + step), -1);
    for (let head = 0; head < queue.length; head++) {
      const slot = queue[head];
      if (!this.effort.spend(1)) return false;
      const holder = this.cycle[slot];
      if (holder < 0) return this.move(slot, cell, from);
      if (slot === from || slot === to || this.isBesidePath(slot)) continue;
      const [back, ahead, limit] = [this.back[slot], this.ahead[slot], this.deadlines[holder]];
      if (back + ahead <= limit && back < this.period) return this.move(slot, cell, from);
      if (!this.effort.spend(back + ahead)) return false;
      const most = Math.min(ahead - 1, limit - back);
      for (let step = Math.max(1 - back, ahead - limit); step <= most; step++)
        if (step !== 0) visit(this.wrap(slot + step), slot);
    }
    return false;
  }

  /** Whether the service in a slot has its neighbour on the path that leads there. */
  private isBesidePath(slot: number): boolean {
    const [before, after] = [this.wrap(slot - this.back[slot]), this.wrap(slot + this.ahead[slot])];
    for (let at = this.parent[slot]; at >= 0; at = this.parent[at]) if (at === before || at === after) return true;
    return false;
  }

  /** Empties the last slot of a path, moves everybody along it, and serves `cell` in the first. */
  private move(last: number, cell: number, from: number): true {
    if (this.cycle[last] >= 0) this.unlink(last);
    let at = last;
    while (this.parent[at] >= 0) {
      const source = this.parent[at];
      const holder = this.cycle[source];
      const [before, after] = [this.wrap(source - this.back[source]), this.wrap(source + this.ahead[source])];
      const alone = before === source;
      this.cycle[at] = holder;
      this.cycle[source] = -1;
      if (alone) [this.back[at], this.ahead[at]] = [this.period, this.period];
      else {
        this.join(before, at);
        this.join(at, after);
      }
      at = source;
    }
    const to = this.wrap(from + this.ahead[from]);
    this.cycle[at] = cell;
    this.join(from, at);
    this.join(at, to);
    return true;
  }

  private unlink(slot: number): void {
    const [before, after] = [this.wrap(slot - this.back[slot]), this.wrap(slot + this.ahead[slot])];
    this.join(before, after);
    this.cycle[slot] = -1;
  }

  private join(before: number, after: number): void {
    const distance = this.wrap(after - before) || this.period;
    this.ahead[before] = distance;
    this.back[after] = distance;
  }
}
