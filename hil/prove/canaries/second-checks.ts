// Changes that remove the second checks from the bootloader: the second look at an image and the second decision. A canary about a first check needs
// them, because the second check would stop the boot. The tests of the second checks use them, too.

import type { SourceChange } from '../../../host/tools/guest.ts';

export const withoutSecondChecks: readonly SourceChange[] = [
  {
    path: 'bootloader/handover.ts',
    find: 'const mask = maskOfLook(secondLook(slot, state) ^ readResetTrialTimeout() ^ trialTimeoutMs);',
    replace: 'const mask: u32 = 0xffffffff;',
  },
  {
    path: 'bootloader/act.ts',
    find: "assert(decideAgain(record, facts.writable) == DECISION_GOOD, 'the second decision is the first');",
    replace: '',
  },
  {
    path: 'bootloader/settle.ts',
    find: 'secondLook(slot, SLOT_CONFIRMED) == LOOK_GOOD,',
    replace: 'secondLook(slot, SLOT_CONFIRMED) != 0,',
  },
  {
    path: 'bootloader/revoke.ts',
    find: 'secondLook(slot, SLOT_CONFIRMED) == LOOK_GOOD,',
    replace: 'secondLook(slot, SLOT_CONFIRMED) != 0,',
  },
];
