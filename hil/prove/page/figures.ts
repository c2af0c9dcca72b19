// The figures of the page: the results of the last run of each proof, stored beside the page so that the page can be rendered again.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Invariant } from '../invariants.ts';
import type { ProofOptions } from '../proof.ts';
import type { Proved } from '../provenance.ts';
import type { ProofResult } from '../result.ts';

export interface Figures {
  proof: string;
  seed: number;
  effort: ProofOptions['effort'];
  points: number;
  violations: number;
  /** Processor seconds of all cores together, its start included. */
  processorSeconds?: number;
  proved: Proved;
  scenarios: { name: string; points: number; violations: number; counts: Record<string, number> }[];
  /** Further results of a proof: canaries and who caught them. */
  extra: Record<string, unknown>;
  /** The first violations, if there are any. */
  found?: { scenario: string; point: string; invariant: Invariant; text: string }[];
  /** Why it broke off; then its figures are all zero. */
  failure?: string;
}

export interface Kept {
  proofs: Figures[];
  /** Which blocks of the bootloader are reached, as Markdown (coverage.ts). */
  reached: string;
}

export const figuresFile = fileURLToPath(new URL('generated/figures.json', import.meta.url));

export function readFigures(): Kept {
  return JSON.parse(readFileSync(figuresFile, 'utf8')) as Kept;
}

/** Violations that the page shows. */
const toldMax = 10;

export function figuresOf(result: ProofResult): Figures {
  const { proof, seed, effort, points, violations, processorSeconds, proved, scenarios, extra } = result;
  const found = result.found
    .slice(0, toldMax)
    .map(({ scenario, point, invariant, text }) => ({ scenario, point, invariant, text }));
  return {
    ...{ proof, seed, effort, points, violations, processorSeconds, proved, scenarios, extra },
    ...(found.length > 0 && { found }),
  };
}

/** For a proof that broke off: nothing is proved. */
export function figuresOfNone(proof: string, options: Pick<ProofOptions, 'seed' | 'effort'>, failure: string): Figures {
  const proved: Proved = { commit: 'unknown', guests: {}, tools: {} };
  return { proof, ...options, points: 0, violations: 0, proved, scenarios: [], extra: {}, failure };
}

/** Whether the proof ended, without a violation. */
export function isGood({ violations, failure }: Figures): boolean {
  return violations === 0 && failure === undefined;
}
