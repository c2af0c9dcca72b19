// How temperatures go on in time: a chain of steps, each fixed by where it begins and by the inputs alone.
//
//          committed            planned
//   ──┬──────┬────────┬───────────────────┬──▶       an observer at `now` reads off the planned step's own curve;
//            │        begin     now       end         an input at `now` cuts it: the step is taken anew from `begin` to `now`,
//            input    └── y0    ▲         y1          with the inputs as they were, and a new one begins there
//
// So looking never changes anything, however often or at whatever times, and a run is a function of its inputs. Planning takes the
// longest step whose error is tolerated, up to the next whole minute of virtual time, where the slow wander of loads changes.
// What must stay true: all state is in the vector; a planned step is committed as planned or cut, and nothing else.

import { Integrator, type Rates } from './integrator.ts';
import type { StateVector } from './state-vector.ts';
import { UNKNOWNS } from './thermal-model.ts';

export const MINUTE_NS = 60_000_000_000;
const SHORTEST_NS = 1000;
/** A new beginning tries so much at first, having no better idea. */
const FIRST_NS = 100_000_000;
const REJECTIONS_MOST = 60;

export interface CourseHooks {
  /** A new beginning is fixed; inputs may change with it. */
  onBegin: () => void;
  /** A step is about to be taken: the inputs must be those of the state vector, which somebody may have put back from a copy. */
  beforeStep: () => void;
}

export class Course {
  static readonly words = 4 + 3 * UNKNOWNS;
  /** [0] now, [1] begin, [2] end of the planned step (begin: none is planned), [3] length worth trying next; in ns. */
  private readonly time: Float64Array;
  readonly begin: Float64Array;
  private readonly middle: Float64Array;
  private readonly end: Float64Array;
  private readonly integrator: Integrator;
  private readonly hooks: CourseHooks;

  constructor(state: StateVector, rates: Rates, hooks: CourseHooks) {
    this.time = state.take(4);
    this.begin = state.take(UNKNOWNS);
    this.middle = state.take(UNKNOWNS);
    this.end = state.take(UNKNOWNS);
    this.time[3] = FIRST_NS;
    this.integrator = new Integrator(rates);
    this.hooks = hooks;
  }

  get timeNs(): number {
    return this.time[0];
  }

  get beginNs(): number {
    return this.time[1];
  }

  advanceTo(timeNs: number): void {
    const { time } = this;
    if (!Number.isSafeInteger(timeNs) || timeNs < time[0]) {
      throw new RangeError(`cryostat: ${timeNs} ns is not a whole number at or after its present, ${time[0]} ns`);
    }
    for (;;) {
      const isPlanned = time[2] > time[1];
      if (isPlanned && time[2] <= timeNs) this.commit();
      else if (!isPlanned && timeNs > time[1]) this.plan();
      else break;
    }
    time[0] = timeNs;
  }

  /** An unknown at the present moment. */
  value(index: number): number {
    const { time, begin, middle, end } = this;
    if (time[0] === time[1]) return begin[index];
    // The parabola through beginning, middle and end.
    const x = (time[0] - time[1]) / (time[2] - time[1]);
    const [a, b, c] = [begin[index], middle[index], end[index]];
    return a + x * (4 * b - 3 * a - c + x * (2 * (a + c) - 4 * b));
  }

  /** Ends the present step now, so that what comes may be different. */
  cut(): void {
    const { time, begin, integrator } = this;
    if (time[0] > time[1]) {
      this.hooks.beforeStep();
      integrator.prepare(begin);
      integrator.step(begin, (time[0] - time[1]) / 1e9);
      begin.set(integrator.end);
      time[1] = time[0];
      time[2] = time[0];
      this.hooks.onBegin();
    }
    time[2] = time[1];
  }

  private plan(): void {
    const { time, begin, integrator } = this;
    const untilMinute = MINUTE_NS - (time[1] % MINUTE_NS);
    this.hooks.beforeStep();
    integrator.prepare(begin);
    let length = Math.min(time[3], untilMinute);
    for (let round = 0; round < REJECTIONS_MOST; round++) {
      const error = integrator.step(begin, length / 1e9);
      // Second order: the error goes as the square of the length.
      const factor = error === 0 ? 4 : Math.min(4, Math.max(0.2, 0.9 / Math.sqrt(error)));
      if (error <= 1 || length <= SHORTEST_NS) {
        this.middle.set(integrator.middle);
        this.end.set(integrator.end);
        time[2] = time[1] + length;
        // A step held back by the minute says nothing of how long the next may be.
        time[3] = Math.max(SHORTEST_NS, length === untilMinute ? Math.max(time[3], length * factor) : length * factor);
        time[3] = Math.min(MINUTE_NS, Math.round(time[3]));
        return;
      }
      length = Math.max(SHORTEST_NS, Math.floor(length * factor));
    }
    throw new Error(`cryostat: no step found at ${time[1]} ns from ${begin.join(', ')}`);
  }

  private commit(): void {
    const { time, begin } = this;
    begin.set(this.end);
    time[1] = time[2];
    this.hooks.onBegin();
  }
}
