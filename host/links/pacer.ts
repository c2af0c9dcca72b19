// The pacer couples virtual time to the wall clock. While links are open, only the pacer runs the board.
//
//   wall   ──┬───────┬──────────┬─────>        virtual now = anchor + speed * (wall now - wall anchor)
//            │ input │          │ idle: sleeps until the board's next event is due, or longer
//   board  ──┴─run───┴─run──────┴─────>
//
// An input arrives at the virtual time that belongs to the wall time: the board first runs up to there, then the bytes are put on the line, and
// `onInput` gets the exact time, so that the same list of inputs repeats the run. At speed `max` there is no such time: an input is given at
// once, and then the board runs as fast as it can. When the board is too slow, or the machine slept, the anchor moves: lost time is not
// caught up.
//
// A turn ends when the board has reached the time at which the turn began, has transmitted something, or has used its share of wall time; then
// the sockets get their turn. What must stay true: a turn reads the clock once to find its target, because a target that moves with the clock is
// never reached; and a board without traffic sleeps.

import { CONSOLE_LINE, GATEWAY_LINE, type LineNumber, type Wire } from './link.ts';
import { type PacerClock, wallClock } from './pacer-clock.ts';
import { SLEEP_MAXIMUM_MS, Traffic } from './pacer-traffic.ts';

/** What the pacer needs of a board (host/board/board.ts is one). Times are virtual nanoseconds. */
export interface PacedBoard {
  readonly now: number;
  /** The time of the next event without any input; Infinity when there is none. */
  readonly nextEventTime: number;
  /** Runs everything that is due until then. Afterwards `now` is that time, or later when the last activation of the core lasted longer. */
  runUntil(timeNs: number): void;
  /** How many bytes `send` accepts on a line now; the line becomes free as time passes. */
  wireFree(line: LineNumber): number;
  send(line: LineNumber, bytes: Uint8Array): void;
  onTransmit: ((line: LineNumber, bytes: Uint8Array, timeNs: number) => void) | undefined;
}

export interface Input {
  timeNs: number;
  line: LineNumber;
  bytes: Uint8Array;
}

/** Virtual seconds per real second, or as fast as this machine can. */
export type Speed = number | 'max';

export interface PacerOptions {
  speed?: Speed;
  clock?: PacerClock;
  /** Called for every input with the virtual time at which the board got it. */
  onInput?: (input: Input) => void;
  /** Called before bytes of the board reach a client. When it throws, they reach none, and the pacer stops. */
  onOutput?: () => void;
  /** Stops at this time (the last activation of the core may end later) and calls `onEnd`. */
  untilNs?: number;
  onEnd?: () => void;
  /** Called when the board throws: that is a bug of the bench, and the pacer has stopped. */
  onError?: (error: unknown) => void;
}

/** The board runs at most so long, in milliseconds of wall time, before the sockets get their turn. */
const TURN_MS = 4;
/** The same at `max`, where every turn has its full length and a frame that arrives waits for its end. */
const TURN_AT_MAX_MS = 1;
/** At `max` and without an end, a board without input for so long of its time is idle: this is longer than any of its timeouts. */
const IDLE_AT_MAX_NS = 3_600_000_000_000;
/** The longest sleep in virtual time: to catch up with it takes some 3 ms, in which a frame waits. Shorter sleeps cost more. */
const SLEEP_MAXIMUM_NS = 100_000_000_000;
/** When the pacer is behind by more than its planned sleep and this, it does not catch up. */
const LAG_MAXIMUM_MS = 500;
/** For so long after traffic the pacer polls instead of sleeping: an exchange may need less than a millisecond, timers are not finer. */
const POLL_MS = 3;
/** A timer may be late by so much; for an event that is due sooner the pacer polls. */
const TIMER_MS = 2;
/** The longest slice: a tenth of the longest sleep, so that a turn that catches up with it looks at the clock ten times. */
const SLICE_MAXIMUM_NS = SLEEP_MAXIMUM_NS / 10;
/** How many activations may follow each other without a pause. An input needs a pause, so that its time is exact. */
const SETTLE_ROUNDS = 100_000;

export class Pacer {
  private readonly board: PacedBoard;
  private readonly options: PacerOptions;
  private readonly speed: Speed;
  private readonly untilNs: number;
  private readonly clock: PacerClock;
  private readonly listeners: [Set<Listener>, Set<Listener>] = [new Set(), new Set()];
  private readonly waiting: [Uint8Array[], Uint8Array[]] = [[], []];
  private readonly backlog: [number, number] = [0, 0];
  private inBoard = false;
  private hasTransmitted = false;
  /** The last turn ended before the board reached its target. */
  private isBehind = false;
  /** The planned sleep after the last turn that reached its target. */
  private sleepMs = 0;
  private running = false;
  private cancelWake = () => {};
  private anchorWallMs = 0;
  private anchorNs = 0;
  private readonly traffic = new Traffic();
  /** Virtual time of the last input. */
  private inputNs = 0;
  private sliceNs = 100_000;

  constructor(board: PacedBoard, options: PacerOptions = {}) {
    const { speed = 1 } = options;
    if (speed !== 'max' && !(speed > 0 && Number.isFinite(speed)))
      throw new RangeError(`speed ${speed} is not above 0`);
    this.board = board;
    this.options = options;
    this.speed = speed;
    this.untilNs = options.untilNs ?? Number.MAX_SAFE_INTEGER;
    this.clock = options.clock ?? wallClock;
    board.onTransmit = (line, bytes) => this.transmitted(line, bytes);
  }

  /** The far end of a serial line, for a link. */
  wire(line: LineNumber): Wire {
    const { backlog } = this;
    return {
      get backlog() {
        return backlog[line];
      },
      send: (bytes) => this.send(line, bytes),
      listen: (listener) => {
        this.listeners[line].add(listener);
        return () => this.listeners[line].delete(listener);
      },
    };
  }

  start(): void {
    if (this.running) return;
    this.running = true;
    this.inputNs = this.board.now;
    const nowMs = this.clock.nowMs();
    this.traffic.begin(nowMs);
    this.anchor(nowMs);
    this.turn();
  }

  stop(): void {
    this.running = false;
    this.cancelWake();
  }

  private send(line: LineNumber, bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.waiting[line].push(bytes.slice());
    this.backlog[line] += bytes.length;
    this.traffic.fromClient(this.clock.nowMs());
    // The answer of a listener during a transmission is given to the board as soon as the board is at rest.
    if (this.running && !this.inBoard) this.turn();
  }

  private transmitted(line: LineNumber, bytes: Uint8Array): void {
    this.traffic.fromBoard(this.clock.nowMs());
    this.hasTransmitted = true;
    this.options.onOutput?.();
    const copy = bytes.slice();
    for (const listener of this.listeners[line]) listener(copy);
  }

  /** Runs the board up to the present, gives it the inputs that have arrived, and plans the next turn. */
  private turn(): void {
    this.cancelWake();
    try {
      if (this.speed === 'max') this.deliver();
      this.advance();
      if (this.speed !== 'max') this.deliver();
      if (this.board.now >= this.untilNs) {
        this.stop();
        this.options.onEnd?.();
      }
    } catch (error) {
      this.stop();
      if (!this.options.onError) throw error;
      this.options.onError(error);
      return;
    }
    if (!this.running) return;
    const delayMs = this.delayMs();
    // A turn that ended before it had caught up with the sleep goes on with that: it is not behind for being slow.
    if (!this.isBehind) this.sleepMs = delayMs;
    this.cancelWake = this.clock.wake(delayMs, () => this.turn());
  }

  private advance(): void {
    const { board, clock, speed } = this;
    const begin = clock.nowMs();
    let target = this.target(begin);
    if (speed !== 'max' && target - board.now > (LAG_MAXIMUM_MS + this.sleepMs) * 1e6 * speed) {
      this.anchor(begin);
      target = board.now;
    }
    const turnMs = speed === 'max' ? TURN_AT_MAX_MS : TURN_MS;
    this.hasTransmitted = false;
    this.inBoard = true;
    try {
      for (let wall = begin; board.now < target && !this.hasTransmitted && wall - begin < turnMs; ) {
        // Idle time is skipped: a slice begins at the next event.
        board.runUntil(Math.min(target, Math.max(board.now, board.nextEventTime) + this.sliceNs));
        const after = clock.nowMs();
        this.fitSlice(after - wall);
        wall = after;
      }
    } finally {
      this.inBoard = false;
    }
    this.isBehind = board.now < target;
  }

  /** The virtual time that should be reached now. At `max` it is the end of the run; a board that has no event and no end stays where it is. */
  private target(wallMs: number): number {
    const { board, speed, untilNs } = this;
    if (speed !== 'max')
      return Math.min(untilNs, Math.floor(this.anchorNs + (wallMs - this.anchorWallMs) * 1e6 * speed));
    return board.nextEventTime === Number.POSITIVE_INFINITY && this.isEndless ? board.now : untilNs;
  }

  private get isEndless(): boolean {
    return this.untilNs === Number.MAX_SAFE_INTEGER;
  }

  /** Keeps a slice at about half a millisecond of wall time, so that a turn ends in time. */
  private fitSlice(tookMs: number): void {
    if (tookMs > 1) this.sliceNs = Math.max(10_000, Math.floor(this.sliceNs / 2));
    else if (tookMs < 0.25) this.sliceNs = Math.min(SLICE_MAXIMUM_NS, this.sliceNs * 2);
  }

  /** Puts as many bytes on each line as it accepts; the rest waits until time has passed. */
  private deliver(): void {
    if (!this.hasBacklog) return;
    this.settle();
    for (const line of [GATEWAY_LINE, CONSOLE_LINE] as const) {
      for (let free = this.board.wireFree(line); free > 0 && this.backlog[line] > 0; free = this.board.wireFree(line)) {
        const bytes = this.take(line, free);
        this.inputNs = this.board.now;
        this.options.onInput?.({ timeNs: this.board.now, line, bytes });
        this.board.send(line, bytes);
      }
    }
  }

  /**
   * Runs everything that is due at this moment. A replay runs to the time of an input before it gives the input, so the recorded run must do
   * the same: the last activation may have ended late, when the next one was already due.
   */
  private settle(): void {
    this.inBoard = true;
    try {
      for (let round = 0, before = -1; before !== this.board.now; round++) {
        if (round > SETTLE_ROUNDS) throw new Error(`the board does not come to rest at ${this.board.now} ns`);
        before = this.board.now;
        this.board.runUntil(before);
      }
    } finally {
      this.inBoard = false;
    }
  }

  private take(line: LineNumber, most: number): Uint8Array {
    const queue = this.waiting[line];
    const first = queue[0];
    const taken = first.subarray(0, most);
    if (taken.length === first.length) queue.shift();
    else queue[0] = first.subarray(taken.length);
    this.backlog[line] -= taken.length;
    return taken;
  }

  /** The time until the next turn: 0 gives the sockets their turn and continues, a longer time is a sleep. A frame that arrives ends a sleep. */
  private delayMs(): number {
    return this.speed === 'max' ? this.delayAtMaxMs() : this.delayAtSpeedMs(this.speed);
  }

  private delayAtMaxMs(): number {
    const { board } = this;
    if (!this.isEndless || this.hasBacklog) return 0;
    const isIdle = board.nextEventTime === Number.POSITIVE_INFINITY || board.now - this.inputNs > IDLE_AT_MAX_NS;
    return isIdle ? SLEEP_MAXIMUM_MS : 0;
  }

  private delayAtSpeedMs(speed: number): number {
    if (this.isBehind) return 0;
    const now = this.clock.nowMs();
    const next = this.traffic.isIdle(now) ? this.untilNs : Math.min(this.board.nextEventTime, this.untilNs);
    const dueMs = this.anchorWallMs + (next - this.anchorNs) / 1e6 / speed - now;
    if (dueMs < TIMER_MS && this.traffic.sinceMs(now) < POLL_MS) return 0;
    // Bytes that wait for a free line are sent with the next event.
    const most = Math.min(this.traffic.longestSleepMs(now), SLEEP_MAXIMUM_NS / 1e6 / speed);
    return Math.min(most, Math.max(1, this.hasBacklog ? Math.min(dueMs, 1) : dueMs));
  }

  private get hasBacklog(): boolean {
    return this.backlog[0] + this.backlog[1] > 0;
  }

  private anchor(wallMs: number): void {
    this.anchorWallMs = wallMs;
    this.anchorNs = this.board.now;
  }
}

type Listener = (bytes: Uint8Array) => void;
