// What must be true of a boot with a glitch, besides what must be true of every attacked device (attack/judge.ts): a refused image did not run,
// nothing was confirmed, no fuse was burnt.

import { RESET } from '../../../protocol/generated/registers.ts';
import type { AttackBench, Boot } from '../attack/attack-bench.ts';
import { judgeRun } from '../attack/judge.ts';
import type { Finding } from '../invariants.ts';
import type { Attack } from './attack.ts';

/** No image ran that does not verify, and none that may not run although it verifies. */
export function judgeRefused({ refused }: Attack, boot: Boot): Finding[] {
  if (!refused) return judgeRun(boot);
  const judged = refused.standIn ? boot.handOvers.slice(0, 1) : boot.handOvers;
  const ran = judged.flatMap(({ slot, refusal }): Finding[] =>
    refusal === undefined && slot !== undefined && refused.slots.includes(slot)
      ? [{ invariant: 'refused', text: `slot ${'AB'[slot]} was run: ${refused.because}` }]
      : [],
  );
  return [...judgeRun(boot), ...ran];
}

/** The images that must still be refused when power comes back after this boot. */
export function refusedAfter({ refused, untilPowerLoss, ...attack }: Attack, { handOvers }: Boot): Attack {
  const isForgiven = untilPowerLoss || (refused?.standIn && handOvers.length > 1);
  return isForgiven || !refused ? attack : { ...attack, refused };
}

/** No image of these attacks ran healthy since the last confirm: so no boot may confirm one or burn a fuse, and a trial must have its timer. */
export function judgeEarned(bench: AttackBench, { handOvers, state }: Boot, fuses: Uint32Array): Finding[] {
  const findings: Finding[] = [];
  const moved = bench.board.fuseWords().findIndex((word, index) => word !== fuses[index]);
  if (moved >= 0) findings.push({ invariant: 'earned', text: `fuse word ${moved} was burnt without a healthy run` });
  const slot = handOvers.at(-1)?.slot;
  if (state !== 'firmware' || slot === undefined || bench.slotsThatAre('CONFIRMED').includes(slot)) return findings;
  const { words, at } = bench.board.machine.registers(RESET);
  if (!bench.slotsThatAre('TRIAL').includes(slot))
    findings.push({ invariant: 'earned', text: `slot ${'AB'[slot]} runs and is neither confirmed nor on trial` });
  if (words[at.TRIAL_TIMEOUT] === 0)
    findings.push({ invariant: 'earned', text: `slot ${'AB'[slot]} is on trial without the trial timer` });
  return findings;
}
