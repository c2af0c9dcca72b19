// What a rollout does with single devices: when they get nothing, and whom it takes back.

import { describe, expect, test } from 'vitest';
import { images, PlayedServer, played } from '../testing/play-fleet.ts';
import type { RingPlan } from './events.ts';

/** A server with a rollout that was started, of rings of these devices, all with the old image. */
function running(rings: string[][], ring: Partial<RingPlan> = {}) {
  const server = new PlayedServer();
  for (const name of ['old', 'new']) server.ask({ do: 'add-release', release: played.release(name) });
  const report = (device: string, hash: string) =>
    server.ask({ do: 'report', device, attributes: { 'image.hash': hash } });
  for (const device of rings.flat()) {
    server.ask({ do: 'add-device', device });
    report(device, images.old);
  }
  const create = (of: string[][], more: Partial<RingPlan> = {}, release = images.new) => {
    const plans = of.map((devices, index) => played.ring(`ring-${index}`, devices, more));
    server.ask({ do: 'create-rollout', name: 'one', release, rings: plans, onError: 'ring' });
    const rollout = server.state.rollouts.size;
    if (more.approval) server.ask({ do: 'approve', rollout });
    server.ask({ do: 'start', rollout });
  };
  create(rings, ring);
  const confirm = (device: string, hash = images.new) => {
    report(device, hash);
    const action = server.state.devices.get(device)?.open as number;
    server.ask({ do: 'feedback', device, action, execution: 'closed', finished: 'success', detail: '' });
  };
  return { server, create, confirm };
}

describe('a rollout', () => {
  test('stops when a device has not ended in the time that its ring has', () => {
    const { server } = running([['a']], { deadlineMs: 60_000 });
    server.nowMs = 59_999;
    server.tick();
    expect(server.state.rollouts.get(1)?.state).toBe('RUNNING');
    server.nowMs = 60_000;
    server.tick();
    expect(server.state.rollouts.get(1)).toMatchObject({
      state: 'STOPPING',
      cause: expect.stringMatching(/is a: it has not ended in time/),
    });
    expect(server.state.actions.get(1)?.state).toBe('CANCELING');
  });

  test('waits for its approval before a ring that needs one, and gives its devices nothing until then', () => {
    const { server, confirm } = running([['a'], ['b']], { approval: true });
    expect(server.state.actions.size).toBe(1);
    confirm('a');
    server.nowMs += 20_000;
    server.tick();
    expect(server.state.rollouts.get(1)).toMatchObject({ state: 'PAUSED', pausedBy: 'approval', current: 1 });
    expect(server.state.devices.get('b')?.open).toBeUndefined();
    server.ask({ do: 'resume', rollout: 1 });
    expect(server.state.devices.get('b')?.open).toBe(2);
  });

  test('asks for the cancellation of every update that is under way when it is stopped', () => {
    const { server } = running([['a', 'b']]);
    server.ask({ do: 'stop', rollout: 1, scope: 'rollout', reason: 'not good' });
    expect([1, 2].map((id) => server.state.actions.get(id)?.state)).toEqual(['CANCELING', 'CANCELING']);
  });

  test('gives a device nothing while it has not ended what an earlier rollout has begun, and no release that it has failed meanwhile', () => {
    const { server, create } = running([['a', 'b']]);
    server.ask({ do: 'waive', rollout: 1, device: 'a', reason: 'on leave' });
    server.ask({ do: 'stop', rollout: 1, scope: 'hold', reason: 'for today' });
    server.ask({ do: 'cancel-feedback', device: 'b', action: 2, execution: 'closed', finished: 'success', detail: '' });
    expect(server.state.rollouts.get(1)?.state).toBe('STOPPED');
    create([['a']]);
    expect([server.state.devices.get('a')?.open, server.state.actions.size]).toEqual([1, 2]);
    const failed = { execution: 'closed', finished: 'failure', detail: 'it does not start' } as const;
    server.ask({ do: 'feedback', device: 'a', action: 1, ...failed });
    expect(server.state.actions.size).toBe(2);
    expect(server.log).toContainEqual(
      expect.objectContaining({
        ...{ type: 'device-blocked', rollout: 2, device: 'a' },
        detail: 'it has failed this release before: it does not start',
      }),
    );
  });

  test('does not take a device back to an image that was withdrawn, and says so', () => {
    const { server, confirm } = running([['a']]);
    confirm('a');
    server.ask({ do: 'withdraw-release', release: images.old });
    server.ask({ do: 'stop', rollout: 1, scope: 'rollout', reason: 'not good' });
    expect(server.log).toContainEqual(
      expect.objectContaining({
        type: 'rollback-impossible',
        reason: expect.stringMatching(/1\.0\.0, was withdrawn$/),
      }),
    );
    expect(server.state.actions.size).toBe(1);
  });

  test('leaves a device alone that another rollout has updated since', () => {
    const { server, confirm, create } = running([['a']]);
    confirm('a');
    server.nowMs += 20_000;
    server.tick();
    expect(server.state.rollouts.get(1)?.state).toBe('FINISHED');
    const newest = played.release('newest');
    server.ask({ do: 'add-release', release: newest });
    create([['a']], {}, newest.hash);
    confirm('a', newest.hash);
    server.nowMs += 20_000;
    server.tick();
    server.ask({ do: 'stop', rollout: 1, scope: 'rollout', reason: 'not good after all' });
    expect(server.state.rollouts.get(1)?.state).toBe('STOPPED');
    expect(server.state).toMatchObject({ actionsMade: 2 });
  });
});
