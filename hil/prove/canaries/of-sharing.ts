// Canaries of the harness itself, one for each proof that shares boots: a boot is shared although it depends on a read that is not in its list.

import { MemoryMap } from '../../../protocol/memory-map.ts';
import type { Canary } from './canary.ts';

/** In the middle of what an upload writes; a correct bootloader does not read it. */
const address = MemoryMap.SLOT_B + 0x2000;

const looksOnceMore: Pick<Canary, 'about' | 'blindTo' | 'changes'> = {
  about: 'one read more than the list has, and what the boot writes depends on it',
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
