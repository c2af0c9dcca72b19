// Safe mode answers SMP: a board with nothing to boot is rescued over the gateway line and over the console, with our own client.

import { beforeAll, expect, test } from 'vitest';
import { FLASH } from '../../../protocol/generated/registers.ts';
import { MemoryMap } from '../../../protocol/memory-map.ts';
import { image, ObedientDevice } from './obedient.ts';

const milliseconds = 1_000_000;
let v1: Uint8Array;
let v2: Uint8Array;

beforeAll(async () => {
  v1 = await image('1.0.0');
  v2 = await image('2.0.0');
});

test('an empty board says that it is in safe mode, and that it has no images', async () => {
  const bench = await ObedientDevice.make();
  bench.powerOn();
  const client = bench.client();
  expect(await client.echo('anybody there?')).toBe('anybody there?');
  expect(await client.appInfo('v')).toContain('safe mode');
  // Whatever a device in safe mode knows of itself it says: its serial number and the bootloader's version among it.
  expect(await client.appInfo('a')).toMatch(/^coldrig [0-9a-f]{32} 1\.0\.0 bootloader in safe mode (?!.*unknown)/);
  expect(await client.imageState()).toEqual([]);
});

test.each(['gateway', 'console'] as const)(
  'an empty board takes an image over the %s line and boots it',
  async (line) => {
    const bench = await ObedientDevice.make();
    bench.powerOn();
    const client = bench.client(line);
    await client.upload(v1);
    await client.reset();
    bench.board.runFor(300 * milliseconds);
    expect(bench.settle()).toMatchObject({ decision: 'RESCUE', slot: 'A' });
  },
);

test('an image marked for test in safe mode boots as an update does', async () => {
  const bench = await ObedientDevice.make();
  bench.powerOn();
  const client = bench.client();
  await client.upload(v1);
  const [listed] = await client.imageState();
  await client.imageTest(listed.hash as Uint8Array);
  await client.reset();
  bench.board.runFor(300 * milliseconds);
  expect(bench.settle()).toMatchObject({ decision: 'TRIAL_FIRST', slot: 'A' });
});

test('an upload whose signature a power cut tore is repeated, and what is marked is the whole one', async () => {
  const bench = await ObedientDevice.make();
  bench.programmer.place('A', v1);
  bench.programmer.flipBit(MemoryMap.SLOT_A + v1.length - 1, 0);
  expect(bench.powerOn().decision).toBe('SAFE_MODE_NO_IMAGE');
  const client = bench.client();
  await client.upload(v1);
  const { slot, hash } = (await client.imageState())[1];
  expect(slot).toBe(1);
  await client.imageTest(hash as Uint8Array);
  await client.reset();
  bench.board.runFor(300 * milliseconds);
  expect(bench.settle()).toMatchObject({ decision: 'TRIAL_FIRST', slot: 'B' });
});

test('a board both of whose images are damaged takes a new one', async () => {
  const bench = await ObedientDevice.make({ slots: { A: v1, B: v2 } });
  bench.programmer.flipBit(MemoryMap.SLOT_A + 100, 0);
  bench.programmer.flipBit(MemoryMap.SLOT_B + 100, 0);
  expect(bench.powerOn().decision).toBe('SAFE_MODE_NO_IMAGE');
  const client = bench.client();
  await client.upload(await image('3.0.0'));
  await client.reset();
  bench.board.runFor(300 * milliseconds);
  expect(bench.settle()).toMatchObject({ decision: 'RESCUE', slot: 'A' });
});

test('safe mode outlasts a watchdog period, and the boot partition cannot be changed in it', async () => {
  const bench = await ObedientDevice.make();
  bench.powerOn();
  bench.board.runFor(10_000 * milliseconds);
  expect(bench.board.state).toBe('bootloader');
  expect(await bench.client().echo('still here')).toBe('still here');
  const { offset, fields } = FLASH.registers.PROTECT;
  expect(bench.board.machine.bus.peek(FLASH.base + offset) & fields.BOOT.mask).not.toBe(0);
});
