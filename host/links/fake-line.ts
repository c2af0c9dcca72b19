// Test doubles for the tests of links: a wire with access to its board end, a board that answers every byte sequence after a fixed virtual
// delay, and a wall clock that only the test moves. What must stay true: only `eventually` uses real time, so that no result of a test depends
// on how busy the machine is.

import type { LineNumber, Wire } from './link.ts';
import { type PacedBoard, Pacer, type PacerOptions, type Speed } from './pacer.ts';
import type { PacerClock } from './pacer-clock.ts';

export class FakeWire implements Wire {
  /** The bytes that links have sent. */
  readonly sent: Uint8Array[] = [];
  backlog = 0;
  private readonly listeners = new Set<(bytes: Uint8Array) => void>();
  private readonly answer: ((bytes: Uint8Array) => Uint8Array | undefined) | undefined;

  constructor(answer?: (bytes: Uint8Array) => Uint8Array | undefined) {
    this.answer = answer;
  }

  send(bytes: Uint8Array): void {
    this.sent.push(bytes.slice());
    const answer = this.answer?.(bytes);
    if (answer) this.fromBoard(answer);
  }

  listen(listener: (bytes: Uint8Array) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  fromBoard(bytes: Uint8Array): void {
    for (const listener of this.listeners) listener(bytes);
  }

  get listenerCount(): number {
    return this.listeners.size;
  }

  /** All bytes links have sent, as text. */
  get text(): string {
    return Buffer.concat(this.sent).toString('latin1');
  }
}

const LAP_MS = 0.01;

/** A wall clock that a test moves. Each read of it and each run of the board can cost time, as on a real machine. */
export class FakeClock implements PacerClock {
  /** The number of turns that a wake-up started. */
  wakes = 0;
  lookCostMs = 0;
  private now = 1000;
  private waiting: { atMs: number; call: () => void }[] = [];

  nowMs(): number {
    this.now += this.lookCostMs;
    return this.now;
  }

  wake(delayMs: number, call: () => void): () => void {
    const entry = { atMs: this.now + Math.max(0, delayMs), call };
    this.waiting.push(entry);
    return () => {
      this.waiting = this.waiting.filter((each) => each !== entry);
    };
  }

  spend(ms: number): void {
    this.now += ms;
  }

  /** When the next wake-up is due, from now; Infinity when there is none. */
  get sleepMs(): number {
    return Math.min(...this.waiting.map(({ atMs }) => atMs)) - this.now;
  }

  /** Moves to the earliest wake-up. */
  wakeOnce(): void {
    this.waiting.sort((a, b) => a.atMs - b.atMs);
    const next = this.waiting.shift();
    if (!next) throw new Error('fake clock: nobody waits to be woken');
    // A turn of the event loop must cost time, or a pacer that polls would poll for ever at one moment.
    this.now = Math.max(this.now + LAP_MS, next.atMs);
    this.wakes += 1;
    next.call();
  }

  /** Moves by this time, with every wake-up in it. */
  pass(ms: number): void {
    const end = this.now + ms;
    while (this.waiting.length > 0 && this.now + this.sleepMs <= end) {
      this.wakeOnce();
    }
    this.now = Math.max(this.now, end);
  }
}

/** Answers each input with the same bytes `delayNs` later, and keeps a history that a replay must reproduce. */
export class EchoBoard implements PacedBoard {
  now = 0;
  readonly history: string[] = [];
  /** Calls of `runUntil`. */
  runs = 0;
  /** The period of events without any input, like the heartbeat of a firmware; 0 for none. */
  beatNs = 0;
  /** Called at every run, because a calculation takes time. */
  onRun: () => void = () => {};
  onTransmit: PacedBoard['onTransmit'] = () => {};
  private readonly pending: { timeNs: number; line: LineNumber; bytes: Uint8Array }[] = [];
  private readonly delayNs: number;
  private readonly wireBytes: number;

  constructor(delayNs = 1_000_000, wireBytes = 16 * 1024) {
    this.delayNs = delayNs;
    this.wireBytes = wireBytes;
  }

  wireFree(line: LineNumber): number {
    const used = this.pending.filter((event) => event.line === line).reduce((sum, { bytes }) => sum + bytes.length, 0);
    return this.wireBytes - used;
  }

  get nextEventTime(): number {
    const beat = this.beatNs === 0 ? Number.POSITIVE_INFINITY : (Math.floor(this.now / this.beatNs) + 1) * this.beatNs;
    return Math.min(beat, this.pending[0]?.timeNs ?? Number.POSITIVE_INFINITY);
  }

  runUntil(timeNs: number): void {
    this.runs += 1;
    this.onRun();
    while (this.pending.length > 0 && this.pending[0].timeNs <= timeNs) {
      const event = this.pending.shift() as (typeof this.pending)[number];
      this.now = event.timeNs;
      this.history.push(`${event.timeNs} ${event.line} ${Buffer.from(event.bytes).toString('hex')}`);
      this.onTransmit?.(event.line, event.bytes, event.timeNs);
    }
    this.now = Math.max(this.now, timeNs);
  }

  send(line: LineNumber, bytes: Uint8Array): void {
    if (bytes.length > this.wireFree(line)) throw new Error('the wire is full');
    this.pending.push({ timeNs: this.now + this.delayNs, line, bytes });
  }
}

/** A board and its pacer on the clock of the test. */
export function paced<Kind extends EchoBoard>(board: Kind, speed: Speed, options: PacerOptions = {}) {
  const clock = new FakeClock();
  return { board, clock, pacer: new Pacer(board, { ...options, speed, clock }) };
}

/** Waits until `condition` holds; throws with `what` after a minute, which only a loaded machine comes near. */
export async function eventually(what: string, condition: () => boolean): Promise<void> {
  for (const deadline = performance.now() + 60_000; performance.now() < deadline; ) {
    if (condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error(`${what}: not within a minute`);
}
