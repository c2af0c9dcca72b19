// Where the chance of the hostile tests comes from: one seed, printed with every failure, and how far to go.
//
//   HOSTILE_SEED=7 HOSTILE_EFFORT=20 npx vitest run hil/test/hostile     another twenty times as much

import fc from 'fast-check';

export const seed = Number(process.env.HOSTILE_SEED ?? 4351);
const effort = Number(process.env.HOSTILE_EFFORT ?? 1);

/** Holds for `runs` cases of the seed; fast-check prints the seed and the smallest case that fails. */
export function always<Case>(cases: fc.Arbitrary<Case>, runs: number, law: (each: Case) => void): void {
  fc.assert(fc.property(cases, law), { seed, numRuns: Math.ceil(runs * effort), endOnFailure: effort > 1 });
}

/** Some values of a kind, for tests that go through a table. */
export function some<Value>(values: fc.Arbitrary<Value>, count: number): Value[] {
  return fc.sample(values, { seed, numRuns: count });
}
