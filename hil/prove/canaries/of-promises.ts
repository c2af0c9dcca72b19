// Canaries, each of which breaks one promise: kept, earned, rescued or told.

import type { Canary } from './canary.ts';
import { withoutSecondChecks } from './second-checks.ts';

const decide = 'bootloader/decide.ts';
const lastRun = 'bootloader/last-run.ts';

export const promiseCanaries: readonly Canary[] = [
  {
    name: 'confirmed last ignored among equals',
    about: 'of two confirmed images of one version any may run',
    caughtBy: { proof: 'power', scenario: 'a rebuild of the version that runs', invariant: 'kept' },
    changes: [
      ...withoutSecondChecks,
      {
        path: decide,
        find: 'if (bothConfirmed && facts.confirmedLast <= 1) return facts.confirmedLast;',
        replace: "assert(!bothConfirmed || facts.confirmedLast <= 1, 'nobody looks at it');",
      },
    ],
  },
  {
    name: 'a permanent mark counts as confirmed',
    about: 'the trailer of the file says confirmed, so its first boot confirms it',
    caughtBy: { proof: 'power', scenario: 'an upload that brings its confirmation', invariant: 'earned' },
    changes: [
      ...withoutSecondChecks,
      {
        path: 'bootloader/act.ts',
        find: "assert(state != SLOT_CONFIRMED || slotEarned(slot), 'no boot confirms');",
        replace: '',
      },
      {
        path: decide,
        find: '  to.state = SLOT_TRIAL;\n',
        replace: '  to.state = from.permanent != 0 ? SLOT_CONFIRMED : SLOT_TRIAL;\n',
      },
      {
        path: decide,
        find: '  to.bootsLeft = bootsLeft;\n',
        replace: '  to.bootsLeft = from.permanent != 0 ? 0 : bootsLeft;\n',
      },
      {
        path: 'bootloader/act.ts',
        find: 'if (state == SLOT_CONFIRMED && !slotEarned(slot)) return before;',
        replace: '',
      },
    ],
  },
  {
    name: 'safe mode though the other image is good',
    about: 'an image that resets again and again may have damaged the other one, too',
    caughtBy: { proof: 'power', scenario: 'a confirmed image begins to hang', invariant: 'rescued' },
    changes: [{ path: lastRun, find: 'outcome.tried |= 1 << slot;', replace: 'outcome.tried |= 3;' }],
  },
  {
    name: 'an image that loops keeps its turn',
    about: 'it was confirmed once, so it is healthy',
    caughtBy: { proof: 'power', scenario: 'a confirmed image begins to hang', invariant: 'repeatable' },
    changes: [
      {
        path: lastRun,
        find: 'const loops = facts.resets >= POLICY_RESETS_IN_A_ROW_MAX;',
        replace: 'const loops = facts.resets >= 0xffff;',
      },
    ],
  },
  {
    name: 'a revert without its reason',
    about: 'that it was rejected is enough to know; the reason is not stored',
    caughtBy: { proof: 'power', scenario: 'revert by a reset', invariant: 'told' },
    changes: [
      {
        path: 'bootloader/act.ts',
        find: 'keepsReason ? to.reason : REASON_NONE,',
        replace: 'keepsReason && state == SLOT_CONFIRMED ? to.reason : REASON_NONE,',
      },
    ],
  },
];
