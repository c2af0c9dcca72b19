// The scheduled events: a bounded binary heap of plain records in the arena.
//
//   record   [time ns][sequence][kind][a][b]        five floats each
//   order    by time, then by sequence: of equal times, the event that was scheduled first comes first
//
// Records, never closures, so that a snapshot contains the scheduled events. What must stay true: the clock's DUE is the time of the
// first event, Infinity when there is none, or minus Infinity while every access counts. The bus compares each access against
// that one number only.

import type { Arena } from './arena.ts';
import { Clock } from './clock.ts';

/** One or two events per device and one scheduled fault or input. More than this means that a device schedules without end. */
export const eventCapacity = 128;
const stride = 5;

export class EventQueue {
  private readonly clock: Float64Array;
  private readonly heap: Float64Array;
  /** [0] next sequence number. */
  private readonly counters: Float64Array;
  /** [0] events in the heap, [1] whether every access counts. */
  private readonly count: Uint32Array;
  private readonly top = { time: 0, kind: 0, a: 0, b: 0 };

  constructor(arena: Arena, clock: Float64Array) {
    this.clock = clock;
    this.heap = arena.floats(eventCapacity * stride);
    this.counters = arena.isHistory(arena.floats(1));
    this.count = arena.words(2);
    this.announce();
  }

  get length(): number {
    return this.count[0];
  }

  get nextTime(): number {
    return this.count[0] === 0 ? Number.POSITIVE_INFINITY : this.heap[0];
  }

  /** Makes every bus access call the machine, whether an event is due or not; for counting accesses. */
  watchEveryAccess(on: boolean): void {
    this.count[1] = on ? 1 : 0;
    this.announce();
  }

  /** Throws when the queue is full or the time is not a whole, safe number of nanoseconds. */
  schedule(time: number, kind: number, a = 0, b = 0): void {
    const index = this.count[0];
    if (index === eventCapacity)
      throw new Error(`event queue: full with ${eventCapacity} events; event ${kind} does not fit`);
    if (!Number.isSafeInteger(time)) throw new Error(`event queue: ${time} is not a time for event ${kind}`);
    const at = index * stride;
    this.heap[at] = time;
    this.heap[at + 1] = this.counters[0]++;
    this.heap[at + 2] = kind;
    this.heap[at + 3] = a;
    this.heap[at + 4] = b;
    this.count[0] = index + 1;
    this.siftUp(index);
    this.announce();
  }

  /** Takes the first event out. The record returned is overwritten by the next call. */
  pop(): { readonly time: number; readonly kind: number; readonly a: number; readonly b: number } {
    if (this.count[0] === 0) throw new Error('event queue: nothing to take');
    this.top.time = this.heap[0];
    this.top.kind = this.heap[2];
    this.top.a = this.heap[3];
    this.top.b = this.heap[4];
    this.removeAt(0);
    return this.top;
  }

  /** Removes every event of a kind; true when there was one. */
  cancel(kind: number): boolean {
    let found = false;
    for (let index = this.count[0] - 1; index >= 0; index--) {
      if (this.heap[index * stride + 2] !== kind) continue;
      this.removeAt(index);
      found = true;
      // The record that was moved here came from the end and may have moved up past this place, so examine all again.
      index = this.count[0];
    }
    return found;
  }

  /** All events, the next one first; for people. */
  list(): { time: number; kind: number; a: number; b: number }[] {
    const order = Array.from({ length: this.count[0] }, (_, index) => index);
    order.sort((one, other) => (this.before(one, other) ? -1 : 1));
    return order.map((index) => {
      const [time, , kind, a, b] = this.heap.subarray(index * stride);
      return { time, kind, a, b };
    });
  }

  /** Time of the first event of one of these kinds (`isWanted[kind]` is 1), Infinity when there is none. */
  timeOf(isWanted: Uint8Array): number {
    const { heap } = this;
    let time = Number.POSITIVE_INFINITY;
    for (let at = 0, end = this.count[0] * stride; at < end; at += stride)
      if (isWanted[heap[at + 2]] === 1 && heap[at] < time) time = heap[at];
    return time;
  }

  private removeAt(index: number): void {
    const { heap } = this;
    const last = this.count[0] - 1;
    // A freed place is zeroed, so that equal queues have equal bytes.
    for (let field = 0; field < stride; field++) {
      heap[index * stride + field] = heap[last * stride + field];
      heap[last * stride + field] = 0;
    }
    this.count[0] = last;
    if (index < last) {
      this.siftDown(index);
      this.siftUp(index);
    }
    this.announce();
  }

  private announce(): void {
    this.clock[Clock.DUE] = this.count[1] === 0 ? this.nextTime : Number.NEGATIVE_INFINITY;
  }

  private before(left: number, right: number): boolean {
    const difference = this.heap[left * stride] - this.heap[right * stride];
    return difference < 0 || (difference === 0 && this.heap[left * stride + 1] < this.heap[right * stride + 1]);
  }

  private siftUp(start: number): void {
    let index = start;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!this.before(index, parent)) return;
      this.swap(index, parent);
      index = parent;
    }
  }

  private siftDown(start: number): void {
    let index = start;
    for (;;) {
      let first = index;
      const left = 2 * index + 1;
      if (left < this.count[0] && this.before(left, first)) first = left;
      if (left + 1 < this.count[0] && this.before(left + 1, first)) first = left + 1;
      if (first === index) return;
      this.swap(index, first);
      index = first;
    }
  }

  private swap(one: number, other: number): void {
    const heap = this.heap;
    for (let field = 0; field < stride; field++) {
      const kept = heap[one * stride + field];
      heap[one * stride + field] = heap[other * stride + field];
      heap[other * stride + field] = kept;
    }
  }
}
