// A debugger for a recorded run: it steps forward and back by line, call, interrupt, event and time, and stops at breakpoints.
//
//   const debug = await Debugger.open(() => …, { placesOf })      stands at the end, where the run failed
//   debug.breakpoints.add('write RAILS.ENABLE');
//   await debug.back('continue');                                the last write before
//   debug.stand                                                  time, function, line, why it stopped
//
// Moves that end at a breakpoint before their own end say so. What must stay true: a move back undoes the same move forward.

import { nsPerCycle } from '../../host/board/clock.ts';
import type { PlacesOf } from '../rig/coverage.ts';
import { isTold } from '../rig/event-log.ts';
import { recordWords } from '../rig/event-words.ts';
import { type Condition, conditionOf } from './breakpoints.ts';
import { KnownModules } from './module-lines.ts';
import type { Frame, Hit, Moment, Watch } from './moment.ts';
import { type Outcome, Player, type Turn } from './player.ts';
import type { OpenRun, RecordedRun } from './recorded-run.ts';

/**
 * One step: to the next line, also inside a called function; to the next line of this function; until it has returned; to a line of the function that
 * called it; to the next run of the core; to the next event.
 */
export type StepKind = 'line' | 'over' | 'out' | 'caller' | 'interrupt' | 'event' | 'continue';

export interface Breakpoint extends Condition {
  number: number;
}

export interface ShownFrame {
  function: string;
  file?: string;
  line?: number;
  /** The first argument, when that is a 32-bit number. */
  argument: number;
}

/** Where it stands. */
export interface Stand {
  /** From the beginning of the recording. */
  timeNs: number;
  cycle: number;
  /** The core runs; else it sleeps. */
  inCore: boolean;
  /** The innermost function first. */
  frames: ShownFrame[];
  outcome: Outcome;
  hit: Hit | undefined;
}

export interface DebuggerOptions {
  /** Is asked for the source maps of modules that coldrig has not compiled itself. */
  placesOf?: PlacesOf;
  turn?: Turn;
}

export class Debugger {
  readonly breakpoints: Breakpoint[] = [];
  private readonly player: Player;
  private readonly modules: KnownModules;
  private outcome: Outcome = 'start';
  private lastNumber = 0;

  private constructor(player: Player, modules: KnownModules) {
    [this.player, this.modules] = [player, modules];
  }

  /** A recording, played to its end. */
  static async open(openRun: OpenRun, { placesOf, turn }: DebuggerOptions = {}): Promise<Debugger> {
    const modules = new KnownModules(placesOf);
    const opened = new Debugger(await Player.open(openRun, modules, turn), modules);
    opened.outcome = await opened.player.forward({});
    return opened;
  }

  get run(): RecordedRun {
    return this.player.repeater.run;
  }

  /** Adds a breakpoint in words (breakpoints.ts). Throws `BreakpointError`. */
  break(text: string): Breakpoint {
    const condition = conditionOf(text, { modules: this.modules.all, zeroNs: this.run.zeroNs });
    return this.addBreakpoint(condition);
  }

  addBreakpoint(condition: Condition): Breakpoint {
    const breakpoint = { ...condition, number: ++this.lastNumber };
    this.breakpoints.push(breakpoint);
    return breakpoint;
  }

  get knownModules() {
    return this.modules.all;
  }

  /** False when there is none of this number. */
  delete(number: number): boolean {
    const at = this.breakpoints.findIndex((each) => each.number === number);
    if (at >= 0) this.breakpoints.splice(at, 1);
    return at >= 0;
  }

  async forward(kind: StepKind): Promise<Stand> {
    this.outcome = await this.player.forward(this.watchOf(kind));
    return this.stand;
  }

  async back(kind: StepKind): Promise<Stand> {
    this.outcome = await this.player.back(this.watchOf(kind));
    return this.stand;
  }

  /** The same move again and again, until something else ends it: a breakpoint, an end, or whoever is asked between two of them. */
  async repeat(direction: 'forward' | 'back', kind: StepKind, times: number): Promise<Stand> {
    for (let time = 1; ; time++) {
      const { outcome, hit, timeNs } = await this[direction](kind);
      if (outcome !== 'hit' || hit?.breakpoint !== undefined || time === times) break;
      if (await this.player.turn(timeNs)) {
        this.outcome = 'interrupted';
        break;
      }
    }
    return this.stand;
  }

  /** To a time from the beginning of the recording. */
  async at(timeNs: number): Promise<Stand> {
    this.outcome = await this.player.goToTime(this.run.zeroNs + timeNs);
    return this.stand;
  }

  get stand(): Stand {
    const { repeater, hit } = this.player;
    const timeNs = repeater.moment.timeNs - this.run.zeroNs;
    return {
      ...{ timeNs, cycle: Math.floor(timeNs / nsPerCycle), inCore: repeater.inCore },
      frames: framesOf(repeater.moment).reverse(),
      ...{ outcome: this.outcome, hit },
    };
  }

  /** Reads what a read may change: the run goes on as if it had not been read. */
  look<Result>(read: () => Result): Result {
    return this.player.repeater.look(read);
  }

  /** Its own end, and the breakpoints. */
  private watchOf(kind: StepKind): Watch {
    const { moment } = this.player.repeater;
    const own = ownEnds[kind](moment.frames.length, moment.run);
    const watches = this.breakpoints.map(({ number, watch }) => ({ number, watch }));
    const first = (ask: (watch: Watch) => Hit | undefined): Hit | undefined => {
      for (const { number, watch } of watches) {
        const hit = ask(watch);
        if (hit !== undefined) return { ...hit, breakpoint: number };
      }
      return ask(own);
    };
    const times = watches.flatMap(({ number, watch }) =>
      (watch.times ?? []).map(({ timeNs, hit }) => ({ timeNs, hit: { ...hit, breakpoint: number } })),
    );
    return {
      times,
      record: (record) => first((watch) => watch.record?.(record)),
      moment: (at) => first((watch) => watch.moment?.(at)),
    };
  }
}

const here: Hit = { text: '' };
const isLine = ({ kind, isNewLine, module }: Readonly<Moment>): boolean =>
  (kind === 'line' && isNewLine) || (kind === 'call' && module?.offsets.length === 0);
const isFirst = ({ kind, linesInRun, module, frames }: Readonly<Moment>): boolean =>
  (kind === 'line' && linesInRun === 1) || (kind === 'call' && frames.length === 1 && module?.offsets.length === 0);
const when = (test: (moment: Readonly<Moment>) => boolean): Watch => ({
  moment: (moment) => (test(moment) ? here : undefined),
});

/** Where each kind of step ends, from a depth of calls in a run of the core. */
const ownEnds: Record<StepKind, (depth: number, run: number) => Watch> = {
  line: () => when(isLine),
  over: (depth, run) => when((at) => isLine(at) && (at.run !== run || at.frames.length <= Math.max(depth, 1))),
  out: (depth, run) =>
    when((at) => (at.kind === 'return' || at.kind === 'rest') && (at.run !== run || at.frames.length < depth)),
  caller: (depth, run) => when((at) => isLine(at) && (at.run !== run || at.frames.length < depth)),
  interrupt: () => when(isFirst),
  event: () => ({ record: (record) => (isTold(record) ? { text: recordWords(record) } : undefined) }),
  continue: () => ({}),
};

function framesOf({ frames, module }: Moment): ShownFrame[] {
  return frames.map(({ functionIndex, argument, line }: Frame) => ({
    function: module?.functionNames[functionIndex] ?? `function[${functionIndex}]`,
    argument,
    ...line,
  }));
}
