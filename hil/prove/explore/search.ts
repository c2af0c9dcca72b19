// The search: breadth first from power-on, every move in every new state, until there is no new state.
//
//   queue: power-on -> [state] --each move, uncut and cut--> check the invariants -> new? -> queue
//
// What must stay true: a state is put into the queue once, by its window (state.ts), so no path to it is shorter; the moves of a path have names, and
// the names alone lead to the state again.

import type { Snapshot } from '../../../host/board/snapshot.ts';
import { eventLines } from '../../rig/event-log.ts';
import { oneIn } from '../choice.ts';
import type { ImageName } from '../device/images.ts';
import type { Known } from '../device/known.ts';
import type { Cut } from '../device/operations.ts';
import { StoryFailed } from '../device/operator.ts';
import type { Told } from '../device/told.ts';
import type { Finding, Invariant } from '../invariants.ts';
import { freshRow, type Happening, judgePromises, type Row, rowAfter } from '../promises.ts';
import type { OnPartProgress, PartResult } from '../proof.ts';
import { type Model, statesMax } from './models.ts';
import { cutsOfMove, type Move, movesOf } from './moves.ts';
import type { World } from './world.ts';

export interface SearchOptions {
  /** Moves from power-on; the search goes no deeper. */
  depth: number;
  stopAtFirst: boolean;
  seed: number;
  /** One in so many of the shared boots is run as a check. */
  sharedChecked: number;
}

interface Place {
  snapshot: Snapshot;
  /** Names of the moves that lead to it. */
  path: string[];
}

/** The state before a move. */
interface Before {
  bootable: ImageName[];
  counter: number;
  runs: ReturnType<World['runs']>;
  known: Known;
  row: Row;
  /** What a client knows about the move. */
  told: Told;
}

export class Search {
  private readonly world: World;
  private readonly model: Model;
  private readonly moves: Move[];
  private readonly result: PartResult;
  private readonly options: SearchOptions;
  private readonly seen = new Set<string>();

  constructor(world: World, model: Model, options: SearchOptions) {
    this.world = world;
    this.options = options;
    this.model = model;
    this.moves = movesOf(model);
    const counts = { states: 0, transitions: 0, depth: 0, complete: 0, shared: 0, checked: 0 };
    this.result = { scenario: model.name, points: 0, violations: [], counts };
  }

  run(start: Snapshot, onProgress: OnPartProgress): PartResult {
    const { result, seen, world } = this;
    const { depth, stopAtFirst } = this.options;
    world.put(start);
    let level: Place[] = [{ snapshot: start, path: [] }];
    seen.add(world.state);
    for (; level.length > 0 && result.counts.depth < depth && seen.size < statesMax; result.counts.depth++) {
      const next: Place[] = [];
      for (const [index, place] of level.entries()) {
        this.expand(place, next);
        if (stopAtFirst && result.violations.length > 0) return result;
        // The number of states is not known before the end; progress is by level.
        onProgress((result.counts.depth + index / level.length) / (result.counts.depth + 2), result.points);
      }
      level = next;
    }
    result.counts.states = seen.size;
    result.counts.complete = level.length === 0 ? 1 : 0;
    if (level.length > 0 && depth === Number.POSITIVE_INFINITY) this.tellNotClosed(level.length);
    return result;
  }

  private tellNotClosed(open: number): void {
    const { result, seen, model } = this;
    const text = `the search ends at ${seen.size} states, and from ${open} of them it has not gone on: the window (state.ts) is too fine, or the model too large`;
    result.violations.push({
      ...{ invariant: 'closed', text, scenario: model.name, point: 'all' },
      choices: [],
      log: [],
    });
  }

  /** Follows the path that a violation names. */
  follow(start: Snapshot, path: readonly string[]): PartResult {
    let place: Place = { snapshot: start, path: [] };
    for (const name of path) {
      const next: Place[] = [];
      this.expand(place, next, name);
      place = next.find((each) => each.path.at(-1) === name) ?? {
        snapshot: this.world.board.snapshot(),
        path: [...place.path, name],
      };
      this.seen.clear();
    }
    return this.result;
  }

  /** Every move from a place, or only the one of this name. */
  private expand({ snapshot, path }: Place, next: Place[], only?: string): void {
    const { world } = this;
    world.put(snapshot);
    const before = this.look();
    for (const move of this.moves) {
      if (only !== undefined && only !== move.name && !only.startsWith(`${move.name}, `)) continue;
      world.put(snapshot);
      if (!move.fits(world)) continue;
      const told = { ...before, told: move.knows?.(world) ?? {} };
      const refused = this.try(() => world.move(move.name, () => move.do(world), snapshot));
      const cuts = cutsOfMove(move.name, world.operations);
      if (only === undefined || only === move.name) this.arrive(move, told, [...path, move.name], next, refused);
      for (const cut of cuts) {
        const name = `${move.name}, cut at ${cut.name}`;
        if (only === undefined || only === name) this.cut(move, cut, told, [...path, name], next);
      }
    }
  }

  private cut(move: Move, cut: Cut, before: Before, path: string[], next: Place[]): void {
    let came = true;
    const failed = this.try(() => {
      came = this.world.cut(cut);
    });
    if (came) this.arrive(move, before, path, next, failed, true);
  }

  /** The refusal of the device, or what it did not do in time. */
  private try(work: () => void): string | undefined {
    try {
      work();
      return undefined;
    } catch (failure) {
      if (!(failure instanceof StoryFailed)) throw failure;
      return failure.message;
    }
  }

  private look(): Omit<Before, 'told'> {
    const { world } = this;
    return {
      bootable: world.bootable(),
      counter: world.counter(),
      runs: world.runs(),
      known: world.known(),
      row: world.row,
    };
  }

  /** What happened to the device, as a client knows it. A cut may come before anything was done, and it loses the requests in RAM. */
  private happening({ told, known, row }: Before, failed: string | undefined, wasCut: boolean): Happening {
    const { world } = this;
    const { asked, confirms, ...others } = told;
    const happening = {
      ...others,
      ...(confirms && { confirms: { slot: confirms.slot, answered: !wasCut && failed === undefined } }),
      ...{ runs: world.booted(), row: rowAfter(asked ? freshRow : row, known, world.log) },
    };
    return wasCut ? { ...happening, asksSafeMode: false, endsTrial: false } : happening;
  }

  private arrive(move: Move, before: Before, path: string[], next: Place[], failed?: string, wasCut = false): void {
    const { world, result, seen } = this;
    result.points++;
    result.counts.transitions++;
    const point = path.join(' > ');
    const findings = this.judge(move, before, failed, wasCut);
    const state = findings.length === 0 && world.isAtRest ? world.state : undefined;
    const isNew = state !== undefined && !seen.has(state);
    if (world.isShared) this.holdAgainstRun(point, isNew);
    findings.push(...world.findings);
    const log = findings.length > 0 ? eventLines(world.log, (slot) => world.imageIn(slot)) : [];
    for (const finding of findings)
      result.violations.push({ ...finding, scenario: this.model.name, point, choices: path, log });
    if (findings.length > 0 || !isNew) return;
    seen.add(state);
    next.push({ snapshot: world.board.snapshot(), path });
  }

  /** Runs a shared boot as a check: a sample of them, and each one that leads to a new state, because the search goes on from there. */
  private holdAgainstRun(point: string, isNew: boolean): void {
    const { world, result, options } = this;
    result.counts.shared++;
    const isSample = oneIn(options.sharedChecked, options.seed, point);
    if (!isNew && !isSample) return;
    result.counts.checked++;
    this.try(() => world.runAfterAll());
  }

  private judge(move: Move, before: Before, failed: string | undefined, wasCut: boolean): Finding[] {
    const { world } = this;
    const { device } = world;
    const findings: Finding[] = [];
    const find = (invariant: Invariant, text: string) => findings.push({ invariant, text });
    for (const { slot, image, refusal } of world.handovers) {
      if (refusal !== undefined) find('verified', `slot ${'AB'[slot]} was run: ${refusal}`);
      else if (image === undefined) find('whole', `what runs in slot ${'AB'[slot]} verifies, but nobody sent it`);
    }
    if (device.state === 'halted') find('alive', `it halted: ${device.haltReason}`);
    else if (!world.isAtRest) find('reaches', failed ?? 'it does not come to rest');
    const bootable = world.bootable();
    if (before.bootable.length > 0 && bootable.length === 0 && !move.harms)
      find('bootable', `${before.bootable.join(' and ')} could be booted before, and nothing can now`);
    const happening = this.happening(before, failed, wasCut);
    findings.push(...judgePromises(before.known, world.known(), happening));
    const { count, tried } = world.row;
    if (typeof happening.runs === 'number' && (count > happening.row.count || (tried & ~happening.row.tried) !== 0))
      find('rescued', `${count} resets in a row are counted, where ${happening.row.count} happened`);
    if (world.counter() < before.counter)
      find('counters', `the counter was ${before.counter}, it is ${world.counter()}`);
    if (failed !== undefined && !wasCut && before.runs === 'confirmed' && move.name.startsWith('upload'))
      find('repeatable', failed);
    return findings;
  }
}
