// Canaries that decide wrongly, or whose memory of what they decided breaks.

import type { SourceChange } from '../../../host/tools/guest.ts';
import type { Canary } from './canary.ts';
import { withoutSecondChecks } from './second-checks.ts';

const journal = 'bootloader/image/state/journal.ts';
const verify = 'bootloader/image/verify.ts';
const decide = 'bootloader/decide.ts';
const lastRun = 'bootloader/last-run.ts';

/** Images in this state run without a look at their bytes. */
function trusting(state: string): SourceChange[] {
  return [
    {
      path: 'bootloader/main.ts',
      find: 'let verdict = verifySlot(slot);',
      replace: `let verdict: u32 = REASON_NONE;
    if (slotFacts(facts, slot).state == ${state}) markSeen(imageInfo(slot), SEEN_VERIFIED);
    else verdict = verifySlot(slot);`,
    },
    {
      path: 'bootloader/main.ts',
      find: "import { verifySlot } from './image/verify';",
      replace: `import { verifySlot } from './image/verify';
import { imageInfo, markSeen, SEEN_VERIFIED } from './image/info';
import { ${state} } from '../protocol/guest/generated/constants';`,
    },
  ];
}

export const stateCanaries: readonly Canary[] = [
  {
    name: 'key revocation ignored',
    about: 'a key in the fuses is a key',
    caughtBy: { proof: 'tamper', scenario: 'hostile images' },
    changes: [{ path: verify, find: 'if ((keys & revokedKeys()) != 0) return REASON_KEY_REVOKED;', replace: '' }],
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
        find: 'return from.version < slotFacts(facts, slot ^ 1).version;',
        replace: 'return from.version > slotFacts(facts, slot ^ 1).version;',
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
        find: 'bootsLeft = to.bootsLeft - 1;',
        replace: 'bootsLeft = to.bootsLeft;',
      },
    ],
  },
  {
    name: 'power loss taken for a failed trial',
    about: 'a trial that does not end well has failed',
    caughtBy: { proof: 'power', scenario: 'upgrade' },
    changes: [
      {
        path: lastRun,
        find: 'case RESET_CAUSE_CAUSE_BROWN_OUT:\n      return REASON_NONE;',
        replace: 'case RESET_CAUSE_CAUSE_BROWN_OUT:\n      return REASON_UNCONFIRMED;',
      },
    ],
  },
  {
    name: 'trial forgotten when it is reset',
    about: 'there is no revert',
    caughtBy: { proof: 'power', scenario: 'revert by a reset', invariant: 'undone' },
    changes: [
      ...withoutSecondChecks,
      {
        path: lastRun,
        find: 'const reason = whyTrialFailed(facts, from, ran);',
        replace: 'const reason = from.bootsLeft != 0 ? REASON_NONE : whyTrialFailed(facts, from, ran);',
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
    changes: [
      ...withoutSecondChecks,
      { path: journal, find: 'newest = newestBelow(foundRank);', replace: 'newest = NO_PLACE;' },
    ],
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
  {
    name: 'counter advanced at install',
    about: 'a new release runs, so what is older is history',
    caughtBy: { proof: 'power', scenario: 'counter advance', invariant: 'earned' },
    changes: [
      ...withoutSecondChecks,
      {
        path: 'bootloader/settle.ts',
        find: "assert(slotOutcome(outcome, slot).bootsLeft == 0, 'no trial moves fuses');",
        replace: '',
      },
      {
        path: 'bootloader/settle.ts',
        find: 'if (slotOutcome(outcome, slot).state != SLOT_CONFIRMED || slotFacts(facts, slot).state != SLOT_CONFIRMED) return;',
        replace: '',
      },
    ],
  },
];
