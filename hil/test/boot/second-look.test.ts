// Each check that keeps an image from running, made twice: with the first one taken out of the bootloader the second stops the image, and with
// the second one taken out the first does. With both taken out the image runs, which shows that the test sees it.
//
// The images and the states of the device are the attacks of the glitch proof.

import { describe, expect, test } from 'vitest';
import { compileGuest, type SourceChange } from '../../../host/tools/guest.ts';
import { MemoryMap } from '../../../protocol/memory-map.ts';
import { AttackBench } from '../../prove/attack/attack-bench.ts';
import { withoutSecondChecks } from '../../prove/canaries/second-checks.ts';
import { type Attack, setRegisters } from '../../prove/glitch/attack.ts';
import { attacks } from '../../prove/glitch/attacks.ts';
import { judgeEarned, judgeRefused } from '../../prove/glitch/judge.ts';

const verify = 'bootloader/image/verify.ts';
const header = 'bootloader/image/header.ts';
const decide = 'bootloader/decide.ts';
const lastRun = 'bootloader/last-run.ts';

const without = (path: string, find: string): SourceChange => ({ path, find, replace: '' });

/** What takes the first check out, by attack, and the assertions behind it, which would stop the boot as well. */
const first: Record<string, SourceChange[]> = {
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

const attackOf = (name: string): Attack => {
  const found = attacks.find((attack) => attack.name === name);
  if (!found) throw new Error(`no attack is called '${name}'`);
  return found;
};

/** Gives a device the flash behind the boot partition, and the fuses, of another one. */
function takeOver(bench: AttackBench, from: AttackBench): void {
  const bytes = new Uint8Array(MemoryMap.FLASH_SIZE - MemoryMap.BOOT_STATE_0);
  from.board.machine.flash.readBytes(MemoryMap.BOOT_STATE_0, bytes);
  bench.write(MemoryMap.BOOT_STATE_0, bytes);
  bench.board.loadFuses(from.board.fuseWords());
}

/** What is wrong with the boot that the attack is about, by a bootloader with these changes. Its state is brought about by the sound one. */
async function findings(name: string, changes: readonly SourceChange[]): Promise<string[]> {
  const attack = attackOf(name);
  const sound = new AttackBench(await compileGuest('bootloader/main.ts'), 1);
  attack.prepare(sound);
  const bench = new AttackBench(await compileGuest('bootloader/main.ts', { changes: [...changes] }), 1);
  takeOver(bench, sound);
  const fuses = bench.board.fuseWords();
  const boot = bench.bootFrom(bench.loaded(), (it) => setRegisters(it, attack));
  return [...judgeRefused(attack, boot), ...judgeEarned(bench, boot, fuses)].map(({ text }) => text);
}

describe.each(Object.entries(first))('%s', (name, changes) => {
  test('is stopped by the second check alone', async () => {
    expect(await findings(name, changes)).toEqual([]);
  });

  test('is stopped by the first check alone', async () => {
    expect(await findings(name, withoutSecondChecks)).toEqual([]);
  });

  test('is not stopped without both', async () => {
    expect(await findings(name, [...changes, ...withoutSecondChecks])).not.toEqual([]);
  });
});
