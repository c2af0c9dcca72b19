// An update that meets every deadline and never sleeps: the plate warms up, the power budget detects it, and the bootloader stores the reason.

import { expect, test } from 'vitest';
import { openFridge } from '../../../host/tools/open-fridge.ts';
import { SlotState } from '../../../protocol/image/boot-state.ts';
import { RejectReason } from '../../../protocol/image/reasons.ts';
import { Health } from '../../../protocol/telemetry/health.ts';
import { DeviceUnderTest } from '../../rig/device.ts';
import { firmwareImage } from '../../rig/images.ts';
import { millisecond, second } from '../../rig/time.ts';
import { WiredCryostat } from '../../rig/wiring.ts';

const [read, write, os, img] = [0, 2, 0, 1];

test('an update that busy-loops warms the 4 K plate by more than 10 mK, ends its trial, and is rolled back with that reason', async () => {
  const wired = new WiredCryostat(openFridge('uts'), { drift: false });
  const device = await DeviceUnderTest.running({ surroundings: () => wired });
  const { board } = device;
  board.runFor(30 * second);
  const before = wired.cryostat.temperatureKelvin('4K');
  const hash = await device.upload(await firmwareImage('1.1.0', 'firmware/defects/busy-loops.ts'));
  device.request(write, img, 0, { hash, confirm: false });
  device.request(write, os, 5);
  device.waitFor(() => device.events('FIRMWARE_START').length === 2);
  const began = board.now;
  let warmest = 0;
  let confirms = 0;
  while (device.events('BOOT_REJECT').length === 0 && board.now < began + 60 * second) {
    board.runFor(250 * millisecond);
    warmest = Math.max(warmest, wired.cryostat.temperatureKelvin('4K'));
    if (confirms === 0 && board.now > began + 3 * second) {
      confirms++;
      // It would answer rightly, and does: not while load is shed.
      expect(device.statistics('heartbeat').health & Health.SHEDDING).toBe(Health.SHEDDING);
      expect(device.request(write, img, 0, { confirm: true })).toEqual({ err: { group: 1, rc: 32 } });
    }
  }
  expect((warmest - before) * 1000).toBeGreaterThan(10);
  expect(device.events('TRIAL_ENDED')).toMatchObject([{ argument0: RejectReason.POWER_BUDGET }]);
  expect(board.now - began).toBeLessThan(10 * second);
  device.waitFor(() => device.events('FIRMWARE_START').length === 3);
  const { b_state, b_reason } = device.statistics('slots');
  expect([b_state, b_reason]).toEqual([SlotState.REJECTED, RejectReason.POWER_BUDGET]);
  board.runFor(60 * second);
  expect(Math.abs(wired.cryostat.temperatureKelvin('4K') - before) * 1000).toBeLessThan(3);
  expect(device.request(read, img, 0).images).toMatchObject([{ slot: 0, active: true, confirmed: true }, { slot: 1 }]);
}, 60_000);
