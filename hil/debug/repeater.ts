// Repeats a recorded run from one of its states, and tells a listener of every moment; the listener may stop it there.
//
// A function of the guest cannot be halted and continued. So a run of the core is ended inside it by an exception, and what is to be seen is read
// then; to go on, the run is repeated from a state before. What must stay true: a position stands for the same state however it was reached.

import type { StepWitness } from '../../host/board/call-witness.ts';
import { Clock } from '../../host/board/clock.ts';
import type { PreparedImage } from '../../host/board/cpu/cpu.ts';
import type { Log, LogRecord } from '../../host/board/log.ts';
import { OtherRun } from '../rig/scenario/recorded-board.ts';
import type { KnownModules } from './module-lines.ts';
import type { Moment } from './moment.ts';
import type { Position } from './position.ts';
import type { OpenRun, RecordedRun } from './recorded-run.ts';
import { type Rung, Rungs } from './rungs.ts';

export interface Listener {
  /** Moments of the core before this position are not told. */
  quietUntil: Pick<Position, 'record' | 'step'>;
  record(record: LogRecord): void;
  /** Whether to stop here. */
  moment(): boolean;
  /** While the core sleeps the run goes no further than to this time of the board before it asks again. */
  limitNs(): number;
}

/** Moments between two stored states: some milliseconds of work. */
const SPACING = 100_000;
/** A record of the log costs as much as so many moments. */
const RECORD_COST = 20;
/** Thrown out of the guest, to end a run of the core at a moment. It is no error. */
const STOP = { stop: true };

const deaf: Listener = {
  quietUntil: { record: Number.POSITIVE_INFINITY, step: 0 },
  record() {},
  moment: () => false,
  limitNs: () => Number.POSITIVE_INFINITY,
};

export class Repeater implements StepWitness {
  readonly rungs = new Rungs();
  readonly moment: Moment = {
    ...{ kind: 'rest', timeNs: 0, module: undefined, frames: [], run: 0, cycles: 0, linesInRun: 0, isNewLine: false },
    ...{ isFirstLine: false, address: 0, value: 0, isWrite: false },
  };
  /** It stands inside a run of the core. */
  inCore = false;
  /** The board is no longer in the state of the position, and must be restored before it goes on. */
  isSpent = false;
  run!: RecordedRun;
  private readonly modules: KnownModules;
  private logbook!: Log;
  private listener = deaf;
  private record = 0;
  private stepNumber = 0;
  private actsGiven = 0;
  private cost = 0;
  private isPaused = false;
  private isHalting = false;
  private arena = new Uint8Array(0);

  constructor(modules: KnownModules) {
    this.modules = modules;
  }

  /** Throws `UnknownModule`. */
  async open(openRun: OpenRun): Promise<void> {
    this.run = await openRun(this);
    const { board } = this.run;
    board.onLog = (record) => this.onRecord(record);
    this.logbook = board.machine.logbook;
    this.arena = new Uint8Array(board.machine.arena.size);
    this.rest();
    this.store();
  }

  get position(): Position {
    return { record: this.record, step: this.stepNumber, timeNs: this.moment.timeNs };
  }

  restore({ position, snapshot, acts }: Rung): void {
    this.run.board.restore(snapshot);
    [this.actsGiven, this.cost, this.inCore, this.isSpent] = [acts, 0, false, false];
    [this.record, this.stepNumber] = [position.record, 0];
    Object.assign(this.moment, { kind: 'rest', timeNs: position.timeNs, frames: [], module: undefined });
  }

  /** Ends the run of the board after its present step; it is told as a moment. */
  pause(): void {
    this.isPaused = true;
    this.run.board.life.pause();
  }

  /** Runs until the listener stops it, or to the end: true when it was stopped. Yields the time of the board now and then. Throws `UnknownModule`, `OtherRun`. */
  *play(listener: Listener): Generator<number, boolean> {
    this.listener = listener;
    const { board, acts, end } = this.run;
    for (;;) {
      const act = acts.at(this.actsGiven);
      if (yield* this.runTo(act?.runToNs ?? end?.runToNs ?? -1)) return true;
      if (act === undefined) break;
      if (board.now !== act.timeNs)
        throw new OtherRun(`the board stands at ${board.now} ns where the recorded one was at ${act.timeNs} ns`);
      this.actsGiven++;
      act.give(board);
      if (this.rest()) return true;
    }
    if (end !== undefined && board.logHash !== end.logHash)
      throw new OtherRun(`this run ends with log hash ${board.logHash}, the recorded one with ${end.logHash}`);
    return false;
  }

  /** Reads something that may change the board, which is put back afterwards. */
  look<Result>(read: () => Result): Result {
    const { arena } = this.run.board.machine;
    const before = new Uint8Array(arena.size);
    arena.copyTo(before);
    this.isSpent = true;
    this.isHalting = true;
    try {
      return read();
    } finally {
      this.isHalting = false;
      arena.copyFrom(before);
    }
  }

  private *runTo(toNs: number): Generator<number, boolean> {
    let limit: number;
    do {
      limit = Math.min(toNs, this.listener.limitNs());
      this.isPaused = false;
      if (!this.advance(limit) || this.rest()) return true;
      if (this.cost < SPACING) continue;
      this.store();
      yield this.run.board.now;
    } while (this.isPaused || limit < toNs);
    return false;
  }

  /** Runs the board; false when it was stopped inside a run of the core. */
  private advance(toNs: number): boolean {
    const { board } = this.run;
    try {
      if (toNs >= 0) board.runUntil(toNs);
      return true;
    } catch (error) {
      this.isSpent = true;
      if (error !== STOP) throw error;
      // What the end of the run has changed is undone: this is the state inside of it.
      board.machine.arena.copyFrom(this.arena);
      board.machine.clock[Clock.NOW] = this.moment.timeNs;
      this.inCore = true;
      return false;
    } finally {
      this.isHalting = false;
    }
  }

  /** The board is between two of its steps. */
  private rest(): boolean {
    const { board } = this.run;
    [this.record, this.stepNumber] = [board.machine.logbook.length, 0];
    Object.assign(this.moment, { kind: 'rest', timeNs: board.now, frames: [], module: undefined });
    return this.listener.moment();
  }

  private store(): void {
    this.cost = 0;
    this.rungs.add({ position: this.position, snapshot: this.run.board.snapshot(), acts: this.actsGiven });
  }

  private onRecord(record: LogRecord): void {
    if (this.isHalting) return;
    this.cost += RECORD_COST;
    if (this.cost >= SPACING) this.pause();
    this.listener.record(record);
  }

  private tick(kind: Moment['kind'], cycles: number, timeNs: number): void {
    const { moment, listener, logbook } = this;
    const { length } = logbook;
    if (length !== this.record) {
      this.record = length;
      this.stepNumber = 0;
    }
    this.stepNumber++;
    moment.kind = kind;
    moment.cycles = cycles;
    moment.timeNs = timeNs;
    if (++this.cost === SPACING) this.pause();
    const { quietUntil } = listener;
    if (length < quietUntil.record || (length === quietUntil.record && this.stepNumber < quietUntil.step)) return;
    if (!listener.moment()) return;
    this.run.board.machine.arena.copyTo(this.arena);
    this.isHalting = true;
    throw STOP;
  }

  // --- what the board tells ------------------------------------------------------------------------------------------------------

  stepsOf(module: Uint8Array): readonly number[] {
    return this.modules.of(module).offsets;
  }

  begin(image: PreparedImage): void {
    const { moment } = this;
    moment.module = this.modules.ofHash(image.hash);
    moment.run = this.run.board.machine.logbook.length;
    [moment.frames, moment.linesInRun] = [[], 0];
  }

  enter(functionIndex: number, argument: number, cycles: number, timeNs: number): void {
    this.moment.frames.push({ functionIndex, argument, line: undefined });
    this.tick('call', cycles, timeNs);
  }

  leave(cycles: number, timeNs: number): void {
    this.moment.frames.pop();
    this.tick('return', cycles, timeNs);
  }

  step(offset: number, cycles: number, timeNs: number): void {
    const { moment } = this;
    const { frames, module } = moment;
    const frame = frames[frames.length - 1];
    const line = module?.lines[module.lineAt[offset] - 1];
    moment.isNewLine = line !== frame.line;
    moment.isFirstLine = frame.line === undefined;
    frame.line = line;
    moment.linesInRun++;
    this.tick('line', cycles, timeNs);
  }

  access(address: number, value: number, isWrite: boolean, cycles: number, timeNs: number): void {
    const { moment } = this;
    [moment.address, moment.value, moment.isWrite] = [address, value, isWrite];
    this.tick('access', cycles, timeNs);
  }

  end(): void {
    if (!this.isHalting) this.moment.frames = [];
  }
}
