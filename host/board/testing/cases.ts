// Which inputs tests try, and how many. The whole suite has one seed and one effort; the test setup reads them (hil/test/property-seed.ts).
//
//   COLDRIG_SEED=7 npx vitest run host      other inputs of every property
//   COLDRIG_EFFORT=20 npx vitest run host   twenty times as many
//
// What must stay true: without these variables every run tries the same inputs, so that a failure is repeated. No test has a seed of its own.

import fc from 'fast-check';

let seed = 1;
let effort = 1;

/** For the test setup alone. `seed`: an integer; `effort`: multiplies the number of inputs, 1 is the usual one. */
export function configureCases(given: { seed: number; effort: number }): void {
  if (!Number.isSafeInteger(given.seed)) throw new Error(`COLDRIG_SEED must be an integer, for instance 7`);
  if (!(given.effort > 0)) throw new Error('COLDRIG_EFFORT must be a number above 0, for instance 20');
  ({ seed, effort } = given);
  fc.configureGlobal({ seed, numRuns: Math.ceil(100 * effort), endOnFailure: effort > 1 });
}

/** Parameters of a property of fast-check that is tried on `runs` inputs. */
export function cases(runs: number): { numRuns: number } {
  return { numRuns: Math.ceil(runs * effort) };
}

/** Seeds for tests that make their own inputs: `count` of them, different for each seed of the suite. */
export function seeds(count: number): number[] {
  const first = 1 + (seed - 1) * 1_000_003;
  return Array.from({ length: Math.ceil(count * effort) }, (_, index) => first + index);
}
