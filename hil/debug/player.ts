// Moves in a recorded run: forward to what is watched for, and back.
//
//   stored     state ── state ──────── state ──────────── state        while the core slept (rungs.ts)
//   forward    restore a state, run, and watch from the present position on
//   back       restore the state before, run up to the present position, and take the last moment that was watched for; else from the state before that
//
// What must stay true: back finds the moments at which forward stops, all of them, in reverse order.

import type { LogRecord } from '../../host/board/log.ts';
import { type KnownModules, UnknownModule } from './module-lines.ts';
import type { Hit, Watch } from './moment.ts';
import { compare, type Position } from './position.ts';
import type { OpenRun } from './recorded-run.ts';
import { type Listener, Repeater } from './repeater.ts';
import type { Rung } from './rungs.ts';

/** So many moments before the present one are where a step back mostly ends. */
const NEAR = 2000;
const ALWAYS: Position = { record: 0, step: 0, timeNs: 0 };

/** Called between two pieces of work, with the time of the board; true ends the move. */
export type Turn = (timeNs: number) => Promise<boolean>;

/** Why a move ended. */
export type Outcome = 'hit' | 'start' | 'end' | 'interrupted';

export class Player {
  readonly repeater: Repeater;
  /** What was watched for and has happened here. */
  hit: Hit | undefined;
  start!: Position;
  private readonly modules: KnownModules;
  readonly turn: Turn;

  private constructor(modules: KnownModules, turn: Turn) {
    [this.modules, this.turn] = [modules, turn];
    this.repeater = new Repeater(modules);
  }

  /** A recording, at its start. */
  static async open(openRun: OpenRun, modules: KnownModules, turn: Turn = async () => false): Promise<Player> {
    const player = new Player(modules, turn);
    await player.knowing(() => player.repeater.open(openRun));
    player.start = player.position;
    return player;
  }

  get position(): Position {
    return this.repeater.position;
  }

  async forward(watch: Watch): Promise<Outcome> {
    const from = this.position;
    const search = () => {
      if (this.repeater.isSpent) this.repeater.restore(this.repeater.rungs.before(from));
      return new Search(this.repeater, watch, from.timeNs, { after: from });
    };
    return this.play(search, true);
  }

  async back(watch: Watch): Promise<Outcome> {
    const from = this.position;
    // Lines are close together, and what is not told costs least; so the last moments are looked at first.
    const near = { ...from, step: from.step - NEAR };
    if (near.step > 0) {
      const found = await this.lastIn(this.repeater.rungs.before(from), watch, from, from, near);
      if (found !== 'none') return this.backTo(found, from);
    }
    let end = from;
    for (const rung of this.repeater.rungs.allBefore(from)) {
      const found = await this.lastIn(rung, watch, from, end);
      if (found !== 'none') return this.backTo(found, from);
      end = rung.position;
    }
    await this.goTo(this.start);
    return 'start';
  }

  private async backTo(found: Found | 'interrupted', from: Position): Promise<Outcome> {
    await this.goTo(found === 'interrupted' ? from : found.position);
    if (found === 'interrupted') return found;
    this.hit = found.hit;
    return 'hit';
  }

  /** The last hit from a state up to `end`, but before `from`; only behind `near`, when it is given. */
  private async lastIn(
    rung: Rung,
    watch: Watch,
    from: Position,
    end: Position,
    near?: Position,
  ): Promise<Found | 'none' | 'interrupted'> {
    let found: Found | undefined;
    const onHit = (hit: Hit) => {
      const { position } = this;
      const isNear = near === undefined || compare(position, near) >= 0;
      if (isNear && compare(position, from) < 0 && compare(position, end) <= 0) found = { position, hit };
      return false;
    };
    const outcome = await this.play(() => {
      this.repeater.restore(rung);
      found = undefined;
      return new Search(this.repeater, watch, rung.position.timeNs, { target: end, quietUntil: near, onHit });
    }, true);
    return outcome === 'interrupted' ? outcome : (found ?? 'none');
  }

  async goTo(target: Position): Promise<void> {
    await this.play(() => {
      this.repeater.restore(this.repeater.rungs.before(target));
      const isThere = compare(this.position, target) >= 0;
      return isThere ? undefined : new Search(this.repeater, {}, target.timeNs, { target });
    }, false);
  }

  /** To the first moment at or after a time of the board. */
  async goToTime(timeNs: number): Promise<Outcome> {
    if (timeNs <= this.start.timeNs) {
      await this.goTo(this.start);
      return 'hit';
    }
    const times = [{ timeNs, hit: { text: '' } }];
    return this.play(() => {
      this.repeater.restore(this.repeater.rungs.beforeTime(timeNs));
      return new Search(this.repeater, { times }, -1, {});
    }, true);
  }

  /** Plays what `begin` prepares, if anything is to be played. A move that is not to be interrupted is a short one. */
  private play(begin: () => Search | undefined, mayEnd: boolean): Promise<Outcome> {
    return this.knowing(async () => {
      this.hit = undefined;
      const search = begin();
      if (search === undefined) return 'hit';
      const steps = this.repeater.play(search);
      for (;;) {
        const step = steps.next();
        if (step.done) {
          this.hit = search.hit;
          return step.value ? 'hit' : 'end';
        }
        if ((await this.turn(step.value)) && mayEnd) return 'interrupted';
      }
    });
  }

  /** Does work that may meet modules without known lines: it is done again when they are known. */
  private async knowing<Result>(work: () => Promise<Result>): Promise<Result> {
    for (;;) {
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof UnknownModule)) throw error;
        await this.modules.learn(error.module);
      }
    }
  }
}

interface Found {
  position: Position;
  hit: Hit;
}

interface Bounds {
  /** Only hits behind this position count. */
  after?: Position;
  /** It ends here at the latest. */
  target?: Position;
  /** Moments of the core before are of no interest. */
  quietUntil?: Position;
  /** Whether a hit ends it. */
  onHit?(hit: Hit): boolean;
}

/** Looks for what is watched for while a run is repeated. */
class Search implements Listener {
  readonly quietUntil: Position;
  hit: Hit | undefined;
  private readonly repeater: Repeater;
  private readonly watch: Watch;
  private readonly bounds: Bounds;
  private recordHit: Hit | undefined;
  private lastNs: number;

  /** Of the times that are watched for, those after `sinceNs` are hit. */
  constructor(repeater: Repeater, watch: Watch, sinceNs: number, bounds: Bounds) {
    [this.repeater, this.watch, this.lastNs, this.bounds] = [repeater, watch, sinceNs, bounds];
    const isIdle = watch.moment === undefined && watch.record === undefined && watch.times === undefined;
    this.quietUntil = bounds.after ?? bounds.quietUntil ?? (isIdle ? bounds.target : undefined) ?? ALWAYS;
  }

  record(record: LogRecord): void {
    const { repeater, watch, bounds } = this;
    this.recordHit ??= watch.record?.(record);
    const { length } = repeater.run.board.machine.logbook;
    if (this.recordHit !== undefined || length >= (bounds.target?.record ?? Number.POSITIVE_INFINITY)) repeater.pause();
  }

  moment(): boolean {
    const { repeater, watch, bounds } = this;
    const { timeNs } = repeater.moment;
    const own = watch.moment?.(repeater.moment);
    const hit = this.recordHit ?? this.timeHit(timeNs) ?? own;
    this.recordHit = undefined;
    this.lastNs = Math.max(this.lastNs, timeNs);
    const isBehind = hit !== undefined && (!bounds.after || compare(repeater.position, bounds.after) > 0);
    if (isBehind && (bounds.onHit?.(hit) ?? true)) {
      this.hit = hit;
      return true;
    }
    return bounds.target !== undefined && compare(repeater.position, bounds.target) >= 0;
  }

  limitNs(): number {
    const { target } = this.bounds;
    const { now } = this.repeater.run.board;
    const since = Math.max(this.lastNs, now);
    const times = (this.watch.times ?? []).map(({ timeNs }) => timeNs).filter((timeNs) => timeNs > since);
    const targetNs = target?.step === 0 && target.timeNs > now ? target.timeNs : Number.POSITIVE_INFINITY;
    return Math.min(targetNs, ...times);
  }

  private timeHit(timeNs: number): Hit | undefined {
    return this.watch.times?.find((each) => each.timeNs > this.lastNs && each.timeNs <= timeNs)?.hit;
  }
}
