// Safe mode answers SMP: a board with nothing to boot is rescued over the gateway line and over the console, with our own client.

import { beforeAll, expect, test } from 'vitest';
import { boardDevice } from '../../../host/links/in-process.ts';
import { consoleFraming, framedTransport, inProcessTransport, SmpClient } from '../../../host/tools/smp/index.ts';
import { FLASH } from '../../../protocol/generated/registers.ts';
import { MemoryMap } from '../../../protocol/memory-map.ts';
import { BootBench, image } from './bench.ts';

const milliseconds = 1_000_000;
let v1: Uint8Array;
let v2: Uint8Array;

beforeAll(async () => {
  v1 = await image('1.0.0');
  v2 = await image('2.0.0');
});

function overGateway(bench: BootBench): SmpClient {
  return new SmpClient(inProcessTransport(boardDevice(bench.board)));
}

function overConsole({ board }: BootBench): SmpClient {
  let received: number[] = [];
  board.onTransmit = (line, bytes) => {
    if (line === 1) received.push(...bytes);
  };
  const stream = {
    name: 'console',
    nowMs: () => board.now / milliseconds,
    async write(bytes: Uint8Array): Promise<void> {
      for (let at = 0; at < bytes.length; ) {
        const piece = bytes.subarray(at, at + Math.min(board.wireFree(1), bytes.length - at));
        board.send(1, piece);
        at += piece.length;
        board.runFor(milliseconds);
      }
    },
    async read(timeoutMs: number): Promise<Uint8Array | undefined> {
      const deadline = board.now + timeoutMs * milliseconds;
      while (received.length === 0 && board.now < deadline) board.runFor(milliseconds);
      const bytes = Uint8Array.from(received);
      received = [];
      return bytes.length === 0 ? undefined : bytes;
    },
    close: async () => {},
  };
  return new SmpClient(framedTransport(stream, consoleFraming));
}

test('an empty board says that it is in safe mode, and that it has no images', async () => {
  const bench = await BootBench.make();
  bench.powerOn();
  const client = overGateway(bench);
  expect(await client.echo('anybody there?')).toBe('anybody there?');
  expect(await client.appInfo('v')).toContain('safe mode');
  expect(await client.imageState()).toEqual([]);
});

test.each([
  ['the gateway', overGateway],
  ['the console', overConsole],
])('an empty board takes an image over %s and boots it', async (_line, open) => {
  const bench = await BootBench.make();
  bench.powerOn();
  const client = open(bench);
  await client.upload(v1);
  await client.reset();
  bench.board.runFor(300 * milliseconds);
  expect(bench.settle()).toMatchObject({ decision: 'RESCUE', slot: 'A' });
});

test('an image marked for test in safe mode boots as an update does', async () => {
  const bench = await BootBench.make();
  bench.powerOn();
  const client = overGateway(bench);
  await client.upload(v1);
  const [listed] = await client.imageState();
  await client.imageTest(listed.hash as Uint8Array);
  await client.reset();
  bench.board.runFor(300 * milliseconds);
  expect(bench.settle()).toMatchObject({ decision: 'TRIAL_FIRST', slot: 'A' });
});

test('an upload whose signature a power cut tore is repeated, and what is marked is the whole one', async () => {
  const bench = await BootBench.make();
  bench.place('A', v1);
  bench.flipBit(MemoryMap.SLOT_A + v1.length - 1, 0);
  expect(bench.powerOn().decision).toBe('SAFE_MODE_NO_IMAGE');
  const client = overGateway(bench);
  await client.upload(v1);
  const { slot, hash } = (await client.imageState())[1];
  expect(slot).toBe(1);
  await client.imageTest(hash as Uint8Array);
  await client.reset();
  bench.board.runFor(300 * milliseconds);
  expect(bench.settle()).toMatchObject({ decision: 'TRIAL_FIRST', slot: 'B' });
});

test('a board both of whose images are damaged takes a new one', async () => {
  const bench = await BootBench.make({ A: v1, B: v2 });
  bench.flipBit(MemoryMap.SLOT_A + 100, 0);
  bench.flipBit(MemoryMap.SLOT_B + 100, 0);
  expect(bench.powerOn().decision).toBe('SAFE_MODE_NO_IMAGE');
  const client = overGateway(bench);
  await client.upload(await image('3.0.0'));
  await client.reset();
  bench.board.runFor(300 * milliseconds);
  expect(bench.settle()).toMatchObject({ decision: 'RESCUE', slot: 'A' });
});

test('safe mode outlasts a watchdog period, and the boot partition cannot be changed in it', async () => {
  const bench = await BootBench.make();
  bench.powerOn();
  bench.board.runFor(10_000 * milliseconds);
  expect(bench.board.state).toBe('bootloader');
  expect(await overGateway(bench).echo('still here')).toBe('still here');
  const { offset, fields } = FLASH.registers.PROTECT;
  expect(bench.board.machine.bus.peek(FLASH.base + offset) & fields.BOOT.mask).not.toBe(0);
});
