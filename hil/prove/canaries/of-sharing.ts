// A canary of the harness itself: a boot is shared though it depends on more than what was noted.

import { MemoryMap } from '../../../protocol/memory-map.ts';
import type { Canary } from './canary.ts';

/** In the middle of what an upload writes, and of no use to a bootloader. */
const address = MemoryMap.SLOT_B + 0x2000;

export const sharingCanaries: readonly Canary[] = [
  {
    name: 'a byte that is read and not noted',
    about: 'one look more than the notes have, and what is recorded depends on it',
    caughtBy: { proof: 'power', scenario: 'upgrade' },
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
  },
];
