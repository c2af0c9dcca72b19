// No client, however fast, makes the controller shed load or trip an interlock: serving requests stays within its part of the power budget, and
// further requests wait. So a dashboard that polls, or two uploads at once, never mute an experiment, and never end the trial of a good image.

import { beforeAll, describe, expect, test } from 'vitest';
import { compileFirmware } from '../../../host/tools/sequencer.ts';
import type { SmpClient } from '../../../host/tools/smp/index.ts';
import { encodeMessage } from '../../../host/tools/smp/message.ts';
import { Budget } from '../../../protocol/plant/budget.ts';
import { gateway, wires } from '../../prove/noise/wire.ts';
import { DeviceUnderTest } from '../../rig/device.ts';
import { firmwareImage, signed } from '../../rig/images.ts';
import { write } from '../../rig/lines.ts';
import { millisecond, second } from '../../rig/time.ts';
import { servesWithoutLimit } from './serves-without-limit.ts';

/** Load is shed after two seconds over budget, and the interlock trips two seconds later: twice that. */
const runNs = 8 * second;

const requests: Record<string, (client: SmpClient) => Promise<unknown>> = {
  echo: (client) => client.echo('x'.repeat(100)),
  'image state': (client) => client.imageState(),
  'task statistics': (client) => client.taskstat(),
  'slot info': (client) => client.slotInfo(),
  'image test, which verifies': async (client) => {
    const [, uploaded] = await client.imageState();
    await client.imageTest(uploaded.hash as Uint8Array);
  },
};

const echo = encodeMessage({ operation: write, version: 2, group: 0, sequence: 1, command: 0 }, { d: 'and again' });
const torrents: Record<string, (line: 0 | 1) => Uint8Array> = {
  echoes: (line) => Buffer.concat(Array.from({ length: 100 }, (_, peer) => wires[line].encode(echo, peer))),
  'ends of frames': () => new Uint8Array(4096).fill(gateway.endings[0]),
  noise: () => Uint8Array.from({ length: 4096 }, (_, index) => (index * 167 + (index >> 3)) & 0xff),
};

let device: DeviceUnderTest;
let images: { factory: Uint8Array; next: Uint8Array };

beforeAll(async () => {
  images = { factory: await firmwareImage('1.0.0'), next: await firmwareImage('1.1.0') };
});

async function running(): Promise<DeviceUnderTest> {
  device = await DeviceUnderTest.running({ slots: { A: images.factory } });
  device.run(3 * second);
  return device;
}

function expectUndisturbed(): void {
  expect(device.events('LOAD_SHED')).toEqual([]);
  expect(device.events('INTERLOCK_TRIPPED')).toEqual([]);
  device.run(second);
  expect(device.statistics('heartbeat').health).toBe(0);
}

describe('a client that asks as fast as it is answered', () => {
  test.each(Object.keys(requests))('%s: it waits, and the controller goes on', async (name) => {
    const client = (await running()).client();
    await device.upload(images.next);
    const end = device.now + runNs;
    let answered = 0;
    for (; device.now < end; answered++) await requests[name](client);
    expect(answered).toBeGreaterThan(20);
    expect(device.cryo('POWER').core_uw).toBeLessThan(Budget.CORE_MICROWATTS);
    expectUndisturbed();
  });

  test('does not end the trial of a good image: it is confirmed under this load', async () => {
    await running();
    await device.testImage(await device.upload(images.next));
    const client = device.client();
    for (const end = device.now + runNs; device.now < end; ) await client.echo('x'.repeat(100));
    await client.imageConfirm();
    expect(await client.imageState()).toMatchObject([{}, { version: '1.1.0', active: true, confirmed: true }]);
  });
});

describe('bytes on both lines as fast as they carry them', () => {
  test.each(Object.keys(torrents))('%s', async (name) => {
    await running();
    const pieces = ([0, 1] as const).map((line) => ({ line, piece: torrents[name](line) }));
    for (const end = device.now + runNs; device.now < end; device.run(millisecond)) {
      for (const { line, piece } of pieces) {
        if (device.board.wireFree(line) >= piece.length) device.board.send(line, piece);
      }
    }
    device.run(2 * second);
    for (const { line, endings } of wires) device.board.send(line, Uint8Array.of(endings[0]));
    device.run(second);
    device.lines.forget();
    expectUndisturbed();
  });
});

test('two uploads into one slot at once, from two lines: one image or none, and no load is shed', async () => {
  await running();
  const other = await firmwareImage('1.2.0');
  const over = (line: 'gateway' | 'console', image: Uint8Array) =>
    device.upload(image, { line }).catch(() => undefined);
  await Promise.all([over('gateway', images.next), over('console', other)]);
  expectUndisturbed();
});

test('a firmware that serves without limit uses more than the budget of the core, and the figure checked above shows it', async () => {
  const payload = await compileFirmware('firmware/main.ts', { changes: [servesWithoutLimit] });
  const broken = await DeviceUnderTest.running({ slots: { A: signed('1.0.0', { payload }) } });
  const client = broken.client();
  for (const end = broken.now + 3 * second; broken.now < end; ) await client.echo('x'.repeat(100));
  expect(broken.cryo('POWER').core_uw).toBeGreaterThan(Budget.CORE_MICROWATTS);
});
