// The image that a client was told is confirmed is the one that runs: after every reset, with any versions, and in records of older code.

import { crc32 } from 'node:zlib';
import { beforeAll, describe, expect, test } from 'vitest';
import { BootRecord } from '../../../protocol/image/boot-record.ts';
import { MemoryMap } from '../../../protocol/memory-map.ts';
import type { SlotName } from '../../rig/boot-report.ts';
import { hashOf, image, ObedientDevice } from './obedient.ts';

const seconds = 1_000_000_000;
const microsecond = 1_000;
let build: Uint8Array[];
let v1: Uint8Array;
let v2: Uint8Array;

beforeAll(async () => {
  build = await Promise.all([1, 2, 3].map((number) => image(`1.1.0+${number}`)));
  v1 = await image('1.0.0');
  v2 = await image('2.0.0');
});

/** Puts an image into a slot, asks for it, and confirms it once it runs. */
function update(bench: ObedientDevice, slot: SlotName, bytes: Uint8Array): void {
  bench.programmer.place(slot, bytes);
  expect(bench.tell('p')).toBe('+');
  expect(bench.tellAndReboot('r')).toMatchObject({ decision: 'TRIAL_FIRST', slot });
  expect(bench.tell('c')).toBe('+');
}

function expectItKeeps(bench: ObedientDevice, slot: SlotName): void {
  for (const reset of [
    () => bench.tellAndReboot('r'),
    () => bench.powerCycle(),
    () => bench.tellAndReboot('x'),
    () => bench.tellAndReboot('h', 2 * seconds),
  ])
    expect(reset()).toMatchObject({ decision: 'CONFIRMED', slot });
}

/** v2 in A, and v1 in B confirmed after it: asked for in safe mode, where a person may go back to an older version. */
async function withOlderConfirmed(): Promise<ObedientDevice> {
  const bench = await onOlderTrial();
  expect(bench.tell('c')).toBe('+');
  return bench;
}

async function onOlderTrial(): Promise<ObedientDevice> {
  const bench = await ObedientDevice.make({ slots: { A: v2 } });
  bench.powerOn();
  bench.programmer.place('B', v1);
  bench.tellAndReboot('s');
  const client = bench.client();
  await client.imageTest(hashOf(v1));
  await client.reset();
  bench.board.runFor(seconds / 2);
  expect(bench.settle()).toMatchObject({ decision: 'TRIAL_FIRST', slot: 'B' });
  return bench;
}

describe('of images that count as equal, the one confirmed last boots', () => {
  test('when only the build number differs', async () => {
    const bench = await ObedientDevice.make({ slots: { A: v1 } });
    bench.powerOn();
    update(bench, 'B', build[0]);
    update(bench, 'A', build[1]);
    update(bench, 'B', build[2]);
    expect(bench.slotStates).toEqual({ A: 'CONFIRMED', B: 'CONFIRMED' });
    expectItKeeps(bench, 'B');
  });

  test('in whichever slot it is, and though the build number is lower', async () => {
    const bench = await ObedientDevice.make({ slots: { A: v1 } });
    bench.powerOn();
    update(bench, 'B', build[2]);
    update(bench, 'A', build[0]);
    expectItKeeps(bench, 'A');
  });

  test('when they are rebuilds of one version', async () => {
    const bench = await ObedientDevice.make({ slots: { A: v1 } });
    bench.powerOn();
    update(bench, 'B', await image('1.0.0', { boardId: 1 }));
    expectItKeeps(bench, 'B');
  });
});

describe('an older image that was confirmed last', () => {
  test('keeps running beside the newer one that was confirmed before', async () => {
    expectItKeeps(await withOlderConfirmed(), 'B');
  });

  test('runs after power is lost at any moment behind the answer to its confirm', async () => {
    const bench = await onOlderTrial();
    const trial = bench.snapshot();
    for (let after = 0; after < 300 * microsecond; after += 20 * microsecond) {
      bench.restore(trial);
      bench.board.send(1, Buffer.from('c'));
      let answer = '';
      while (answer === '') {
        bench.run(10 * microsecond);
        answer = Buffer.from(bench.lines.takeConsole()).toString('latin1');
      }
      expect(answer).toBe('+');
      bench.run(1 + after);
      expect(bench.powerCycle()).toMatchObject({ decision: 'CONFIRMED', slot: 'B' });
    }
  });

  test('does not run while it does not verify, and runs again when it does', async () => {
    const bench = await withOlderConfirmed();
    bench.programmer.flipBit(MemoryMap.SLOT_B + 300, 0);
    expect(bench.powerCycle()).toMatchObject({ decision: 'FALLBACK', slot: 'A' });
    bench.programmer.flipBit(MemoryMap.SLOT_B + 300, 0);
    expect(bench.powerCycle()).toMatchObject({ decision: 'CONFIRMED', slot: 'B' });
  });

  test('does not come back once a client has confirmed the image that ran instead', async () => {
    const bench = await withOlderConfirmed();
    bench.programmer.flipBit(MemoryMap.SLOT_B + 300, 0);
    bench.powerCycle();
    expect(bench.tell('c')).toBe('+');
    bench.programmer.flipBit(MemoryMap.SLOT_B + 300, 0);
    expect(bench.powerCycle()).toMatchObject({ decision: 'CONFIRMED', slot: 'A' });
  });

  test('is not run by a mark in firmware: that takes safe mode, or a token', async () => {
    const bench = await ObedientDevice.make({ slots: { A: v2 } });
    bench.powerOn();
    bench.programmer.place('B', v1);
    bench.tell('p');
    expect(bench.tellAndReboot('r')).toMatchObject({ decision: 'CONFIRMED', slot: 'A' });
  });
});

/** Rewrites the journal as code before this record’s extension left it: the newest record, its spare bytes erased. */
function asOldCodeWrote(bench: ObedientDevice): void {
  if (bench.board.state !== 'off') bench.board.cutPower();
  const journal = bench.programmer.read(MemoryMap.BOOT_STATE_0, 2 * MemoryMap.SECTOR_SIZE);
  const bytes = Buffer.from(journal);
  let newest = Buffer.alloc(0);
  for (let at = 0; at < bytes.length; at += BootRecord.SIZE) {
    const record = bytes.subarray(at, at + BootRecord.SIZE);
    if (record.readUInt32LE(0) === BootRecord.MAGIC_VALUE) newest = Buffer.from(record);
  }
  newest.fill(0xff, 92, BootRecord.CRC);
  newest.writeUInt32LE(crc32(newest.subarray(0, BootRecord.CRC)), BootRecord.CRC);
  for (let sector = 0; sector < 2; sector++)
    bench.board.machine.flash.erasePage(MemoryMap.BOOT_STATE_0 + sector * MemoryMap.SECTOR_SIZE);
  bench.programmer.write(MemoryMap.BOOT_STATE_0, newest);
}

describe('a record that older code wrote', () => {
  test('counts the image that ran last as the one confirmed last', async () => {
    const bench = await ObedientDevice.make({ slots: { A: build[0] } });
    bench.powerOn();
    update(bench, 'B', build[1]);
    asOldCodeWrote(bench);
    expect(bench.powerOn()).toMatchObject({ decision: 'CONFIRMED', slot: 'B' });
    expectItKeeps(bench, 'B');
  });

  test('of a trial is continued, and its image can be confirmed like any other', async () => {
    const bench = await ObedientDevice.make({ slots: { A: v1 } });
    bench.powerOn();
    bench.programmer.place('B', v2);
    bench.tell('p');
    bench.tellAndReboot('r');
    asOldCodeWrote(bench);
    expect(bench.powerOn()).toMatchObject({ decision: 'TRIAL_AGAIN', slot: 'B' });
    expect(bench.tell('c')).toBe('+');
    expectItKeeps(bench, 'B');
  });

  test('of a trial that failed is rolled back, and of a rejection is one', async () => {
    const bench = await ObedientDevice.make({ slots: { A: v1 } });
    bench.powerOn();
    bench.programmer.place('B', v2);
    bench.tell('p');
    bench.tellAndReboot('r');
    bench.tellAndReboot('x');
    asOldCodeWrote(bench);
    expect(bench.powerOn()).toMatchObject({ decision: 'CONFIRMED', slot: 'A' });
    expect(bench.slotStates).toEqual({ A: 'CONFIRMED', B: 'REJECTED FAULT' });
  });
});
