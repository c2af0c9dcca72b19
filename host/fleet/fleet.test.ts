// A fleet on its disk: what it has answered is there after a kill, a loss of power, or a disk that fails, and nobody passes its doors unasked.

import { describe, expect, test } from 'vitest';
import { chooser } from '../board/random.ts';
import { seeds } from '../board/testing/cases.ts';
import { FakeLogDisk } from '../telemetry/log/testing/fake-log-disk.ts';
import { VirtualTime } from '../telemetry/testing/virtual-time.ts';
import type { Audit } from './audit/audit-log.ts';
import { AuditError } from './audit/error.ts';
import { type AuditEvent, decodeEvent } from './audit/event.ts';
import { openOn, sourceOn } from './audit/testing/log-in-memory.ts';
import { tileWidth } from './audit/tiles.ts';
import { readBundle } from './audit/verify.ts';
import { denyAll, localAccess, noAudit, type Who } from './doors.ts';
import { Fleet } from './fleet.ts';
import type { FleetCommand } from './rollout/commands.ts';
import { images, nameOf, played } from './testing/play-fleet.ts';

const person: Who = { kind: 'person', name: 'ada' };
const add = (device: string): FleetCommand => ({ do: 'add-device', device });

async function opened(disk = new FakeLogDisk(), time = new VirtualTime(), audit: Audit = noAudit) {
  const fleet = await time.until(Fleet.open({ folder: '/fleet', time, access: localAccess, audit, disk }));
  return { fleet, disk, time, ask: (command: FleetCommand, who = person) => time.until(fleet.ask(who, command)) };
}

describe('a fleet', () => {
  test('has after a kill, and after a loss of power, what it has answered', async () => {
    for (const seed of seeds(20)) {
      const luck = chooser(seed);
      const { disk, time, fleet } = await opened();
      const answered: string[] = [];
      let next: FakeLogDisk | undefined;
      let left = luck(12);
      disk.fake.onOperation = () => {
        if (next !== undefined || left-- > 0) return;
        next = luck(2) === 0 ? disk.afterKill() : disk.afterPowerOff(luck);
      };
      for (let index = 0; next === undefined; index++) {
        const device = nameOf(index);
        await time.until(fleet.ask(person, add(device)));
        if (next === undefined) answered.push(device);
      }
      const after = await opened(next, time);
      expect([...after.fleet.state.devices.keys()], `seed ${seed}`).toEqual(expect.arrayContaining(answered));
      await after.ask(add('one-more'));
      expect(after.fleet.state.devices.has('one-more')).toBe(true);
    }
  });

  test('answers nobody while its disk fails, and goes on from what the disk has', async () => {
    const { fleet, disk, ask } = await opened();
    await ask(add('before'));
    disk.failingSyncs = 1;
    await expect(ask(add('lost'))).rejects.toThrow('the disk reports an error (EIO)');
    await ask(add('after'));
    expect([...fleet.state.devices.keys()]).toEqual(['before', 'after']);
  });

  test('keeps nothing of what was asked behind a request that its disk refused', async () => {
    const { fleet, disk, time, ask } = await opened();
    await ask(add('before'));
    disk.failingSyncs = 1;
    const both = [fleet.ask(person, add('lost')), fleet.ask(person, { do: 'remove-device', device: 'lost' })];
    const ends = await time.until(Promise.allSettled(both));
    expect(ends.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    const again = await opened(disk.afterKill(), time);
    expect([...again.fleet.state.devices.keys()]).toEqual(['before']);
  });

  test('does nothing that its audit log cannot hold, says so, and does it once there is room', async () => {
    let isFull = true;
    const record = () =>
      isFull ? Promise.reject(new AuditError('AUDIT_DISK', 'the audit log has no room')) : Promise.resolve(0);
    const [disk, time, troubles] = [new FakeLogDisk(), new VirtualTime(), [] as string[]];
    const options = { folder: '/fleet', time, access: localAccess, audit: { record }, disk };
    const fleet = await time.until(Fleet.open({ ...options, onTrouble: (reason) => troubles.push(reason) }));
    await expect(time.until(fleet.ask(person, add('lost')))).rejects.toThrow('the audit log has no room');
    expect(troubles).toEqual(['the audit log has no room']);
    isFull = false;
    await time.until(fleet.ask(person, add('kept')));
    expect([...fleet.state.devices.keys()]).toEqual(['kept']);
    const again = await opened(disk.afterKill(), time);
    expect([...again.fleet.state.devices.keys()]).toEqual(['kept']);
  });

  test('has an entry in its audit log for everything that is in force, wherever it is killed or loses power', async () => {
    for (const seed of seeds(20)) {
      const [luck, time] = [chooser(seed), new VirtualTime()];
      const disk = new FakeLogDisk();
      const { fleet } = await opened(disk, time, await time.until(openOn(disk)));
      let next: FakeLogDisk | undefined;
      let left = luck(60);
      disk.fake.onOperation = () => {
        if (next === undefined && left-- <= 0) next = luck(2) === 0 ? disk.afterKill() : disk.afterPowerOff(luck);
      };
      for (let index = 0; next === undefined; index++)
        await time.until(
          Promise.all([fleet.ask(person, add(nameOf(2 * index))), fleet.ask(person, add(nameOf(2 * index + 1)))]),
        );
      const after = await opened(next, time);
      const log = await time.until(openOn(next));
      const recorded = new Set<string>();
      for (let bundle = 0; bundle * tileWidth < log.checkpoint().size; bundle++)
        for (const entry of await readBundle(sourceOn(next), bundle, log.checkpoint().size))
          recorded.add(decodeEvent(entry)?.what.name ?? '');
      for (const device of after.fleet.state.devices.keys()) expect(recorded, `seed ${seed}`).toContain(device);
    }
  });

  test('counts as soak time only what it was there for, and keeps that', async () => {
    const { time, disk, fleet, ask } = await opened();
    await ask(add('a'));
    for (const name of ['old', 'new']) await ask({ do: 'add-release', release: played.release(name) });
    const rings = [played.ring('rig', ['a'], { soakMs: 60_000 })];
    await ask({ do: 'create-rollout', name: 'one', release: images.new, rings, onError: 'ring' });
    await ask({ do: 'start', rollout: 1 });
    const device: Who = { kind: 'device', name: 'a' };
    const closed = { execution: 'closed', finished: 'success', detail: '' } as const;
    await ask({ do: 'feedback', device: 'a', action: 1, ...closed }, device);
    for (let second = 0; second < 45; second++) {
      await time.pass(1_000);
      await time.until(fleet.tick());
    }
    // A day in which no server is there, and its clock is set back by a year.
    await time.pass(86_400_000);
    time.wallAheadMs -= 365 * 86_400_000;
    const again = await opened(disk.afterKill(), time);
    expect(again.fleet.state.rollouts.get(1)?.state).toBe('RUNNING');
    for (let second = 0; second < 25; second++) {
      await time.pass(1_000);
      await time.until(again.fleet.tick());
    }
    expect(again.fleet.state.rollouts.get(1)?.state).toBe('FINISHED');
  });

  test('lets a device ask about itself only, and puts a refusal on record', async () => {
    const events: AuditEvent[] = [];
    const { ask } = await opened(undefined, undefined, { record: async (event) => events.push(event) });
    await ask(add('a'));
    await ask(add('b'));
    const a: Who = { kind: 'device', name: 'a' };
    const report = { do: 'report', attributes: {} } as const;
    await ask({ ...report, device: 'a' }, a);
    await expect(ask({ ...report, device: 'b' }, a)).rejects.toThrow(
      'device a may ask about itself only, not about device b',
    );
    await expect(ask({ do: 'remove-device', device: 'a' }, a)).rejects.toThrow('a device may not remove-device');
    expect(events.map(({ verb, decision }) => `${verb} ${decision}`)).toEqual([
      ...['add-device done', 'add-device done', 'report refused', 'remove-device refused'],
    ]);
  });

  test('allows nothing without a rule', async () => {
    const time = new VirtualTime();
    const options = { folder: '/fleet', time, access: denyAll, audit: noAudit, disk: new FakeLogDisk() };
    const fleet = await time.until(Fleet.open(options));
    await expect(time.until(fleet.ask(person, add('a')))).rejects.toThrow('nobody has been allowed anything');
  });
});
