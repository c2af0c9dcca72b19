// Bootloaders broken on purpose, each in a piece of its source (the firmware stays sound): the proof must catch every one, or it proves
// nothing. `caughtBy` is where: a part of the slice that every test run can afford.
//
// A change that no longer fits the source fails the compilation with the place and the text: mend it here, with the source.

import { compileGuest, type SourceChange } from '../../../host/tools/guest.ts';

export interface Canary {
  name: string;
  /** What its author may have thought. */
  about: string;
  caughtBy: { proof: string; scenario: string };
  changes: SourceChange[];
}

const journal = 'bootloader/state/journal.ts';
const verify = 'bootloader/image/verify.ts';
const tlvs = 'bootloader/image/tlvs.ts';
const decide = 'bootloader/decide.ts';

/** Images in this state run without a look at their bytes. */
function trusting(state: string): SourceChange[] {
  return [
    {
      path: 'bootloader/main.ts',
      find: 'const verdict = verifySlot(slot);',
      replace: `let verdict: u32 = REASON_NONE;
    if (load<u32>(slotFacts(facts, slot), SLOT_FACT_STATE) == ${state}) markSeen(imageInfo(slot), SEEN_VERIFIED);
    else verdict = verifySlot(slot);`,
    },
    {
      path: 'bootloader/main.ts',
      find: "import { verifySlot } from './image/verify';",
      replace: `import { verifySlot } from './image/verify';
import { imageInfo, markSeen, SEEN_VERIFIED } from './image/info';
import { SLOT_FACT_STATE } from './decide';
import { REASON_NONE, ${state} } from '../protocol/guest/generated/constants';`,
    },
  ];
}

export const canaries: readonly Canary[] = [
  {
    name: 'signature result ignored',
    about: 'the signature is computed, and what comes of it is dropped',
    caughtBy: { proof: 'tamper', scenario: 'structured TLV mutations' },
    changes: [
      {
        path: verify,
        find: 'return good ? REASON_NONE : REASON_SIGNATURE_INVALID;',
        replace: 'return good ? REASON_NONE : REASON_NONE;',
      },
    ],
  },
  {
    name: 'hash TLV not compared',
    about: 'the signature is over the hash of the bytes, so who needs the hash TLV',
    caughtBy: { proof: 'tamper', scenario: 'bits of an image, asked for' },
    changes: [
      {
        path: verify,
        find: 'return memory.compare(digest, info + INFO_HASH, SHA256_DIGEST_SIZE) == 0 ? REASON_NONE : REASON_HASH_MISMATCH;',
        replace: 'return REASON_NONE;',
      },
    ],
  },
  {
    name: 'S not held below L',
    about: 'the equation holds, so the signature is good',
    caughtBy: { proof: 'tamper', scenario: 'structured TLV mutations' },
    changes: [
      {
        path: 'bootloader/crypto/ed25519.ts',
        find: 'if (!scalarIsCanonical(s)) return false;',
        replace: '',
      },
    ],
  },
  {
    name: 'key revocation ignored',
    about: 'a key in the fuses is a key',
    caughtBy: { proof: 'tamper', scenario: 'hostile images' },
    changes: [{ path: verify, find: 'if ((keys & revokedKeys()) != 0) return REASON_KEY_REVOKED;', replace: '' }],
  },
  {
    name: 'board identity ignored',
    about: 'an image of ours is an image for us',
    caughtBy: { proof: 'tamper', scenario: 'images for other boards' },
    changes: [
      {
        path: verify,
        find: 'if (hasSeen(info, SEEN_BOARD) && load<u32>(info, INFO_BOARD) != boardId()) return REASON_WRONG_BOARD;',
        replace: '',
      },
    ],
  },
  {
    name: 'security counter ignored',
    about: 'versions are compared elsewhere',
    caughtBy: { proof: 'tamper', scenario: 'hostile images' },
    changes: [
      {
        path: verify,
        find: 'if (!hasSeen(info, SEEN_COUNTER) || counter < securityCounter()) return REASON_SECURITY_COUNTER;',
        replace: '',
      },
    ],
  },
  {
    name: 'unprotected security counter accepted',
    about: 'MCUboot without its TLV allow-list: what nobody signed satisfies the rollback protection',
    caughtBy: { proof: 'tamper', scenario: 'hostile images' },
    changes: [
      {
        path: tlvs,
        find: 'return type == TLV_KEYHASH || type == TLV_ED25519 || type == TLV_SIG_PURE;',
        replace:
          'return type == TLV_KEYHASH || type == TLV_ED25519 || type == TLV_SIG_PURE || type == TLV_SECURITY_COUNTER;',
      },
    ],
  },
  {
    name: 'a TLV may end one byte behind its area',
    about: 'a bound that is off by one',
    caughtBy: { proof: 'tamper', scenario: 'structured TLV mutations' },
    changes: [
      {
        path: tlvs,
        find: 'if (length > end - at) return REASON_TLV_ENTRY;',
        replace: 'if (length > end - at + 1) return REASON_TLV_ENTRY;',
      },
    ],
  },
  {
    name: 'TLV area may be as large as it says',
    about: 'the room behind the signed bytes is never looked at',
    caughtBy: { proof: 'tamper', scenario: 'hostile images' },
    changes: [
      {
        path: tlvs,
        find: 'if (size < IMAGE_TLV_INFO_SIZE || size > room) return REASON_TLV_AREA;',
        replace: '',
      },
    ],
  },
  {
    name: 'confirmed images not verified again',
    about: 'it was good when it was confirmed, and a marker says so',
    caughtBy: { proof: 'tamper', scenario: 'bits of an image, confirmed' },
    changes: trusting('SLOT_CONFIRMED'),
  },
  {
    name: 'a trailer vouches for a payload that is not complete',
    about: 'whoever wrote the marker has written the image before',
    caughtBy: { proof: 'tamper', scenario: 'truncations' },
    changes: trusting('SLOT_PENDING'),
  },
  {
    name: 'older image preferred',
    about: 'a comparison the wrong way round',
    caughtBy: { proof: 'tamper', scenario: 'bits of an image, asked for' },
    changes: [
      {
        path: decide,
        find: 'if (versionA != versionB) return versionA > versionB ? 0 : 1;',
        replace: 'if (versionA != versionB) return versionA < versionB ? 0 : 1;',
      },
    ],
  },
  {
    name: 'trial limit forgotten',
    about: 'a trial that loses power goes on, again and again',
    caughtBy: { proof: 'tamper', scenario: 'downgrade of a device, given up after its trials' },
    changes: [
      {
        path: decide,
        find: 'bootsLeft = load<u32>(to, SLOT_OUTCOME_BOOTS_LEFT) - 1;',
        replace: 'bootsLeft = load<u32>(to, SLOT_OUTCOME_BOOTS_LEFT);',
      },
    ],
  },
  {
    name: 'power loss taken for a failed trial',
    about: 'a trial that does not end well has failed',
    caughtBy: { proof: 'power', scenario: 'upgrade' },
    changes: [
      {
        path: decide,
        find: 'case RESET_CAUSE_CAUSE_BROWN_OUT:\n      return REASON_NONE;',
        replace: 'case RESET_CAUSE_CAUSE_BROWN_OUT:\n      return REASON_UNCONFIRMED;',
      },
    ],
  },
  {
    name: 'trial forgotten when it is reset',
    about: 'there is no revert',
    caughtBy: { proof: 'power', scenario: 'upgrade' },
    changes: [
      {
        path: decide,
        find: 'if (reason != REASON_NONE) reject(to, reason);\n  return',
        replace: 'return',
      },
    ],
  },
  {
    name: 'record counts without its CRC',
    about: 'the flag that confirms is there or is not, so what could be torn',
    caughtBy: { proof: 'power', scenario: 'upgrade' },
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
    about: 'what cannot be read was never written',
    caughtBy: { proof: 'power', scenario: 'upgrade' },
    changes: [{ path: journal, find: 'newest = newestBelow(foundRank);', replace: 'newest = NO_PLACE;' }],
  },
  {
    name: 'a torn record is in the way for ever',
    about: 'MCUboot issue 1966: the place of the marker holds half a marker, and nobody steps over it',
    caughtBy: { proof: 'power', scenario: 'upgrade' },
    changes: [
      {
        path: journal,
        find: 'for (let candidate = place; candidate < (sector + 1) * PLACES; candidate++) {',
        replace: 'for (let candidate = place; candidate < place + 1; candidate++) {',
      },
      {
        path: journal,
        find: 'if (newest != NO_PLACE && newest / PLACES == other) giveUp();\n  else erase(other * PLACES);',
        replace:
          'if (place < (sector + 1) * PLACES || (newest != NO_PLACE && newest / PLACES == other)) giveUp();\n  else erase(other * PLACES);',
      },
    ],
  },
  {
    name: 'full sector erased before its successor is written',
    about: 'erase, then copy',
    // The bootloader's own append must be the one that switches: the firmware's journal is sound.
    caughtBy: { proof: 'power', scenario: 'journal switch when tried' },
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
