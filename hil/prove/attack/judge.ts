// What must be true after a boot of a device that was attacked.

import type { Finding } from '../invariants.ts';
import { bootsMax } from '../invariants.ts';
import type { Boot } from './attack-bench.ts';

/** Nothing ran that does not verify. A module that the core refused did not run; but if its bytes are those of a slot, any other bytes could be there. */
export function judgeRun({ handOvers, state }: Boot): Finding[] {
  const accepted = (index: number) => index === handOvers.length - 1 && state === 'firmware';
  return handOvers.flatMap(({ slot, refusal }, index) => {
    if (refusal === undefined || (slot === undefined && !accepted(index))) return [];
    return [{ invariant: 'verified', text: `slot ${slot === undefined ? '?' : 'AB'[slot]} was run: ${refusal}` }];
  });
}

/** It runs an image that verifies where there is one, else it rests in safe mode. */
export function judgeRest(boot: Boot, bootable: boolean): Finding[] {
  const { state, resets, handOvers } = boot;
  if (state === 'halted') return [{ invariant: 'alive', text: 'it halted' }];
  if (resets > bootsMax) return [{ invariant: 'reaches', text: `it took ${resets} boots` }];
  if (state === 'off') return [{ invariant: 'reaches', text: 'it had not decided when its time was up' }];
  if (bootable && state !== 'firmware')
    return [{ invariant: 'bootable', text: 'it stays in safe mode, though a slot holds an image that may run' }];
  if (!bootable && state === 'firmware' && handOvers.at(-1)?.refusal === undefined)
    return [{ invariant: 'whole', text: 'it runs an image of which no trial was requested' }];
  return [];
}
