// An image that is healthy on trial, is confirmed, and dies soon afterwards, again and again: its ring fails, and the device has its old image back.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Release } from '../../../host/fleet/rollout/events.ts';
import type { Rollout } from '../../../host/fleet/rollout/state.ts';
import { type DeviceUnderTest, firmwareImage, second } from '../../rig/index.ts';
import { type BenchDevice, benchImages, FleetBench, ringOf } from './bench.ts';

/** It hangs two seconds after its start; the trial is watched for less. */
const watchMs = 500;

describe('an image that dies after it was confirmed', () => {
  let bench: FleetBench;
  let board: DeviceUnderTest;
  let old: Release;
  let dying: Release;
  let made = 0;

  beforeAll(async () => {
    bench = await FleetBench.start();
    const images = await benchImages();
    board = await images.board();
    old = await bench.release(images.old, 'old');
    // Of the same version but for the build, so that no token is needed for the way back.
    dying = await bench.release(await firmwareImage('1.0.0+1', 'firmware/defects/hangs.ts'), 'dying');
  });
  afterAll(() => bench.close());

  async function begun(): Promise<{ device: BenchDevice; rollout: () => Rollout }> {
    const id = ++made;
    const name = `device-${id}`;
    const device = await bench.device(name, board.fork(), { watchMs });
    await bench.turn(device);
    const rings = [ringOf('rig', [name], { soakMs: 3_600_000 })];
    await bench.ask({ do: 'create-rollout', name, release: dying.hash, rings, onError: 'ring' });
    await bench.ask({ do: 'start', rollout: id });
    return { device, rollout: () => bench.fleet.state.rollouts.get(id) as Rollout };
  }

  /** A device that resets itself in the middle of a turn ends the turn; the next one goes on. */
  async function until(device: BenchDevice, isSo: () => boolean, turnsMost = 12): Promise<void> {
    for (let turns = 0; !isSo(); turns++) {
      if (turns >= turnsMost) throw new Error(`it is not so after ${turns} turns`);
      await bench.turn(device).catch(() => {});
      await bench.fleet.tick();
    }
  }

  test('fails its ring in the soak time, and the device goes back', async () => {
    const { device, rollout } = await begun();
    await until(device, () => rollout().rings[0].confirmedMs !== undefined);
    device.board.run(4 * second);
    expect(device.board.events('FIRMWARE_START').length).toBeGreaterThan(2);
    await until(device, () => rollout().state === 'STOPPED');
    expect(rollout().cause).toMatch(/it had confirmed the release, and its watchdog or a fault has reset it since/);
    expect(bench.running(device.name)).toBe(old.hash);
  });

  test('goes back where the agent died before it could tell that the image was confirmed', async () => {
    const { device, rollout } = await begun();
    const death = new AbortController();
    bench.restartAgent(device, {
      watchMs,
      open: async () => {
        const client = device.board.client();
        const send = client.transport.send.bind(client.transport);
        client.transport.send = (message) => {
          if (device.board.events('IMAGE_CONFIRMED').length > 0) death.abort(new Error('killed'));
          return send(message);
        };
        return client;
      },
    });
    await bench.turn(device, death.signal).catch(() => {});
    expect(device.board.events('IMAGE_CONFIRMED')).toHaveLength(1);
    device.board.run(4 * second);
    bench.restartAgent(device, { watchMs: 5_000 });
    await until(device, () => rollout().state === 'STOPPED');
    expect(rollout().cause).toMatch(/the first is device-2: failing/);
    expect(bench.running(device.name)).toBe(old.hash);
  });
});
