// When each of many loops goes on: one timer for all that are due in a slot of time, and a few of them in a turn of the process.
//
//   loop ──until(10.3 s)──┐
//   loop ──until(10.3 s)──┼── slot ──timer──> the first hundred go on ──the process looks at its connections──> the next hundred ...
//   loop ──until(10.3 s)──┘
//
// A timer for each of ten thousand loops is a tenth of their work; and where the machine is too slow for them, all of them are due at once, and what they have told
// would wait in the connection above until the last one has had its turn. What must stay true: nobody goes on before its time; who has waited longest is first.

import type { Time } from '../time.ts';

const slotMs = 10;
const turnMost = 100;

export class Turns {
  private readonly time: Time;
  private readonly signal: AbortSignal;
  private readonly slots = new Map<number, (() => void)[]>();
  /** The slot that the timer is for. */
  private next = Number.POSITIVE_INFINITY;
  private cancel = () => {};

  /** When the signal is aborted, all go on at once. */
  constructor(time: Time, signal: AbortSignal) {
    this.time = time;
    this.signal = signal;
    signal.addEventListener('abort', () => this.end(), { once: true });
  }

  /** Resolves so many milliseconds later, at most a slot later than that where the process has time. */
  after(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      if (this.signal.aborted) return resolve();
      const slot = Math.ceil((this.time.monotonicMs() + milliseconds) / slotMs);
      const waiting = this.slots.get(slot);
      if (waiting === undefined) this.slots.set(slot, [resolve]);
      else waiting.push(resolve);
      if (slot < this.next) this.wake(slot);
    });
  }

  private wake(slot: number): void {
    this.cancel();
    this.next = slot;
    this.cancel = this.time.after(Math.max(0, slot * slotMs - this.time.monotonicMs()), () => this.turn());
  }

  private turn(): void {
    const now = this.time.monotonicMs() / slotMs;
    let room = turnMost;
    this.next = Number.POSITIVE_INFINITY;
    for (let slot = this.first(); slot <= now && room > 0; slot = this.first()) {
      const waiting = this.slots.get(slot) as (() => void)[];
      const calls = waiting.splice(0, room);
      if (waiting.length === 0) this.slots.delete(slot);
      room -= calls.length;
      for (const call of calls) call();
    }
    const slot = this.first();
    if (slot < this.next) this.wake(slot);
  }

  private first(): number {
    let first = Number.POSITIVE_INFINITY;
    for (const slot of this.slots.keys()) if (slot < first) first = slot;
    return first;
  }

  private end(): void {
    this.cancel();
    const all = [...this.slots.values()];
    this.slots.clear();
    for (const waiting of all) for (const call of waiting) call();
  }
}
