// Canaries that decide wrongly, or that do not keep their decisions.

import type { SourceChange } from '../../../host/tools/guest.ts';
import type { Canary } from './canary.ts';
import { withoutSecondChecks } from './second-checks.ts';
import { numberedAnywhere } from './sequence-changes.ts';

const journal = 'bootloader/image/state/journal.ts';
const verify = 'bootloader/image/verify.ts';
const decide = 'bootloader/decide.ts';
const lastRun = 'bootloader/last-run.ts';

/** Images in this state run unverified. */
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
    about: 'every key in the fuses may be used',
    caughtBy: { proof: 'tamper', scenario: 'hostile images' },
    changes: [{ path: verify, find: 'if ((keys & revokedKeys()) != 0) return REASON_KEY_REVOKED;', replace: '' }],
  },
  {
    name: 'confirmed images not verified again',
    about: 'it verified when it was confirmed, so it need not be verified again',
    caughtBy: { proof: 'tamper', scenario: 'bits of an image, confirmed' },
    changes: trusting('SLOT_CONFIRMED'),
  },
  {
    name: 'a trailer vouches for a payload that is not complete',
    about: 'when the marker is there, the image is complete',
    caughtBy: { proof: 'tamper', scenario: 'truncations' },
    changes: trusting('SLOT_PENDING'),
  },
  {
    name: 'older image preferred',
    about: 'a comparison with its sides exchanged',
    caughtBy: { proof: 'tamper', scenario: 'bits of an image, pending' },
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
    caughtBy: { proof: 'tamper', scenario: 'downgrade of a device, rejected after its trials' },
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
    about: 'a trial that ends by a loss of power has failed',
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
    caughtBy: { proof: 'power', scenario: 'revert by a reset', invariant: 'reverted' },
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
    about: 'a flag is written or not written, so no power cut can tear it',
    caughtBy: { proof: 'power', scenario: 'upgrade' },
    changes: [
      {
        path: 'bootloader/image/state/record-valid.ts',
        find: 'return crc32(0, record, RECORD_CRC) == load<u32>(record, RECORD_CRC);',
        replace: 'return true;',
      },
    ],
  },
  {
    name: 'newest record broken, so none',
    about: 'a record that cannot be read was never written',
    caughtBy: { proof: 'power', scenario: 'upgrade' },
    changes: [
      ...withoutSecondChecks,
      { path: journal, find: 'newest = newestBelow(foundRank);', replace: 'newest = NO_PLACE;' },
    ],
  },
  {
    name: 'a torn record is in the way for ever',
    about: 'MCUboot issue 1966: the place of the marker holds half a marker, and it is not skipped',
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
    about: 'the newest record is erased first and copied afterwards',
    // The append that switches sectors must be the bootloader's: the journal code of the firmware is correct.
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
      ...numberedAnywhere,
    ],
  },
  {
    name: 'counter advanced at install',
    about: 'a new release runs, so older ones can be locked out at once',
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
