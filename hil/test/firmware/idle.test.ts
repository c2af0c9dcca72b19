// What a controller that nobody asks anything costs: accesses of the bus in a second, which is most of what an idle board takes of a host's core.

import { expect, onTestFinished, test, vi } from 'vitest';
import { Bus } from '../../../host/board/bus.ts';
import { DeviceUnderTest } from '../../rig/device.ts';
import { second } from '../../rig/time.ts';

/** A tenth above what it is: 451. */
const accessesMost = 496;

test('an idle second takes few accesses of the bus: a task reads once what does not change in its run', async () => {
  const device = await DeviceUnderTest.running();
  // For the first minute it looks whether all is well, and then forgets the resets before.
  device.board.runFor(70 * second);
  const looks = [vi.spyOn(Bus.prototype, 'read32'), vi.spyOn(Bus.prototype, 'write32')];
  onTestFinished(() => {
    for (const look of looks) look.mockRestore();
  });
  device.board.runFor(10 * second);
  const accesses = looks.reduce((sum, { mock }) => sum + mock.calls.length, 0);
  expect(accesses / 10).toBeLessThan(accessesMost);
  expect(accesses / 10).toBeGreaterThan(300);
});
