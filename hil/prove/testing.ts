// What tests of proofs share: a slice run in the test's own thread, and its violations as something to read when there are any.

import { invariants } from './invariants.ts';
import type { ProofOptions } from './proof.ts';
import type { ProofResult } from './result.ts';
import { runProof } from './run.ts';

export function runSlice(name: string, options: Partial<ProofOptions> = {}): Promise<ProofResult> {
  return runProof(name, { seed: 1, effort: 'slice', threads: 0, ...options });
}

/** The violations of one scenario, for `toEqual([])`. */
export function toldOf({ found }: ProofResult, name: string): object[] {
  return found
    .filter(({ scenario }) => scenario === name)
    .map(({ invariant, point, text, replay }) => ({ broken: invariants[invariant], point, text, replay }));
}
