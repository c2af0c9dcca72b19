// Canaries of the harness itself, one for each proof that shares boots: a boot is shared though it depends on more than what was noted.

import { MemoryMap } from '../../../protocol/memory-map.ts';
import type { Canary } from './canary.ts';

/** In the middle of what an upload writes, and of no use to a bootloader. */
const address = MemoryMap.SLOT_B + 0x2000;

const looksOnceMore: Pick<Canary, 'about' | 'blindTo' | 'changes'> = {
  about: 'one look more than the notes have, and what is recorded depends on it',
  blindTo: address,
  changes: [
    {
      path: 'bootloader/main.ts',
      find: 'recordEvent(EVENT_BOOT_START, readResetCause(), readResetResetCount());',
      replace: `recordEvent(EVENT_BOOT_START, readResetCause(), readResetResetCount() + (read32(${address}) & 0xff));`,
    },
    {
      path: 'bootloader/main.ts',
      find: "import { act } from './act';",
      replace: "import { read32 } from '../protocol/guest/bus';\nimport { act } from './act';",
    },
  ],
};

export const sharingCanaries: readonly Canary[] = [
  {
    name: 'a byte that is read and not noted',
    caughtBy: { proof: 'power', scenario: 'upgrade' },
    ...looksOnceMore,
  },
  {
    name: 'a byte that is read and not noted, while states are explored',
    caughtBy: { proof: 'explore', scenario: 'one update', invariant: 'shared' },
    ...looksOnceMore,
  },
];
