// `imgtool sign --pad --confirm` on the product's own firmware: uploaded and reset without a word about it, over SMP as clients do it.

import { describe, expect, test } from 'vitest';
import { counterInFuses } from '../../../host/tools/image/security-counter.ts';
import { compileFirmware } from '../../../host/tools/sequencer.ts';
import { BootDecision, BootPolicy, SlotState } from '../../../protocol/image/boot-state.ts';
import { RejectReason } from '../../../protocol/image/reasons.ts';
import { Fuse } from '../../../protocol/memory-map.ts';
import { DeviceUnderTest } from '../../rig/device.ts';
import { signed } from '../../rig/images.ts';
import { millisecond, second } from '../../rig/time.ts';

const wellNs = BootPolicy.WELL_AFTER_MS * millisecond;

const counterOf = ({ board }: DeviceUnderTest) =>
  counterInFuses(
    board.fuseWords().subarray(Fuse.SECURITY_COUNTER, Fuse.SECURITY_COUNTER + Fuse.SECURITY_COUNTER_WORDS),
  );
const { TRIAL, CONFIRMED, REJECTED } = SlotState;

/** 1.0.0 runs; 1.1.0 made of this source, which says that it is confirmed and has a counter ahead, is uploaded, and the device is reset. */
async function withPermanent(entry = 'firmware/main.ts'): Promise<DeviceUnderTest> {
  const device = await DeviceUnderTest.running();
  const payload = await compileFirmware(entry);
  await device.upload(signed('1.1.0', { payload, securityCounter: 3, confirm: true }));
  await device.client().reset();
  device.run(second / 2);
  device.waitFor(() => device.board.state === 'firmware');
  return device;
}

describe('an image that says of itself that it is confirmed', () => {
  test('is on trial until it was healthy for a minute, and then confirms itself and moves the counter', async () => {
    const device = await withPermanent();
    expect(device.statistics('boot')).toMatchObject({ slot: 1, state: TRIAL, decision: BootDecision.PERMANENT });
    device.run(wellNs - 5 * second);
    expect([device.statistics('slots').b_state, counterOf(device)]).toEqual([TRIAL, 1]);
    device.run(10 * second);
    expect([device.statistics('slots').b_state, counterOf(device)]).toEqual([CONFIRMED, 3]);
    expect(device.statistics('heartbeat').health).toBe(0);
    device.run(300 * second);
    device.powerCycle();
    expect(device.statistics('boot')).toMatchObject({ slot: 1, state: CONFIRMED, decision: BootDecision.CONFIRMED });
  });

  test('confirms itself also when no client ever sends a request', async () => {
    const device = await DeviceUnderTest.running();
    const payload = await compileFirmware('firmware/main.ts');
    device.programmer.place('B', signed('1.1.0', { payload, securityCounter: 3, confirm: true }));
    device.powerCycle();
    device.run(wellNs + 5 * second);
    expect(device.events('IMAGE_CONFIRMED').map(({ argument0 }) => argument0)).toEqual([1]);
    expect(counterOf(device)).toBe(3);
  });

  test('and hangs two seconds after its start is rolled back by the first watchdog, and the counter is where it was', async () => {
    const device = await withPermanent('firmware/defects/hangs.ts');
    device.run(5 * second);
    expect(device.board.state).toBe('firmware');
    expect(device.statistics('boot')).toMatchObject({ slot: 0, state: CONFIRMED, decision: BootDecision.REVERTED });
    expect(device.statistics('slots')).toMatchObject({ b_state: REJECTED, b_reason: RejectReason.WATCHDOG });
    expect(counterOf(device)).toBe(1);
  });

  test('and is never healthy does not confirm itself: its trial ends with its timer', async () => {
    const device = await withPermanent('firmware/defects/never-confirms.ts');
    device.run((BootPolicy.TRIAL_TIMEOUT_MS + 1000) * millisecond);
    device.waitFor(() => device.board.state === 'firmware');
    expect(device.statistics('slots')).toMatchObject({ b_state: REJECTED, b_reason: RejectReason.TRIAL_TIMEOUT });
    expect(counterOf(device)).toBe(1);
  });

  test('is confirmed by a client as well, who does not have to wait', async () => {
    const device = await withPermanent();
    device.run(second);
    await device.client().imageConfirm();
    expect([device.statistics('slots').b_state, counterOf(device)]).toEqual([CONFIRMED, 3]);
    device.run(2 * wellNs);
    expect(device.statistics('boot')).toMatchObject({ slot: 1, resets: 1 });
  });

  test('answers while it confirms itself', async () => {
    const device = await withPermanent();
    device.run(wellNs - 2 * second);
    for (let asked = 0; asked < 400; asked++) {
      expect(await device.client().echo('there?')).toBe('there?');
      device.run(10 * millisecond);
    }
    expect(device.statistics('slots').b_state).toBe(CONFIRMED);
  });
});
