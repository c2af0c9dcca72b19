// The heartbeat record holds what an operator needs first, and its values are right.

import { expect, test } from 'vitest';
import { parseImage } from '../../../host/tools/image/index.ts';
import { openFridge } from '../../../host/tools/open-fridge.ts';
import { SlotState } from '../../../protocol/image/boot-state.ts';
import { Rail } from '../../../protocol/plant/places.ts';
import { Beat } from '../../../protocol/telemetry/heartbeat.ts';
import { DeviceUnderTest } from '../../rig/device.ts';
import { firmwareImage } from '../../rig/images.ts';
import { second } from '../../rig/time.ts';
import { WiredCryostat } from '../../rig/wiring.ts';

test('sequence, uptime, image, slot, health, temperatures, slack, faults, trips, power, rails and clock', async () => {
  const image = await firmwareImage('1.0.0');
  const wired = new WiredCryostat(openFridge('uts'), { drift: false });
  const device = await DeviceUnderTest.running({ slots: { A: image }, surroundings: () => wired });
  device.board.runFor(30 * second);
  const { words } = device.cryo<{ words: number[] }>('HEARTBEAT');
  expect(words).toHaveLength(Beat.WORDS);
  expect(words[Beat.VERSION]).toBe(Beat.VERSION_NUMBER);
  expect([words[Beat.SEQUENCE], words[Beat.UPTIME_SECONDS]]).toEqual([30, 30]);
  expect([words[Beat.HEALTH], words[Beat.SLOT], words[Beat.SLOT_STATE]]).toEqual([0, 0, SlotState.CONFIRMED]);
  const hash = Buffer.from(Uint32Array.from(words.slice(Beat.IMAGE_HASH, Beat.IMAGE_HASH + 8)).buffer);
  expect(hash.equals(parseImage(image).hash as Uint8Array)).toBe(true);
  const kelvin = words.slice(Beat.TEMPERATURES, Beat.TEMPERATURES + 6).map((microkelvin) => microkelvin / 1e6);
  const { cryostat } = wired;
  const expected = [
    ...[cryostat.temperatureKelvin('50K'), cryostat.temperatureKelvin('4K'), cryostat.temperatureKelvin('4K')],
    ...[cryostat.temperatureKelvin('Still'), cryostat.temperatureKelvin('CP')],
  ];
  for (const [channel, exact] of expected.entries())
    expect(Math.abs(kelvin[channel] / exact - 1), `${channel}`).toBeLessThan(0.005);
  expect(words[Beat.LEAST_SLACK_US]).toBeGreaterThan(50_000);
  expect([words[Beat.FAULT_COUNT], words[Beat.TRIPPED], words[Beat.LAST_TRIP]]).toEqual([0, 0, 0xffff_ffff]);
  expect(words[Beat.POWER_MICROWATTS]).toBeGreaterThan(2_000);
  expect(words[Beat.BUDGET_MICROWATTS]).toBe(150_000);
  expect([words[Beat.RAILS_GOOD], words[Beat.REFERENCE], words[Beat.CHANNELS]]).toEqual([
    (1 << Rail.COUNT) - 1,
    4,
    0x3f,
  ]);
});

test('is kept over a reset, so that the last one before it can still be read', async () => {
  const device = await DeviceUnderTest.running();
  device.board.runFor(5.5 * second);
  device.board.pullResetPin();
  device.waitFor(() => device.events('FIRMWARE_START').length === 2);
  expect(device.cryo<{ words: number[] }>('HEARTBEAT').words[Beat.SEQUENCE]).toBe(5);
});
