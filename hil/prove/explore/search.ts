// The search: breadth first from power-on, every move in every new state, until there is no new state.
//
//   queue: power-on -> [state] --each move, uncut and cut--> look, hold against the invariants -> new? -> queue
//                                                                                             known? -> a sample of them is moved too, and compared (twins.ts)
//
// What must stay true: a state is put into the queue once, by its window (state.ts), so no path to it is shorter; the moves of a path have names, and
// the names alone lead to the state again.

import type { Snapshot } from '../../../host/board/snapshot.ts';
import { oneIn } from '../../rig/choice.ts';
import { eventLines } from '../../rig/event-log.ts';
import type { ImageName } from '../device/images.ts';
import type { Known } from '../device/known.ts';
import { StoryFailed } from '../device/operator.ts';
import type { Told } from '../device/told.ts';
import type { Finding, Invariant } from '../invariants.ts';
import { freshRow, type Happening, judgePromises, type Row, rowAfter } from '../promises.ts';
import type { OnPartProgress, PartResult } from '../proof.ts';
import { type Model, statesMax } from './models.ts';
import { cutsOfMove, type Move, movesOf } from './moves.ts';
import { type How, Outcomes, Twins } from './twins.ts';
import type { World } from './world.ts';

export interface SearchOptions {
  /** Moves from power-on; the search goes no deeper. */
  depth: number;
  stopAtFirst: boolean;
  seed: number;
  /** One in so many of the shared boots is run as a check. */
  sharedChecked: number;
  /** One in so many states is moved from more than one history (twins.ts); 0: none. */
  windowsChecked: number;
}

interface Place {
  snapshot: Snapshot;
  /** Names of the moves that lead to it. */
  path: string[];
  /** Its window. */
  state: string;
  /** The image that was uploaded last, to its end, since the device booted. */
  finished?: ImageName;
  /** It is not the first arrival in this state: it is moved only to be compared with the first one. */
  isTwin: boolean;
}

/** A move that was done, whole or cut, with the device at rest behind it. */
interface Done {
  move: Move;
  before: Before;
  path: string[];
  /** What the device said no with, or did not do in time. */
  failed: string | undefined;
  how: How;
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
  private readonly twins: Twins;

  constructor(world: World, model: Model, options: SearchOptions) {
    this.world = world;
    this.options = options;
    this.model = model;
    this.moves = movesOf(model);
    this.twins = new Twins(options);
    const counts = { states: 0, transitions: 0, depth: 0, complete: 0, shared: 0, checked: 0, twins: 0 };
    this.result = { scenario: model.name, points: 0, violations: [], counts };
  }

  run(start: Snapshot, onProgress: OnPartProgress): PartResult {
    const { result, seen, world } = this;
    const { depth, stopAtFirst } = this.options;
    world.put(start);
    const state = world.stateWith(undefined);
    let level: Place[] = [{ snapshot: start, path: [], state, isTwin: false }];
    seen.add(state);
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
    let place: Place = { snapshot: start, path: [], state: '', isTwin: false };
    for (const name of path) {
      const next: Place[] = [];
      this.expand(place, next, name);
      place = next.find((each) => each.path.at(-1) === name) ?? {
        ...place,
        snapshot: this.world.board.snapshot(),
        path: [...place.path, name],
      };
      this.seen.clear();
    }
    return this.result;
  }

  /** Every move from a place, or only the one of this name. */
  private expand(place: Place, next: Place[], only?: string): void {
    const { world, twins } = this;
    const { sharedChecked, seed } = this.options;
    const { snapshot, path, finished } = place;
    world.put(snapshot, finished);
    const before = this.look();
    const outcomes = twins.isWatched(place.state) ? new Outcomes(path) : undefined;
    const arrive = (done: Done) => {
      const outcome = this.arrive(done, place.isTwin ? undefined : next);
      if (!done.move.readsOlder) outcomes?.add(done.move.name, done.how, outcome);
    };
    for (const move of this.moves) {
      if (only !== undefined && only !== move.name && !only.startsWith(`${move.name}, `)) continue;
      world.put(snapshot, finished);
      if (!move.fits(world)) continue;
      const told = { ...before, told: move.knows?.(world) ?? {} };
      const failed = this.try(() => world.move(move.name, () => move.do(world), snapshot));
      const cuts = cutsOfMove(move.name, world.operations);
      const done = { move, before: told, path: [...path, move.name], failed, how: 'whole' as How };
      if (only === undefined || only === move.name) arrive(done);
      world.expectCuts(cuts);
      for (const cut of cuts) {
        const name = `${move.name}, cut at ${cut.name}`;
        if (only !== undefined && only !== name) continue;
        const cutPath = [...path, name];
        const isChecked = oneIn(sharedChecked, seed, `${cutPath.join(' > ')} played`);
        let came = true;
        const failed = this.try(() => {
          came = world.cut(cut, isChecked);
        });
        if (came) arrive({ ...done, path: cutPath, failed, how: cut.leavesChance ? 'byChance' : 'cut' });
      }
    }
    if (outcomes) this.report(path, twins.take(place.state, outcomes));
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

  /** Judges the result of a move, and returns it as a window. A new state is added to `next`; without `next` the search does not go on from here. */
  private arrive(done: Done, next: Place[] | undefined): string {
    const { world, result, seen, twins } = this;
    const { path } = done;
    result.points++;
    result.counts.transitions++;
    const point = path.join(' > ');
    const findings = this.judge(done);
    const finished = world.finished(done.how !== 'whole' || done.failed !== undefined ? undefined : done.move.uploads);
    const state = findings.length === 0 && world.isAtRest ? world.stateWith(finished) : undefined;
    const isNew = state !== undefined && next !== undefined && !seen.has(state);
    const isTwin = state !== undefined && next !== undefined && !isNew && twins.wants(state, point);
    if (world.isShared) this.holdAgainstRun(point, isNew || isTwin);
    findings.push(...world.findings);
    this.report(path, findings);
    if (state === undefined || findings.length > 0)
      return `not at rest, or broken: ${findings.map(({ text }) => text)}`;
    if (isNew) seen.add(state);
    if (isTwin) result.counts.twins++;
    if (isNew || isTwin) next.push({ snapshot: world.board.snapshot(), path, state, isTwin, finished });
    return state;
  }

  private report(path: string[], findings: readonly Finding[]): void {
    if (findings.length === 0) return;
    const { world, result, model } = this;
    const log = eventLines(world.log, (slot) => world.imageIn(slot));
    const where = { scenario: model.name, point: path.join(' > '), choices: path, log };
    for (const finding of findings) result.violations.push({ ...finding, ...where });
  }

  /** Runs a shared boot as a check: a sample of them, and each one from which the search goes on. */
  private holdAgainstRun(point: string, isGoneOnFrom: boolean): void {
    const { world, result, options } = this;
    result.counts.shared++;
    const isSample = oneIn(options.sharedChecked, options.seed, point);
    if (!isGoneOnFrom && !isSample) return;
    result.counts.checked++;
    this.try(() => world.runAfterAll());
  }

  private judge({ move, before, failed, how }: Done): Finding[] {
    const { world } = this;
    const wasCut = how !== 'whole';
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
