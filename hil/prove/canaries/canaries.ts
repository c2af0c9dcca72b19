// Bootloaders broken on purpose, each in a piece of its source (the firmware stays sound): the sweep must catch every one, or it proves nothing.

import { compileGuest, type SourceChange } from '../../../host/tools/guest.ts';

export interface Canary {
  name: string;
  /** Scenarios that are to catch it. */
  scenarios: readonly string[];
  changes: SourceChange[];
}

const journal = 'bootloader/state/journal.ts';

export const canaries: readonly Canary[] = [
  {
    // The last bytes of an upload are its signature: torn there, everything else is right.
    name: 'signature result ignored',
    scenarios: ['first install'],
    changes: [
      {
        path: 'bootloader/image/verify.ts',
        find: 'return good ? REASON_NONE : REASON_SIGNATURE_INVALID;',
        replace: 'return good ? REASON_NONE : REASON_NONE;',
      },
    ],
  },
  {
    name: 'record counts without its CRC',
    scenarios: ['upgrade'],
    changes: [
      {
        path: journal,
        find: 'return crc32(0, record, RECORD_CRC) == load<u32>(record, RECORD_CRC);',
        replace: 'return true;',
      },
    ],
  },
  {
    name: 'newest record broken, so none',
    scenarios: ['upgrade'],
    changes: [{ path: journal, find: 'newest = newestBelow(foundRank);', replace: 'newest = NO_PLACE;' }],
  },
  {
    name: 'full sector erased before its successor is written',
    // The bootloader's own append must be the one that switches: the firmware's journal is sound.
    scenarios: ['journal switch when tried'],
    changes: [
      { path: journal, find: 'const other = sector ^ 1;', replace: 'const other = sector;' },
      {
        path: journal,
        find: 'if (newest != NO_PLACE && newest / PLACES == other) giveUp();\n  else erase',
        replace: 'erase',
      },
      {
        path: journal,
        find: "assert(newest == NO_PLACE || place / PLACES != newest / PLACES, 'the newest record is never erased');",
        replace: '',
      },
    ],
  },
  {
    name: 'power loss taken for a failed trial',
    scenarios: ['upgrade'],
    changes: [
      {
        path: 'bootloader/decide.ts',
        find: 'case RESET_CAUSE_CAUSE_BROWN_OUT:\n      return REASON_NONE;',
        replace: 'case RESET_CAUSE_CAUSE_BROWN_OUT:\n      return REASON_UNCONFIRMED;',
      },
    ],
  },
  {
    name: 'trial forgotten when it is reset',
    scenarios: ['upgrade'],
    changes: [
      {
        path: 'bootloader/decide.ts',
        find: 'if (reason != REASON_NONE) reject(to, reason);\n  return',
        replace: 'return',
      },
    ],
  },
];

export function canaryByName(name: string): Canary {
  const found = canaries.find((canary) => canary.name === name);
  if (!found)
    throw new Error(`no canary is called '${name}'; there are ${canaries.map((each) => each.name).join(', ')}`);
  return found;
}

/** The bootloader a proof is about: the sound one, or a canary. */
export function bootloaderFor({ canary }: { canary?: string }): Promise<Uint8Array> {
  return compileGuest('bootloader/main.ts', canary === undefined ? {} : { changes: canaryByName(canary).changes });
}
