// How the tests of this folder state that something holds for any input.

import fc from 'fast-check';
import { cases } from '../../../host/board/testing/cases.ts';

/** The law holds for `runs` inputs; fast-check prints the seed and the smallest input that fails. */
export function always<Case>(inputs: fc.Arbitrary<Case>, runs: number, law: (each: Case) => void): void {
  fc.assert(fc.property(inputs, law), cases(runs));
}

/** Some values of a kind, for tests that go through a table. */
export function some<Value>(values: fc.Arbitrary<Value>, count: number): Value[] {
  return fc.sample(values, { numRuns: count });
}
