// The readout over SMP: what a client sets, asks, captures, clears and claims; each wrong request is refused for its own reason, and changes nothing.

import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { decodeCalibration, encodeCalibration } from '../../../host/tools/calibration-record.ts';
import type { SmpClient } from '../../../host/tools/smp/index.ts';
import {
  capture,
  claimReadout,
  clearReadout,
  configureReadout,
  readCapture,
  readoutChannel,
  readoutClaim,
  readReadoutSetting,
  storeCalibration,
} from '../../../host/tools/smp/readout.ts';
import { CalChannel } from '../../../protocol/calibration/record.ts';
import { ReadoutClear, ReadoutLimit, ReadoutSetting } from '../../../protocol/readout/module.ts';
import { ReadoutRequest } from '../../../protocol/smp/readout.ts';
import { SmpGroup } from '../../../protocol/smp/smp.ts';
import { DeviceUnderTest } from '../../rig/device.ts';
import { firmwareImage } from '../../rig/images.ts';
import { second } from '../../rig/time.ts';

let device: DeviceUnderTest;
let client: SmpClient;

beforeAll(async () => {
  await firmwareImage('1.0.0');
});
beforeEach(async () => {
  device = await DeviceUnderTest.running();
  client = device.client();
});

type Setting = keyof typeof ReadoutSetting;
/** Least and most that a setting takes, as a signed number where it has a sign. */
const ranges: Record<Setting, [least: number, most: number]> = {
  ...{ FREQUENCY: [-2e9, 2e9], PHASE: [0, 4e9 - 1], OFFSET_I: [-131_072, 131_072], OFFSET_Q: [-131_072, 131_072] },
  ...{ MATRIX_II: [16_384, 131_072], MATRIX_IQ: [-32_768, 32_768], MATRIX_QI: [-32_768, 32_768] },
  ...{ MATRIX_QQ: [16_384, 131_072], TOGETHER: [0, 255], TONE_FREQUENCY: [-2e9, 2e9], TONE_AMPLITUDE: [0, 65_535] },
  ...{ SCOPE_SEQUENCER: [0, 6], SCOPE_LENGTH: [1, 16_384], LENGTH: [4, 2 ** 24 - 4] },
};
const placesOf = (setting: Setting) => {
  const number = ReadoutSetting[setting];
  return number <= ReadoutSetting.PHASE ? 16 : number <= ReadoutSetting.TOGETHER ? 2 : 1;
};

describe('settings', () => {
  test.each(Object.keys(ranges) as Setting[])(
    '%s takes its range at every place, is read back, and nothing beyond',
    async (setting) => {
      const [least, most] = ranges[setting];
      for (const index of [0, placesOf(setting) - 1]) {
        for (const value of [least, most]) {
          await configureReadout(client, setting, index, value);
          expect(await readReadoutSetting(client, setting, index)).toBe(value >>> 0);
        }
        for (const value of [least - 1, most + 1])
          await expect(configureReadout(client, setting, index, value)).rejects.toMatchObject({
            name: 'VALUE',
            message: expect.stringContaining(`${setting}${placesOf(setting) > 1 ? '' : ' ='}`),
          });
        expect(await readReadoutSetting(client, setting, index)).toBe(most >>> 0);
      }
      const absent = placesOf(setting);
      await expect(configureReadout(client, setting, absent, most)).rejects.toMatchObject({ name: 'INDEX' });
      await expect(readReadoutSetting(client, setting, absent)).rejects.toMatchObject({ name: 'INDEX' });
    },
  );

  test('a setting that there is not is refused as such', async () => {
    const what = { what: 'setting', group: SmpGroup.READOUT, command: ReadoutRequest.CONFIGURE };
    for (const setting of [ReadoutSetting.LENGTH + 1, 256, 2n ** 32n]) {
      await expect(client.request({ ...what, write: true }, { setting, value: 1 })).rejects.toMatchObject({
        name: 'SETTING',
      });
      await expect(client.request({ ...what, write: false }, { setting })).rejects.toMatchObject({ name: 'SETTING' });
    }
    await expect(client.request({ ...what, write: true }, { setting: 0, value: 2n ** 32n })).rejects.toMatchObject({
      name: 'VALUE',
    });
  });

  test('of a tone last until the next reset or the next record, and write no flash', async () => {
    const record = decodeCalibration(new Uint8Array());
    Object.assign(record.channels[3], { flags: CalChannel.FLAG_TONE, frequencyQuarterHertz: 4e6, phase: 7 });
    await storeCalibration(client, encodeCalibration(record));
    device.reset();
    client = device.client();
    // The first request after the reset sets; the record comes into force before it, and not afterwards.
    await configureReadout(client, 'FREQUENCY', 3, -8e6);
    expect(await readReadoutSetting(client, 'PHASE', 3)).toBe(7);
    const before = device.board.flash.work;
    for (let step = 0; step < 50; step++) await configureReadout(client, 'FREQUENCY', 3, 4e6 + step);
    device.run(3 * second);
    expect(await readReadoutSetting(client, 'FREQUENCY', 3)).toBe(4e6 + 49);
    expect(device.board.flash.work).toEqual(before);
    device.reset();
    expect(await readReadoutSetting(device.client(), 'FREQUENCY', 3)).toBe(4e6);
  });
});

describe('figures of a channel', () => {
  test('are those of the chip, and begin anew when they are cleared', async () => {
    await configureReadout(client, 'FREQUENCY', 9, 4e6);
    const { module } = device.board.readout;
    for (const [state, level] of [
      [0, 900],
      [1, -2500],
      [1, 100],
    ]) {
      module.open(9, 0, 1000, state);
      module.feed(1, 1000, (into) => into.fill(level));
      module.judge(state === 1);
    }
    const told = await readoutChannel(client, 9);
    expect(told.moments).toEqual([module.moments(9, 0), module.moments(9, 1)]);
    expect(told.moments[1]).toMatchObject({ count: 2, reached: 2 });
    expect(told.sums).toEqual(module.sumsOf(9));
    expect(told).toMatchObject({ windows: 3, clipped: [1000, 1000], peaks: [2048, 2048] });
    await clearReadout(client, ReadoutClear.COUNTERS, 1);
    expect(await readoutChannel(client, 9)).toMatchObject({
      windows: 3,
      clipped: [0, 0],
      peaks: [0, 0],
      moments: told.moments,
    });
    await clearReadout(client, ReadoutClear.STATISTICS, 0);
    expect(await readoutChannel(client, 9)).toMatchObject({ moments: told.moments });
    await clearReadout(client, ReadoutClear.STATISTICS, 1);
    expect((await readoutChannel(client, 9)).moments).toMatchObject([
      { count: 0, ii: 0n },
      { count: 0, iq: 0n },
    ]);
    await expect(readoutChannel(client, 16)).rejects.toMatchObject({ name: 'INDEX' });
    await expect(clearReadout(client, ReadoutClear.COUNTERS, 2)).rejects.toMatchObject({ name: 'INDEX' });
    await expect(clearReadout(client, 3 as 2, 0)).rejects.toMatchObject({ name: 'EINVAL' });
  });
});

describe('captures', () => {
  const scope = () => {
    const { module } = device.board.readout;
    return Array.from({ length: module.figure('SCOPE_COUNT') }, (_, at) => module.scopeWord(at) ?? -1);
  };
  const words = (codes: Int16Array) =>
    Array.from({ length: codes.length / 2 }, (_, at) => ((codes[2 * at] & 0xffff) | (codes[2 * at + 1] << 16)) >>> 0);

  test.each([1, 63, 384, 385, ReadoutLimit.SCOPE_MAX])(
    'of %i samples are fetched as the chip holds them',
    async (samples) => {
      await configureReadout(client, 'TONE_FREQUENCY', 0, 4 * 101_318_359);
      await configureReadout(client, 'TONE_AMPLITUDE', 0, 29_491);
      await capture(client, 1, 'test-tone', samples);
      const fetched = await readCapture(client);
      expect(fetched).toMatchObject({ line: 1, clipped: [false, false] });
      expect(fetched.codes).toHaveLength(2 * samples);
      expect(words(fetched.codes)).toEqual(scope());
      expect(Math.hypot(fetched.codes[0], fetched.codes[1])).toBeCloseTo((2048 * 29_491) / 32_768, -1);
    },
  );

  test('of a tone that is too large say which path was out of range; a cleared one has no samples', async () => {
    await configureReadout(client, 'TONE_AMPLITUDE', 0, 65_535);
    await capture(client, 0, 'test-tone', 100);
    expect(await readCapture(client)).toMatchObject({ line: 0, clipped: [true, false] });
    await clearReadout(client, ReadoutClear.SCOPE, 0);
    expect((await readCapture(client)).codes).toHaveLength(0);
    await capture(client, 0, 'line', 5);
    expect(words((await readCapture(client)).codes)).toEqual(scope());
  });

  test('are refused with no line, source or length that there is, and there is nothing behind their end', async () => {
    await expect(capture(client, 2, 'line', 5)).rejects.toMatchObject({ name: 'INDEX' });
    for (const samples of [0, ReadoutLimit.SCOPE_MAX + 1])
      await expect(capture(client, 0, 'line', samples)).rejects.toMatchObject({ name: 'VALUE' });
    const command = { what: 'capture', group: SmpGroup.READOUT, command: ReadoutRequest.CAPTURE };
    await expect(client.request({ ...command, write: true }, { source: 2 })).rejects.toMatchObject({ name: 'EINVAL' });
    await capture(client, 0, 'line', 5);
    expect(await client.request({ ...command, write: false }, { off: 5 })).toMatchObject({
      off: 5,
      len: 5,
      data: new Uint8Array(),
    });
    await expect(client.request({ ...command, write: false }, { off: 6 })).rejects.toMatchObject({ name: 'NO_OFFSET' });
  });

  test('that are replaced while a client reads them are not taken for one', async () => {
    await configureReadout(client, 'TONE_AMPLITUDE', 0, 20_000);
    await configureReadout(client, 'TONE_FREQUENCY', 0, 4e7);
    await capture(client, 0, 'test-tone', 2000);
    const request = client.request.bind(client);
    let asked = 0;
    client.request = async (...call) => {
      if (++asked === 3) await capture(device.client('console'), 1, 'line', 2000);
      return request(...call);
    };
    await expect(readCapture(client)).rejects.toThrow('another capture came while they were read; capture again');
  });
});

describe('a claim', () => {
  test('refuses another client until it is given back or has ended', async () => {
    expect(await readoutClaim(client)).toBeUndefined();
    await claimReadout(client, 5, 20_000);
    await expect(claimReadout(client, 6, 1000)).rejects.toMatchObject({ name: 'CLAIMED' });
    device.run(15 * second);
    expect((await readoutClaim(client))?.id).toBe(5);
    expect((await readoutClaim(client))?.leftMs).toBeLessThanOrEqual(5000);
    await claimReadout(client, 5, 20_000);
    device.run(15 * second);
    await expect(claimReadout(client, 6, 0)).rejects.toMatchObject({ name: 'CLAIMED' });
    device.run(6 * second);
    await claimReadout(client, 6, 1000);
    await expect(claimReadout(client, 5, 0)).rejects.toMatchObject({ name: 'CLAIMED' });
    await claimReadout(client, 6, 0);
    expect(await readoutClaim(client)).toBeUndefined();
    await claimReadout(client, 5, 1000);
  });

  test('is of a client with a number, and no longer than the longest; a reset ends it', async () => {
    for (const [id, ms] of [
      [0, 5],
      [2 ** 32, 5],
      [1, ReadoutRequest.CLAIM_MS_MAX + 1],
    ])
      await expect(claimReadout(client, id, ms)).rejects.toMatchObject({ name: 'EINVAL' });
    await claimReadout(client, 2 ** 32 - 1, ReadoutRequest.CLAIM_MS_MAX);
    device.reset();
    expect(await readoutClaim(device.client())).toBeUndefined();
  });
});
