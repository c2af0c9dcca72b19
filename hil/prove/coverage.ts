// Which blocks of the bootloader the slices of the proofs reach, and why they do not reach the others.
//
// The blocks are those the core counts (host/board/cpu/counters.ts): code that executes equally often. A block that no proof reaches has a
// reason in reached/reasons.ts, or the test fails.

import { bootloaderFor } from './canaries/canaries.ts';
import { blocksRun } from './device/boards.ts';
import { type TextBlock, textBlocksOf } from './reached/blocks.ts';
import { reasonFor } from './reached/reasons.ts';
import type { ProofResult } from './result.ts';
import { runProof } from './run.ts';

/** Without `glitch`: it uses a bootloader with glitch sites added, which has other blocks. */
const proofs: readonly string[] = ['tamper', 'fuzz', 'explore', 'power'];

export interface Coverage {
  blocks: number;
  reached: number;
  left: (TextBlock & { reason: string | undefined })[];
  /** What the slices showed, by proof. */
  slices: Record<string, ProofResult>;
}

export async function coverage(proofs: readonly string[]): Promise<Coverage> {
  const module = await bootloaderFor({});
  const blocks = await textBlocksOf(module);
  const slices: Record<string, ProofResult> = {};
  const reached = await blocksRun(module, async () => {
    for (const proof of proofs) slices[proof] = await runProof(proof, { seed: 1, effort: 'slice', threads: 0 });
  });
  const left = blocks
    .filter((_, number) => reached[number] !== 1)
    .map((block) => ({ ...block, reason: reasonFor(block) }));
  return { blocks: blocks.length, reached: blocks.length - left.length, left, slices };
}

/** Markdown: how much is reached, and a row for each function and line that is not, with the reason. */
export async function coverageTable(): Promise<string> {
  const { blocks, reached, left } = await coverage(proofs);
  const assertions = left.filter(({ isAssertion }) => isAssertion).length;
  const percent = ((100 * reached) / (blocks - assertions)).toFixed(1);
  const rows = new Map<string, number>();
  for (const { functionName, file, line, isAssertion, reason } of left) {
    if (isAssertion) continue;
    const source = file === undefined ? '' : `${file}:${line}`;
    const row = `| \`${functionName}\` | ${source} | ${reason ?? 'none given'} |`;
    rows.set(row, (rows.get(row) ?? 0) + 1);
  }
  return [
    `The slices of ${proofs.join(', ')} reach ${reached} of ${blocks} blocks. ${assertions} of the others are failing arms of assertions; of the rest,`,
    `${percent} % are reached. What is left:`,
    '',
    '| blocks | function | line | why it is not reached |',
    '|---|---|---|---|',
    ...[...rows].map(([row, count]) => `| ${count} ${row}`),
  ].join('\n');
}
