// Each check that keeps an image from running, made twice: with the first one taken out of the bootloader the second stops the image, and with
// the second one taken out the first does. With both taken out the image runs, which shows that the test sees it.
//
// The images and the states of the device are the attacks of the glitch proof.

import { beforeAll, describe, expect, test } from 'vitest';
import { compileGuests } from '../../../host/tools/compile.ts';
import { compileGuest, type SourceChange } from '../../../host/tools/guest.ts';
import { MemoryMap } from '../../../protocol/memory-map.ts';
import { AttackBench } from '../../prove/attack/attack-bench.ts';
import { type Attack, setRegisters } from '../../prove/glitch/attack.ts';
import { attacks } from '../../prove/glitch/attacks.ts';
import { judgeEarned, judgeRefused } from '../../prove/glitch/judge.ts';
import { bootloadersOf, firstChecks, withFewerChecks } from './first-checks.ts';

// A run of all tests has them already.
beforeAll(() => compileGuests(withFewerChecks));

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

describe.each(Object.entries(firstChecks))('%s', (name, changes) => {
  const { first, second, none } = bootloadersOf(changes);

  test('is stopped by the second check alone', async () => {
    expect(await findings(name, second)).toEqual([]);
  });

  test('is stopped by the first check alone', async () => {
    expect(await findings(name, first)).toEqual([]);
  });

  test('is not stopped without both', async () => {
    expect(await findings(name, none)).not.toEqual([]);
  });
});
