// Changes that remove the first of two checks from the bootloader, one for each attack of the glitch proof that is stopped by two, and the bootloaders
// that the tests of both are about.

import type { WantedGuest } from '../../../host/tools/compile.ts';
import type { SourceChange } from '../../../host/tools/guest.ts';
import { withoutSecondChecks } from '../../prove/canaries/second-checks.ts';

const verify = 'bootloader/image/verify.ts';
const header = 'bootloader/image/header.ts';
const decide = 'bootloader/decide.ts';
const lastRun = 'bootloader/last-run.ts';

const without = (path: string, find: string): SourceChange => ({ path, find, replace: '' });

/** What takes the first check out, by attack, and the assertions behind it, which would stop the boot as well. */
export const firstChecks: Record<string, SourceChange[]> = {
  'signed with a revoked key': [without(verify, 'if ((keys & revokedKeys()) != 0) return REASON_KEY_REVOKED;')],
  'older than the security counter': [without(verify, '|| (counter < securityCounter() && !token)')],
  'for another board': [
    without(verify, 'if (hasSeen(info, SEEN_BOARD) && info.board != boardId()) return REASON_WRONG_BOARD;'),
  ],
  'signed with a key for tokens': [
    without(
      verify,
      'if ((purposes & (PURPOSE_RELEASE | PURPOSE_DEVELOPMENT | PURPOSE_RECOVERY)) == 0) return REASON_KEY_PURPOSE;',
    ),
    without(verify, 'if ((purposes & (PURPOSE_RELEASE | PURPOSE_DEVELOPMENT)) == 0) markSeen(info, SEEN_RECOVERY);'),
  ],
  'signed with a recovery key': [
    without(verify, 'if ((purposes & (PURPOSE_RELEASE | PURPOSE_DEVELOPMENT)) == 0) markSeen(info, SEEN_RECOVERY);'),
  ],
  'not bootable': [without(header, 'if ((flags & IMAGE_FLAG_NON_BOOTABLE) != 0) return REASON_NON_BOOTABLE;')],
  encrypted: [without(header, 'if ((flags & IMAGE_FLAGS_UNSUPPORTED) != 0) return REASON_FLAGS;')],
  'needs a newer bootloader': [without(verify, 'if (hasSeen(info, SEEN_UNMET)) return REASON_DEPENDENCY;')],
  'needs another image': [without(verify, 'if (hasSeen(info, SEEN_UNMET)) return REASON_DEPENDENCY;')],
  'revokes its own key': [without(verify, 'if (revokesItself(info)) return REASON_REVOKES_ITSELF;')],
  'has no room for a measurement': [without(verify, 'if (hasSeen(info, SEEN_ODD_RECORD)) return REASON_BOOT_RECORD;')],
  'rejected, and alone': [
    { path: decide, find: 'if (to.state == SLOT_REJECTED || facts.writable == 0) return NOBODY;', replace: '' },
    { path: decide, find: 'if (to.state == SLOT_UNMARKED) return', replace: 'if (to.state != SLOT_TRIAL) return' },
    without(decide, "assert(to.state != SLOT_REJECTED, 'what was rejected is not run');"),
  ],
  'a trial that the watchdog ended': [
    { path: lastRun, find: 'return REASON_WATCHDOG;', replace: 'return REASON_NONE;' },
  ],
  'not requested': [{ path: decide, find: '? NOBODY : CLASS_UNMARKED;', replace: '? NOBODY : CLASS_ASKED;' }],
  'older than the confirmed image': [
    { path: decide, find: '? CLASS_ASKED_OLDER : CLASS_ASKED;', replace: '? CLASS_ASKED : CLASS_ASKED;' },
  ],
  'confirmed before the other one': [
    without(decide, 'if (bothConfirmed && facts.confirmedLast <= 1) return facts.confirmedLast;'),
  ],
  'strapped to safe mode': [
    { path: decide, find: 'if (facts.strap != 0) {', replace: 'if (facts.strap > 1) {' },
    without(decide, "assert(facts.strap == 0 && facts.safeModeAsked == 0, 'nothing keeps the bootloader in control');"),
  ],
  'requested, with a higher counter': [
    without('bootloader/settle.ts', "assert(slotOutcome(outcome, slot).bootsLeft == 0, 'no trial moves fuses');"),
    without(
      'bootloader/settle.ts',
      'if (slotOutcome(outcome, slot).state != SLOT_CONFIRMED || slotFacts(facts, slot).state != SLOT_CONFIRMED) return;',
    ),
  ],
};

/** Without the first check, without the second ones, without both. */
export const bootloadersOf = (changes: readonly SourceChange[]) =>
  ({
    second: [...changes],
    first: [...withoutSecondChecks],
    none: [...changes, ...withoutSecondChecks],
  }) as const;

/** All of them, so that they are compiled before the tests. */
export const withFewerChecks: WantedGuest[] = Object.values(firstChecks).flatMap((changes) =>
  Object.values(bootloadersOf(changes)).map((all) => ({ entry: 'bootloader/main.ts', options: { changes: [...all] } })),
);
