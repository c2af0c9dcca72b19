// The figures of the page: what the whole proof came to, as it was last run, kept beside the page so that the page can be made again.

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
  /** What it took on all cores together, with its start. */
  processorSeconds?: number;
  proved: Proved;
  scenarios: { name: string; points: number; violations: number; counts: Record<string, number> }[];
  /** What the proof adds of its own: canaries and who caught them. */
  extra: Record<string, unknown>;
  /** The first violations, where there are any. */
  found?: { scenario: string; point: string; invariant: Invariant; text: string }[];
  /** Why it did not come to its end; its figures are then those of nothing. */
  failure?: string;
}

export interface Kept {
  proofs: Figures[];
  /** What of the bootloader is reached, as Markdown (coverage.ts). */
  reached: string;
}

export const figuresFile = fileURLToPath(new URL('generated/figures.json', import.meta.url));

export function readFigures(): Kept {
  return JSON.parse(readFileSync(figuresFile, 'utf8')) as Kept;
}

/** Violations that the page tells of. */
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

/** Of a proof that broke off: nothing is proved. */
export function figuresOfNone(proof: string, options: Pick<ProofOptions, 'seed' | 'effort'>, failure: string): Figures {
  const proved: Proved = { commit: 'unknown', guests: {}, tools: {} };
  return { proof, ...options, points: 0, violations: 0, proved, scenarios: [], extra: {}, failure };
}

/** Whether nothing speaks against what was to be proved. */
export function isGood({ violations, failure }: Figures): boolean {
  return violations === 0 && failure === undefined;
}
