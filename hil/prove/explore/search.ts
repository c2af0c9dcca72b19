// The search: breadth first from power-on, every move in every state that is new, until no state is.
//
//   queue: power-on -> [state] --each move, uncut and cut--> look, hold against the invariants -> new? -> queue
//
// What must stay true: a state is put into the queue once, by its window (state.ts), so the path to it is as short as any; a path's
// moves have names, and the names alone lead there again.

import type { Snapshot } from '../../../host/board/snapshot.ts';
import { eventLines } from '../../rig/event-log.ts';
import type { ImageName } from '../device/images.ts';
import type { Known } from '../device/known.ts';
import type { Cut } from '../device/operations.ts';
import { StoryFailed } from '../device/operator.ts';
import { rowOf, type Told } from '../device/told.ts';
import type { Finding, Invariant } from '../invariants.ts';
import { freshRow, type Happening, judgePromises, type Row, rowAfter } from '../promises.ts';
import type { OnPartProgress, PartResult } from '../proof.ts';
import { type Model, statesMax } from './models.ts';
import { cutsOfMove, type Move, moveAndCut, movesOf } from './moves.ts';
import { stateOf } from './state.ts';
import type { World } from './world.ts';

export interface SearchOptions {
  /** Moves from power-on; the search goes no deeper. */
  depth: number;
  stopAtFirst: boolean;
}

interface Place {
  snapshot: Snapshot;
  /** Names of the moves that lead there. */
  path: string[];
}

/** What was so before a move. */
interface Before {
  bootable: ImageName[];
  counter: number;
  runs: ReturnType<World['runs']>;
  known: Known;
  row: Row;
  /** What a client knows of the move. */
  told: Told;
}

export class Search {
  private readonly world: World;
  private readonly model: Model;
  private readonly moves: Move[];
  private readonly result: PartResult;
  private readonly seen = new Set<string>();

  constructor(world: World, model: Model) {
    this.world = world;
    this.model = model;
    this.moves = movesOf(model);
    const counts = { states: 0, transitions: 0, depth: 0, complete: 0 };
    this.result = { scenario: model.name, points: 0, violations: [], counts };
  }

  run(start: Snapshot, { depth, stopAtFirst }: SearchOptions, onProgress: OnPartProgress): PartResult {
    const { result, seen, world } = this;
    world.put(start);
    let level: Place[] = [{ snapshot: start, path: [] }];
    seen.add(stateOf(world.board, world.images));
    for (; level.length > 0 && result.counts.depth < depth && seen.size < statesMax; result.counts.depth++) {
      const next: Place[] = [];
      for (const [index, place] of level.entries()) {
        this.expand(place, next);
        if (stopAtFirst && result.violations.length > 0) return result;
        // Nobody knows how many states there are; a level is what can be told.
        onProgress((result.counts.depth + index / level.length) / (result.counts.depth + 2), result.points);
      }
      level = next;
    }
    result.counts.states = seen.size;
    result.counts.complete = level.length === 0 ? 1 : 0;
    if (level.length > 0 && depth === Number.POSITIVE_INFINITY)
      throw new Error(
        `'${this.model.name}' does not close: ${seen.size} states, and more; its window is too fine (state.ts)`,
      );
    return result;
  }

  /** Goes along a path that a violation names. */
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
    for (const move of this.moves) {
      world.put(snapshot);
      if (!move.fits(world)) continue;
      const before = this.look(move);
      if (only === undefined || only === move.name || only.startsWith(`${move.name}, `)) {
        const refused = this.try(() => move.do(world));
        const cuts = cutsOfMove(
          move.name,
          world.operations.filter(({ endNs }) => endNs !== 0),
        );
        if (only === undefined || only === move.name) this.arrive(move, before, [...path, move.name], next, refused);
        for (const cut of cuts) this.cut({ snapshot, path }, move, cut, before, next, only);
      }
    }
  }

  private cut(place: Place, move: Move, cut: Cut, before: Before, next: Place[], only?: string): void {
    const name = `${move.name}, cut at ${cut.name}`;
    if (only !== undefined && only !== name) return;
    const { world } = this;
    world.put(place.snapshot);
    let came = true;
    const failed = this.try(() => {
      came = moveAndCut(world, move, cut);
    });
    if (came) this.arrive(move, before, [...place.path, name], next, failed, true);
  }

  /** What the device said no with, or did not do in time. */
  private try(work: () => void): string | undefined {
    try {
      work();
      return undefined;
    } catch (failure) {
      if (!(failure instanceof StoryFailed)) throw failure;
      return failure.message;
    }
  }

  private look(move: Move): Before {
    const { world } = this;
    const told = move.knows?.(world) ?? {};
    const known = world.known();
    return {
      bootable: world.bootable(),
      counter: world.counter(),
      runs: world.runs(),
      known,
      row: rowOf(world.board),
      told,
    };
  }

  /** What happened to the device, as a client knows it. A cut may have come before anything was done, and takes wishes that RAM held. */
  private happening({ told, known, row }: Before, failed: string | undefined, wasCut: boolean): Happening {
    const { world } = this;
    const { asked, confirms, ...others } = told;
    const happening = {
      ...others,
      ...(confirms && { confirms: { slot: confirms.slot, answered: !wasCut && failed === undefined } }),
      ...{ runs: world.booted(), row: rowAfter(asked ? freshRow : row, known, world.records) },
    };
    return wasCut ? { ...happening, asksSafeMode: false, endsTrial: false } : happening;
  }

  private arrive(move: Move, before: Before, path: string[], next: Place[], failed?: string, wasCut = false): void {
    const { world, result, seen } = this;
    result.points++;
    result.counts.transitions++;
    const findings = this.judge(move, before, failed, wasCut);
    const log = findings.length > 0 ? eventLines(world.records, (slot) => world.imageIn(slot)) : [];
    const point = path.join(' > ');
    for (const finding of findings)
      result.violations.push({ ...finding, scenario: this.model.name, point, choices: path, log });
    if (findings.length > 0 || !isAtRest(world)) return;
    const state = stateOf(world.board, world.images);
    if (seen.has(state)) return;
    seen.add(state);
    next.push({ snapshot: world.board.snapshot(), path });
  }

  private judge(move: Move, before: Before, failed: string | undefined, wasCut: boolean): Finding[] {
    const { world } = this;
    const { board } = world;
    const findings: Finding[] = [];
    const find = (invariant: Invariant, text: string) => findings.push({ invariant, text });
    for (const { slot, image, refusal } of world.handovers) {
      if (refusal !== undefined) find('verified', `slot ${'AB'[slot]} was run: ${refusal}`);
      else if (image === undefined) find('whole', `what runs in slot ${'AB'[slot]} verifies, but nobody sent it`);
    }
    if (board.state === 'halted') find('alive', `it halted: ${board.haltReason}`);
    else if (!isAtRest(world)) find('reaches', failed ?? 'it does not come to rest');
    const bootable = world.bootable();
    if (before.bootable.length > 0 && bootable.length === 0 && !move.harms)
      find('bootable', `${before.bootable.join(' and ')} could be booted before, and nothing can now`);
    const happening = this.happening(before, failed, wasCut);
    findings.push(...judgePromises(before.known, world.known(), happening));
    const { count, tried } = rowOf(world.board);
    if (typeof happening.runs === 'number' && (count > happening.row.count || (tried & ~happening.row.tried) !== 0))
      find('rescued', `${count} resets in a row are counted, where ${happening.row.count} happened`);
    if (world.counter() < before.counter)
      find('counters', `the counter was ${before.counter}, it is ${world.counter()}`);
    if (failed !== undefined && !wasCut && before.runs === 'confirmed' && move.name.startsWith('upload'))
      find('repeatable', failed);
    return findings;
  }
}

function isAtRest({ board }: World): boolean {
  return (board.state === 'firmware' || board.state === 'bootloader') && board.nextEventTime > board.now;
}
