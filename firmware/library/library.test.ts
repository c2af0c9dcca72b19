// Firmware of one's own on a whole board: the firmware of a new project beats, is managed over SMP with the product's own client, and its own checks
// decide whether it can be confirmed.

import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { DeviceUnderTest } from '../../hil/rig/device.ts';
import { signed } from '../../hil/rig/images.ts';
import { second } from '../../hil/rig/time.ts';
import { repositoryRoot } from '../../host/tools/guest.ts';
import { compileOwnGuest } from '../../host/tools/own-guest.ts';
import { asPayload } from '../../host/tools/sequencer.ts';
import { RECORDER } from '../../protocol/generated/registers.ts';
import { OsCommand, Smp, SmpGroup } from '../../protocol/smp/smp.ts';
import { Beat } from '../../protocol/telemetry/heartbeat.ts';

describe('the firmware of a new project', () => {
  let payload: Uint8Array;
  let device: DeviceUnderTest;
  beforeAll(async () => {
    const { module } = await compileOwnGuest(join(repositoryRoot, 'cli/new/template'), 'firmware/main.ts');
    payload = await asPayload(module, []);
    device = await DeviceUnderTest.running({ slots: { A: signed('1.0.0', { payload }) } });
    device.run(3 * second);
  });

  test('beats once a second, healthy, with the record that ours writes', () => {
    expect(device.events('HEARTBEAT').map(({ argument0, argument1 }) => [argument0, argument1])).toEqual([
      [1, 0],
      [2, 0],
      [3, 0],
    ]);
    const word = (place: number) => device.board.machine.peek(RECORDER, 'HEARTBEAT', place);
    expect([word(Beat.VERSION), word(Beat.SEQUENCE), word(Beat.UPTIME_SECONDS)]).toEqual([1, 3, 3]);
  });

  test('tells its name, its tasks and its health over SMP', async () => {
    const info = device.request(Smp.OP_READ, SmpGroup.OS, OsCommand.INFO, { format: 's' });
    expect(info).toEqual({ output: 'demo' });
    expect(Object.keys(await device.client().taskstat())).toEqual(['watchdog', 'health', 'heartbeat', 'count', 'smp']);
    expect(device.statistics('heartbeat')).toMatchObject({ health: 0 });
    expect(device.statistics('tasks')).toEqual({ deadlines_missed: 0, over_budget: 0, feeds_withheld: 0 });
  });

  test('takes an update, which is confirmed while it is healthy', async () => {
    const hash = await device.upload(signed('1.1.0', { payload }));
    expect((await device.testImage(hash)).decision).toBe('TRIAL_FIRST');
    device.run(2 * second);
    await device.client().imageConfirm();
    expect(device.slotStates.B).toBe('CONFIRMED');
  });
});
