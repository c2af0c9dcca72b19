// No content of the boot state stops a boot: a record with a good CRC may have been written by older or newer code, or by firmware with a
// defect. Both decisions must find an action that is possible.

import { crc32 } from 'node:zlib';
import { expect, test } from 'vitest';
import { compileGuest } from '../../../host/tools/guest.ts';
import { RESET } from '../../../protocol/generated/registers.ts';
import { BootRecord } from '../../../protocol/image/boot-record.ts';
import { BootPolicy, SlotState } from '../../../protocol/image/boot-state.ts';
import { MemoryMap } from '../../../protocol/memory-map.ts';
import { AttackBench } from '../../prove/attack/attack-bench.ts';
import { patched, specimen } from '../../prove/attack/specimens.ts';
import type { Slot } from '../../prove/attack/trust.ts';
import { choice } from '../../rig/choice.ts';

const records = 1500;
const seed = 1;
const images = [specimen('1.0.0'), specimen('2.0.0')];
const causes = Object.values(RESET.registers.CAUSE.fields.CAUSE.values);

/** A record that says anything that fits its fields, about the images in the slots or about others. */
function anyRecord(pick: (what: string, from: readonly number[]) => number, hashes: Uint8Array[]): Uint8Array {
  const record = Buffer.alloc(BootRecord.SIZE, 0xff);
  record.writeUInt32LE(BootRecord.MAGIC_VALUE, BootRecord.MAGIC);
  record.writeUInt32LE(pick('sequence', [1, 9, 0x7fff_ffff]), BootRecord.SEQUENCE);
  for (const [slot, hash] of hashes.entries()) {
    const entry = BootRecord.ENTRIES + slot * BootRecord.ENTRY_SIZE;
    record.fill(0, entry, entry + BootRecord.ENTRY_SIZE);
    record[entry + BootRecord.ENTRY_STATE] = pick(`state ${slot}`, Object.values(SlotState));
    record[entry + BootRecord.ENTRY_REASON] = pick(`reason ${slot}`, [0, 13, 32, 33, 36, 37, 41, 200]);
    record[entry + BootRecord.ENTRY_BOOTS_LEFT] = pick(`boots ${slot}`, [0, 1, BootPolicy.TRIAL_BOOTS - 1]);
    record.set(pick(`hash ${slot}`, [0, 1, 2, 3]) === 0 ? new Uint8Array(32) : hash, entry + BootRecord.ENTRY_HASH);
    record[BootRecord.FLAGS + slot] = pick(`flags ${slot}`, [0, 1, 2, 3, 4, 5, 6, 7, 0xff]);
  }
  record.writeUInt32LE(pick('running', [0, 1, BootRecord.NO_SLOT, 7, 0xffff_ffff]), BootRecord.RUNNING);
  record[BootRecord.EXTENSION] = pick('extension', [1, 1, 1, 2, BootRecord.EXTENSION_NONE]);
  record[BootRecord.CONFIRMED_LAST] = pick('last', [0, 1, BootRecord.NO_SLOT, 7]);
  record.writeUInt32LE(crc32(record.subarray(0, BootRecord.CRC)), BootRecord.CRC);
  return record;
}

test(`${records} records of any content: each boot ends, in an image that verifies or in safe mode`, async () => {
  const bench = new AttackBench(await compileGuest('bootloader/main.ts'), 1);
  for (const slot of [0, 1] as const) bench.place(slot, images[slot]);
  const hashes = ([0, 1] as const).map((slot) => bench.verdict(slot).hash as Uint8Array);
  bench.confirm(0);
  bench.boot();
  bench.switchOff();
  const wrong: object[] = [];
  const decided = new Set<string>();
  const fresh = bench.loaded();
  for (let number = 0; number < records && wrong.length === 0; number++) {
    const pick = (what: string, from: readonly number[]) =>
      from[choice(seed, `record ${number} ${what}`) % from.length];
    const record = anyRecord(pick, hashes);
    const bad = pick('damage', [-1, -1, -1, 0, 1]);
    const boot = bench.bootFrom(fresh, (it) => {
      it.board.machine.flash.erasePage(MemoryMap.BOOT_STATE_0);
      it.write(MemoryMap.BOOT_STATE_0, record);
      if (bad >= 0) it.place(bad as Slot, patched(images[bad], 40, Uint8Array.of(0xee)));
      const asks = pick('trailer', [0, 0, 1, 2]);
      if (asks !== 0) it.mark(pick('marked', [0, 1]) as Slot, asks === 1 ? 'test' : 'permanent');
      const { words, at } = it.board.machine.registers(RESET);
      words[at.CAUSE] = pick('cause', causes);
      words[at.RESETS_IN_A_ROW] = pick('row', [0, 6, 7, 0x1_0001, 0x2_0001, 0x3_0001]);
    });
    decided.add(`${boot.state} ${boot.handOvers.map(({ slot }) => slot).join()}`);
    const isRight = boot.resets === 0 && ['firmware', 'bootloader'].includes(boot.state);
    if (!isRight || boot.handOvers.some(({ refusal }) => refusal !== undefined))
      wrong.push({ number, record: Buffer.from(record).toString('hex'), bad, boot, log: bench.log() });
  }
  expect(wrong).toEqual([]);
  expect([...decided].sort()).toEqual(['bootloader ', 'firmware 0', 'firmware 1']);
});
