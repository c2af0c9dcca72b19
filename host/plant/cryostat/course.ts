// Temperatures over time: a chain of steps. Each step is determined only by its beginning and by the inputs.
//
//          committed            planned
//   ──┬──────┬────────┬───────────────────┬──▶       an observer at `now` reads the curve of the planned step;
//            │        begin     now       end         an input at `now` cuts it: the step is calculated again from `begin` to `now`
//            input    └── y0    ▲         y1          with the old inputs, and a new step begins at `now`
//
// So an observer never changes anything, at any time and however often, and a run is a function of its inputs. A plan takes the longest step
// whose error is tolerated, up to the next whole minute of virtual time, when the slow wander of loads changes.
// What must stay true: all state is in the vector; a planned step is either committed as planned or cut.

import { Integrator, type Rates } from './integrator.ts';
import type { StateVector } from './state-vector.ts';
import { UNKNOWNS } from './thermal-model.ts';

export const MINUTE_NS = 60_000_000_000;
const SHORTEST_NS = 1000;
/** The length that the first step after an input tries. */
const FIRST_NS = 100_000_000;
const REJECTIONS_MOST = 60;

export interface CourseHooks {
  /** A new step begins here; inputs may change now. */
  onBegin: () => void;
  /** Called before a step: the inputs must be those of the state vector, which may have been restored from a copy. */
  beforeStep: () => void;
}

export class Course {
  static readonly words = 4 + 3 * UNKNOWNS;
  /** [0] now, [1] begin, [2] end of the planned step (equal to begin when none is planned), [3] length to try next; in ns. */
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

  /** The value of an unknown at the present moment. */
  value(index: number): number {
    const { time, begin, middle, end } = this;
    if (time[0] === time[1]) return begin[index];
    // The parabola through the values at beginning, middle and end.
    const x = (time[0] - time[1]) / (time[2] - time[1]);
    const [a, b, c] = [begin[index], middle[index], end[index]];
    return a + x * (4 * b - 3 * a - c + x * (2 * (a + c) - 4 * b));
  }

  /** Ends the present step now, so that the next one may have other inputs. */
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
      // Second order: the error is proportional to the square of the length.
      const factor = error === 0 ? 4 : Math.min(4, Math.max(0.2, 0.9 / Math.sqrt(error)));
      if (error <= 1 || length <= SHORTEST_NS) {
        this.middle.set(integrator.middle);
        this.end.set(integrator.end);
        time[2] = time[1] + length;
        // The length of a step that was cut at the minute is no measure for the next one.
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
