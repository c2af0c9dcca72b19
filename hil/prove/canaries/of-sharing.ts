// Canaries of the harness itself, one for each proof that shares boots: a boot is shared although it depends on a read that is not in its list.

import { MemoryMap } from '../../../protocol/memory-map.ts';
import type { Canary } from './canary.ts';

/** In the middle of what an upload writes; a correct bootloader does not read it. */
const address = MemoryMap.SLOT_B + 0x2000;

const readsTheBus = {
  path: 'bootloader/main.ts',
  find: "import { act } from './act';",
  replace: "import { read32 } from '../protocol/guest/bus';\nimport { act } from './act';",
};

const looksOnceMore: Pick<Canary, 'about' | 'blindTo' | 'changes'> = {
  about: 'one read more than the list has, and what the boot writes depends on it',
  blindTo: address,
  changes: [
    {
      path: 'bootloader/main.ts',
      find: 'recordEvent(EVENT_BOOT_START, readResetCause(), readResetResetCount());',
      replace: `recordEvent(EVENT_BOOT_START, readResetCause(), readResetResetCount() + (read32(${address}) & 0xff));`,
    },
    readsTheBus,
  ],
};

/** A record of the boot log counts as read with the number of its boot (device/logged.ts), and here the boot makes use of more. */
const usesTheRecordBefore: Canary = {
  name: 'a byte of the record before that is used and not noted',
  about: 'the record of a boot in the boot log depends on why the boot before began',
  caughtBy: { proof: 'explore', scenario: 'one update', invariant: 'shared' },
  changes: [
    {
      path: 'bootloader/image/state/boot-log.ts',
      find: '  logAt(record).number = number;',
      replace: '  logAt(record).number = number;\n  if (known) logAt(record).resets ^= logAt(probe).cause;',
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
  usesTheRecordBefore,
];

/** The last word of RAM, which is nobody's. */
const lastWord = 2 * 0x1_0000 - 4;

const ofRam: Canary = {
  name: 'a byte of RAM that a call reads and that is not noted',
  about:
    'a verification takes longer for other flash, which it reads from RAM, and the calls of it are shared by all the rest',
  caughtBy: { proof: 'power', scenario: 'upgrade', invariant: 'shared' },
  callsBlind: { blindTo: lastWord },
  changes: [
    {
      path: 'bootloader/main.ts',
      find: 'recordEvent(EVENT_BOOT_START, readResetCause(), readResetResetCount());',
      replace: `recordEvent(EVENT_BOOT_START, readResetCause(), readResetResetCount());
  store<u32>(${lastWord}, read32(${address}) & 0xff);`,
    },
    readsTheBus,
    {
      path: 'bootloader/crypto/ed25519.ts',
      find: 'memory.fill(k, 0, HALF);',
      replace: `memory.fill(k, 0, HALF);
  for (let more = load<u32>(${lastWord}); more != 0; more--) memory.fill(k, 0, HALF);`,
    },
  ],
};

const ofFlash: Canary = {
  name: 'a word of flash that a call reads and that is not noted',
  about: 'a verification takes longer for other flash, and the calls of it are shared by all the rest',
  caughtBy: { proof: 'power', scenario: 'upgrade', invariant: 'shared' },
  callsBlind: { looksBlindTo: address },
  changes: [
    {
      path: 'bootloader/image/verify.ts',
      find: '  beginFlow();',
      replace: `  beginFlow();
  for (let more = read32(${address}) & 0xff; more != 0; more--) memory.fill(revoked, 0, KEYHASH_SIZE);`,
    },
    {
      path: 'bootloader/image/verify.ts',
      find: "import { copyFromBus } from '../../protocol/guest/dma';",
      replace:
        "import { read32 } from '../../protocol/guest/bus';\nimport { copyFromBus } from '../../protocol/guest/dma';",
    },
  ],
};

/** Of calls that are shared inside a boot. They are no scenarios of `coldrig prove canaries`; the test of the power proof must catch them (power/power.test.ts). */
export const callCanaries: readonly Canary[] = [ofRam, ofFlash];
