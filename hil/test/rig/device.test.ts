// The device under test keeps its promises: either line, one way to upload, cuts, forks, faults, and a log in words. It is imported as users do.

import { beforeAll, describe, expect, test } from 'vitest';
import { openFridge } from '../../../host/tools/open-fridge.ts';
import { DeviceUnderTest, firmwareImage, type LineName, second, signed, WiredCryostat } from '../../rig/index.ts';

let update: Uint8Array;
beforeAll(async () => {
  update = await firmwareImage('1.1.0');
});

describe.each<LineName>(['gateway', 'console'])('over the %s line', (line) => {
  test('the client asks, uploads in messages no longer than it is told, and the image boots on trial', async () => {
    const device = await DeviceUnderTest.running();
    expect(await device.client(line).echo('hello')).toBe('hello');
    let acknowledged = 0;
    const hash = await device.upload(update, { line, maximumMessageBytes: 700, onProgress: () => acknowledged++ });
    expect(acknowledged).toBeGreaterThan(update.length / 700);
    device.run(second);
    expect(await device.testImage(hash)).toMatchObject({ decision: 'TRIAL_FIRST', slot: 'B' });
    expect(device.slotStates.B).toMatch(/^TRIAL/);
  });
});

test('power cut in an upload ends it; the old image boots, and the next upload finds the way', async () => {
  const device = await DeviceUnderTest.running();
  await expect(device.upload(update, { cutPowerAtByte: 20_000 })).rejects.toThrow(/abort/i);
  expect(device.board.state).toBe('off');
  expect(device.powerOn()).toMatchObject({ slot: 'A' });
  expect(await device.upload(update)).toHaveLength(32);
});

test('the same calls give the same log, a fork goes on alike, and a restored device has heard nothing', async () => {
  const course = async (device: DeviceUnderTest) => {
    device.sendTraffic();
    await device.client().echo('again');
    device.run(second);
    return device.board.logHash;
  };
  const device = await DeviceUnderTest.running({ seed: 5 });
  const before = device.snapshot();
  const fork = device.fork();
  const hash = await course(device);
  expect(await course(fork)).toBe(hash);
  device.sendTraffic();
  device.restore(before);
  expect(device.log).toEqual([]);
  expect(await course(device)).toBe(hash);
  expect(await course(await DeviceUnderTest.running({ seed: 5 }))).toBe(hash);
});

test('a fault in words trips an interlock, and the log tells it in words', async () => {
  const device = await DeviceUnderTest.running({ surroundings: () => new WiredCryostat(openFridge('uts')) });
  device.run(3 * second);
  device.fault('thermal-rise at 4K 200mW after 1s');
  device.waitFor(() => device.events('INTERLOCK_TRIPPED').length > 0, 600 * second);
  device.run(second);
  expect(device.eventLog().join('\n')).toMatch(/INTERLOCK_TRIPPED: number/);
  expect(() => device.fault('thermal-rise at 5K')).toThrow(/it can be at 50K, 4K/);
});

test('a device without firmware to run says what the bootloader decided, and why', async () => {
  const broken = signed('1.0.0', { payload: new Uint8Array(100) });
  broken[50] ^= 1;
  await expect(DeviceUnderTest.running({ slots: { A: broken } })).rejects.toThrow(
    'the bootloader decided SAFE_MODE_NO_IMAGE and found A HASH_MISMATCH',
  );
});

test('waiting for what does not come ends with the time and the state', async () => {
  const device = await DeviceUnderTest.running();
  expect(() => device.waitFor(() => false, second)).toThrow(
    /after 1 s .* at 1\.\d+ s the board is in state 'firmware'/,
  );
});
