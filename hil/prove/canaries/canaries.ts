// Bootloaders and firmware that are broken on purpose; with one of them the harness is broken, too. A proof that does not catch every one proves nothing.

import { compileGuest, type SourceChange } from '../../../host/tools/guest.ts';
import type { ProofOptions } from '../proof.ts';
import { unknownName } from '../unknown-name.ts';
import type { Canary } from './canary.ts';
import { imageCanaries } from './of-images.ts';
import { promiseCanaries } from './of-promises.ts';
import { recordCanaries } from './of-records.ts';
import { callCanaries, sharingCanaries } from './of-sharing.ts';
import { stateCanaries } from './of-state.ts';
import { windowCanaries } from './of-window.ts';
import { wireCanaries } from './of-wire.ts';

export const canaries: readonly Canary[] = [
  ...imageCanaries,
  ...stateCanaries,
  ...promiseCanaries,
  ...recordCanaries,
  ...wireCanaries,
  ...sharingCanaries,
];

export function canaryByName(name: string): Canary {
  const all = [...canaries, ...windowCanaries, ...callCanaries];
  const found = all.find((canary) => canary.name === name);
  if (!found) throw unknownName('canary', name, all);
  return found;
}

/** The bootloader under proof: the correct one, a canary, or one's own. `small`: with glitch sites in it, it has just room in its partition. */
export async function bootloaderFor(
  { canary, own }: Pick<ProofOptions, 'canary' | 'own'>,
  { small = false } = {},
): Promise<Uint8Array> {
  if (own?.bootloader !== undefined) return own.bootloader;
  const broken = canary === undefined ? undefined : canaryByName(canary);
  const isSound = broken === undefined || broken.breaks === 'firmware';
  return compileGuest('bootloader/main.ts', isSound ? {} : { changes: broken.changes, small });
}

/** What is broken in the firmware of a proof; nothing in most. */
export function firmwareChangesOf({ canary }: { canary?: string }): SourceChange[] {
  const broken = canary === undefined ? undefined : canaryByName(canary);
  return broken?.breaks === 'firmware' ? broken.changes : [];
}

/** The word of flash whose reads a canary's harness leaves out of its lists. */
export function blindSpotOf({ canary }: { canary?: string }): number | undefined {
  return canary === undefined ? undefined : canaryByName(canary).blindTo;
}

/** What a canary's harness leaves out of what shared calls read. */
export function callsBlindOf({ canary }: { canary?: string }): Canary['callsBlind'] {
  return canary === undefined ? undefined : canaryByName(canary).callsBlind;
}

/** What a canary's harness leaves out of the window of the search. */
export function windowLackOf({ canary }: { canary?: string }): Canary['windowLacks'] {
  return canary === undefined ? undefined : canaryByName(canary).windowLacks;
}
