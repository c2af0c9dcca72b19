// The figures of the page: what the whole proof came to, as it was last run, kept beside the page so that the page can be made again.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { ProofOptions } from '../proof.ts';
import type { Proved } from '../provenance.ts';
import type { ProofResult } from '../result.ts';

export interface Figures {
  proof: string;
  seed: number;
  effort: ProofOptions['effort'];
  points: number;
  violations: number;
  proved: Proved;
  scenarios: { name: string; points: number; violations: number; counts: Record<string, number> }[];
  /** What the proof adds of its own: canaries and who caught them. */
  extra: Record<string, unknown>;
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

export function figuresOf(result: ProofResult): Figures {
  const { proof, seed, effort, points, violations, proved, scenarios, extra } = result;
  return { proof, seed, effort, points, violations, proved, scenarios, extra };
}
