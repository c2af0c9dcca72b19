// One bit of the boot-state journal rots after a client was told that an image is confirmed: that image still runs, and is still confirmed.
//
// Every single bit of the newest record is tried, for either slot. The boots run on the attack bench, because it is fast.

import { crc32 } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { compileGuest } from '../../../host/tools/guest.ts';
import { BootRecord } from '../../../protocol/image/boot-record.ts';
import { MemoryMap } from '../../../protocol/memory-map.ts';
import { AttackBench } from '../../prove/attack/attack-bench.ts';
import { specimen } from '../../prove/attack/specimens.ts';
import type { SlotName } from '../../rig/boot-report.ts';
import { image, ObedientDevice } from './obedient.ts';

const journalBytes = 2 * MemoryMap.SECTOR_SIZE;

/** A device on which the image in this slot was the last one to be tried and confirmed by a client. */
async function confirmedIn(slot: SlotName): Promise<ObedientDevice> {
  const bench = await ObedientDevice.make({ slots: { A: await image('1.0.0') } });
  bench.powerOn();
  let version = 2;
  for (const each of slot === 'B' ? (['B'] as const) : (['B', 'A'] as const)) {
    bench.programmer.place(each, await image(`${version++}.0.0`));
    bench.tell('p');
    expect(bench.tellAndReboot('r')).toMatchObject({ decision: 'TRIAL_FIRST', slot: each });
    expect(bench.tell('c')).toBe('+');
  }
  bench.board.cutPower();
  return bench;
}

/** Where the newest record is in flash. */
function newestRecord(bench: ObedientDevice): number {
  const journal = Buffer.from(bench.programmer.read(MemoryMap.BOOT_STATE_0, journalBytes));
  let newest = 0;
  for (let at = 0; at < journal.length; at += BootRecord.SIZE) {
    const isRecord = journal.readUInt32LE(at) === BootRecord.MAGIC_VALUE;
    const sequence = journal.readUInt32LE(at + BootRecord.SEQUENCE);
    if (isRecord && sequence > journal.readUInt32LE(newest + BootRecord.SEQUENCE)) newest = at;
  }
  return MemoryMap.BOOT_STATE_0 + newest;
}

/** The same journal on a bench that boots fast: about images as small as can be, whose hashes take the place of those in the records. */
async function fastBench(bench: ObedientDevice): Promise<AttackBench> {
  const fast = new AttackBench(await compileGuest('bootloader/main.ts'), 1);
  fast.place(0, specimen('1.0.0'));
  fast.place(1, specimen('2.0.0'));
  const journal = Buffer.from(bench.programmer.read(MemoryMap.BOOT_STATE_0, journalBytes));
  for (let at = 0; at < journal.length; at += BootRecord.SIZE) {
    if (journal.readUInt32LE(at) !== BootRecord.MAGIC_VALUE) continue;
    for (const slot of [0, 1] as const) {
      const entry = at + BootRecord.ENTRIES + slot * BootRecord.ENTRY_SIZE;
      const { hash } = fast.verdict(slot);
      if (journal[entry + BootRecord.ENTRY_STATE] !== 0 && hash) journal.set(hash, entry + BootRecord.ENTRY_HASH);
    }
    journal.writeUInt32LE(crc32(journal.subarray(at, at + BootRecord.CRC)), at + BootRecord.CRC);
  }
  fast.write(MemoryMap.BOOT_STATE_0, journal);
  return fast;
}

describe.each([['A'], ['B']] as const)('after a confirm of the image in slot %s', (slot) => {
  test('no single rotten bit of the newest record costs it its confirmation', async () => {
    const device = await confirmedIn(slot);
    const record = newestRecord(device);
    const bench = await fastBench(device);
    const loaded = bench.loaded();
    const number = slot === 'A' ? 0 : 1;
    const wrong: string[] = [];
    for (let bit = 0; bit < 8 * BootRecord.SIZE; bit++) {
      const { state, handOvers } = bench.bootFrom(loaded, (it) => it.flip(record + (bit >>> 3), bit & 7));
      const runs = state === 'firmware' && handOvers.length === 1 && handOvers[0].slot === number;
      if (!runs || !bench.slotsThatAre('CONFIRMED').includes(number))
        wrong.push(`bit ${bit & 7} of byte ${bit >>> 3}: ${state}, ran ${handOvers.map((each) => each.slot).join()}`);
    }
    expect(wrong).toEqual([]);
  });

  test('it is still there after the rot when power is lost again, and after a reset by software', async () => {
    const device = await confirmedIn(slot);
    device.programmer.flipBit(newestRecord(device) + BootRecord.ENTRIES, 0);
    expect(device.powerOn()).toMatchObject({ decision: 'CONFIRMED', slot });
    expect(device.tellAndReboot('r')).toMatchObject({ decision: 'CONFIRMED', slot });
    expect(device.powerCycle()).toMatchObject({ decision: 'CONFIRMED', slot });
  });
});

test('a confirm whose second record was lost with the power writes it when it is requested again', async () => {
  const bench = await confirmedIn('B');
  const second = newestRecord(bench);
  bench.board.machine.flash.writeBytes(second, new Uint8Array(BootRecord.SIZE).fill(0xff));
  expect(bench.powerOn()).toMatchObject({ decision: 'CONFIRMED', slot: 'B' });
  const records = bench.recordCount;
  expect(bench.tell('c')).toBe('+');
  expect(bench.recordCount).toBe(records + 1);
  bench.programmer.flipBit(newestRecord(bench) + BootRecord.ENTRIES, 0);
  expect(bench.powerCycle()).toMatchObject({ decision: 'CONFIRMED', slot: 'B' });
});

test('a confirm writes two records, and none when it is repeated', async () => {
  const bench = await ObedientDevice.make({ slots: { A: await image('1.0.0') } });
  bench.powerOn();
  bench.programmer.place('B', await image('2.0.0'));
  bench.tell('p');
  bench.tellAndReboot('r');
  const records = bench.recordCount;
  bench.tell('c');
  expect(bench.recordCount).toBe(records + 2);
  bench.tell('c');
  expect(bench.recordCount).toBe(records + 2);
});
