// How often each glitch site is executed in the boot that is attacked, by the block counters of the core.

import type { GlitchableImage } from '../../../host/board/cpu/cpu.ts';
import { AttackBench } from '../attack/attack-bench.ts';
import { blockCounts } from '../attack/block-counts.ts';
import { type Attack, setRegisters } from './attack.ts';

/** By site. */
export function countExecutions({ bytes, sites }: GlitchableImage, attack: Attack, seed: number): number[] {
  const bench = new AttackBench(bytes, seed, { countBlocks: true });
  attack.prepare(bench);
  const loaded = bench.loaded();
  const before = blockCounts(bench.board, bytes);
  bench.bootFrom(loaded, (it) => setRegisters(it, attack));
  const after = blockCounts(bench.board, bytes);
  return sites.map(({ asksAt }) => {
    const block = after.blockAt(asksAt);
    return after.counts[block] - before.counts[block];
  });
}
