// The whole way of an update, with nothing played: from the server over HTTP by an agent to a board, and back.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Release } from '../../../host/fleet/rollout/events.ts';
import type { DeviceUnderTest } from '../../rig/index.ts';
import { benchImages, FleetBench, ringOf } from './bench.ts';

describe('a fleet with boards', () => {
  let bench: FleetBench;
  let board: DeviceUnderTest;
  let old: Release;
  let good: Release;
  let bad: Release;

  beforeAll(async () => {
    bench = await FleetBench.start();
    const images = await benchImages();
    board = await images.board();
    old = await bench.release(images.old, 'old');
    good = await bench.release(images.good, 'good');
    bad = await bench.release(images.bad, 'bad');
  });
  afterAll(() => bench.close());

  test('brings a good release to its rings, and a bad one back from the first', async () => {
    const [rig, one, two] = [
      await bench.device('rig', board.fork()),
      await bench.device('one', board.fork()),
      await bench.device('two', board.fork()),
    ];
    const rings = [ringOf('rig', ['rig']), ringOf('fleet', ['one', 'two'], { approval: true })];
    for (const device of bench.devices) await bench.turn(device);
    expect(bench.running('one')).toBe(old.hash);

    await bench.ask({ do: 'create-rollout', name: 'good', release: good.hash, rings, onError: 'ring' });
    await bench.ask({ do: 'start', rollout: 1 });
    await bench.until(1, ({ state }) => state === 'PAUSED');
    expect([bench.running('rig'), bench.running('one')]).toEqual([good.hash, old.hash]);
    await bench.ask({ do: 'resume', rollout: 1 });
    await bench.until(1, ({ state }) => state === 'FINISHED');
    expect([rig, one, two].map(({ board }) => board.slotStates.B)).toEqual([
      ...['CONFIRMED', 'CONFIRMED', 'CONFIRMED'],
    ]);

    await bench.ask({ do: 'create-rollout', name: 'bad', release: bad.hash, rings, onError: 'ring' });
    await bench.ask({ do: 'start', rollout: 2 });
    const stopped = await bench.until(2, ({ state }) => state === 'STOPPED');
    expect(stopped.cause).toMatch(/ring 'rig': 1 failed, at most 0 may; the first is rig: rolled-back/);
    expect(stopped.rings[1].state).toBe('SCHEDULED');
    expect([bench.running('rig'), bench.running('one')]).toEqual([good.hash, good.hash]);
    const again = { do: 'create-rollout', name: 'again', release: bad.hash, rings, onError: 'ring' } as const;
    await expect(bench.ask(again)).rejects.toThrow(/device rig has failed this release before/);
  });
});
