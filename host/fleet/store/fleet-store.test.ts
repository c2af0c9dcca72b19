// The state of a fleet after a start is that of its events, whatever became of its snapshot; and a start reads what the fleet is, not what it was.

import { describe, expect, test } from 'vitest';
import { chooser } from '../../board/random.ts';
import { seeds } from '../../board/testing/cases.ts';
import { FakeLogDisk } from '../../telemetry/log/testing/fake-log-disk.ts';
import { VirtualTime } from '../../telemetry/testing/virtual-time.ts';
import { apply } from '../rollout/apply.ts';
import { perform, settle } from '../rollout/engine.ts';
import type { Recorded } from '../rollout/events.ts';
import { noReadings } from '../rollout/react.ts';
import { emptyFleet, type FleetState, stateForm } from '../rollout/state.ts';
import { images, nameOf, played, playStory } from '../testing/play-fleet.ts';
import { FleetStore } from './fleet-store.ts';
import { hashOf } from './snapshot.ts';

const story = playStory({ behaviours: ['good', 'good', 'goes-back', 'good'], sizes: [2, 2], deaths: [] }).server.log;
const path = '/fleet/state.snapshot';

function stateOf(events: readonly Recorded[]): FleetState {
  const state = emptyFleet();
  for (const event of events) apply(state, event);
  return state;
}

interface Opened {
  store: FleetStore;
  state: FleetState;
  troubles: string[];
}

async function opened(disk: FakeLogDisk, time = new VirtualTime()): Promise<Opened> {
  const troubles: string[] = [];
  const store = new FleetStore('/fleet', time, disk, (reason) => troubles.push(reason));
  return { store, state: await time.until(store.load()), troubles };
}

/** A disk with a log of these events, and a snapshot after some of them. */
async function diskWith(events: readonly Recorded[], snapshotAfter: number): Promise<FakeLogDisk> {
  const [disk, time] = [new FakeLogDisk(), new VirtualTime()];
  const { store, state } = await opened(disk, time);
  const write = async (of: readonly Recorded[]) => {
    for (const event of of) apply(state, event);
    await time.until(store.append(of));
  };
  await write(events.slice(0, snapshotAfter));
  await time.until(store.snapshot(state));
  await write(events.slice(snapshotAfter));
  return disk.afterKill();
}

function flip(disk: FakeLogDisk, file: string, at: number): void {
  const handle = disk.open(file);
  disk.write(handle, at, Uint8Array.of(disk.read(file, at, 1)[0] ^ 1));
  disk.sync(handle);
}

describe('a fleet that is started again', () => {
  test('has the state of its events, wherever it was killed or lost power while it wrote them and its snapshots', async () => {
    for (const seed of seeds(40)) {
      const [luck, time] = [chooser(seed), new VirtualTime()];
      let disk = new FakeLogDisk();
      let durable = 0;
      for (let life = 0; durable < story.length && life < 6; life++) {
        const { store, state, troubles } = await opened(disk, time);
        expect(troubles, `seed ${seed}`).toEqual([]);
        expect(state.events, `seed ${seed}`).toBeGreaterThanOrEqual(durable);
        expect(state, `seed ${seed}`).toEqual(stateOf(story.slice(0, state.events)));
        durable = state.events;
        let next: FakeLogDisk | undefined;
        let left = luck(40);
        disk.fake.onOperation = () => {
          if (next === undefined && left-- <= 0) next = luck(2) === 0 ? disk.afterKill() : disk.afterPowerOff(luck);
        };
        while (next === undefined && state.events < story.length) {
          const part = story.slice(state.events, state.events + 1 + luck(6));
          for (const event of part) apply(state, event);
          const work = [store.append(part), ...(luck(3) === 0 ? [store.snapshot(state)] : [])];
          await time.until(Promise.all(work));
          if (next === undefined) durable = state.events;
        }
        disk = next ?? disk.afterKill();
      }
    }
  });

  test('finds out any damage to its snapshot, says so, and has the same state', async () => {
    const disk = await diskWith(story, story.length - 3);
    for (let at = 0; at < disk.size(path); at += 97) {
      const hurt = disk.afterKill();
      flip(hurt, path, at);
      const { state, troubles } = await opened(hurt);
      expect({ at, troubles }).toEqual({ at, troubles: [expect.stringMatching(/state.snapshot is damaged; the log/)] });
      expect(state).toEqual(stateOf(story));
    }
  });

  test('does not take the snapshot of another log, nor one that is ahead of its log', async () => {
    const other = story.map((event) => ({ ...event, wall: 'elsewhere' }));
    for (const events of [other, story.slice(0, 9)]) {
      const disk = await diskWith(events, events.length);
      const bytes = (await diskWith(story, story.length - 1)).read(path, 0);
      const file = disk.create(path);
      disk.write(file, 0, bytes);
      disk.sync(file);
      const { state, troubles } = await opened(disk);
      expect(troubles).toEqual([expect.stringMatching(/is none of its log/)]);
      expect(state).toEqual(stateOf(events));
    }
  });

  test('goes on without a snapshot when the disk is full, and says so', async () => {
    const [disk, time] = [new FakeLogDisk(), new VirtualTime()];
    const { store, state, troubles } = await opened(disk, time);
    for (const event of story) apply(state, event);
    await time.until(store.append(story));
    disk.failingSyncs = 1;
    await time.until(store.snapshot(state));
    expect(troubles).toEqual([expect.stringMatching(/snapshot of the fleet is not written: bad sector/)]);
    expect((await opened(disk.afterKill(), time)).state).toEqual(state);
  });

  test('reads as much after 40 rollouts as after 8', async () => {
    const read: number[] = [];
    for (const rollouts of [8, 40]) {
      const events = historyOf(20, rollouts);
      const disk = await diskWith(events, events.length);
      let bytes = 0;
      const usual = disk.read.bind(disk);
      disk.read = (...of) => {
        const part = usual(...of);
        // The last segment is as long as it happens to be.
        if (!of[0].endsWith('.log')) bytes += part.length;
        return part;
      };
      expect((await opened(disk)).state).toEqual(stateOf(events));
      read.push(bytes);
    }
    const [few, many] = read;
    // A rollout that is over leaves its name, its rings and their counts: less than a tenth of a fleet of twenty devices.
    expect((many - few) / 32).toBeLessThan(few / 10);
  });

  test('does not go on from a part of its log, until a person has moved away what was lost', async () => {
    for (const [of, events] of [
      ['middle', story.length >> 1],
      ['head', 0],
    ] as const) {
      const disk = await diskWith(story, 5);
      const log = disk.list('/fleet').find((name) => name.endsWith('.log')) as string;
      const size = disk.size(`/fleet/${log}`);
      if (of === 'head') disk.truncate(disk.open(`/fleet/${log}`), 0);
      else flip(disk, `/fleet/${log}`, size >> 1);
      for (let starts = 0; starts < 2; starts++)
        await expect(opened(disk)).rejects.toThrow(
          /^the disk has lost a part of the log of the fleet: the first \d+ events are whole, .* in \/fleet\/\d+\.log\.\S*damaged\. Put a copy of \/fleet in its place; or, to go on/,
        );
      for (const name of disk.list('/fleet')) if (name.endsWith('.damaged')) disk.remove(`/fleet/${name}`);
      const { state } = await opened(disk);
      expect(state.events).toBeLessThan(story.length);
      if (events === 0) expect(state.events).toBe(0);
    }
  });

  test('reads no snapshot of another form: the form has a number, and this is it', () => {
    const names = new Set<string>();
    const collect = (value: unknown, place: string): void => {
      if (value instanceof Map) for (const one of value.values()) collect(one, `${place}[]`);
      else if (Array.isArray(value)) for (const one of value) collect(one, `${place}[]`);
      else if (typeof value === 'object' && value !== null && !(value instanceof Set))
        for (const [name, one] of Object.entries(value)) {
          names.add(`${place}.${name}`);
          // What a device says of itself has any names.
          if (name !== 'attributes') collect(one, `${place}.${name}`);
        }
    };
    for (let events = 1; events <= story.length; events++) collect(stateOf(story.slice(0, events)), '');
    // Names have changed: add one to `stateForm`, so that no older snapshot is read as a newer one, and write both here.
    const names16 = hashOf(Buffer.from([...names].sort().join())).slice(0, 16);
    expect({ stateForm, names: names16 }).toEqual({ stateForm: 4, names: 'babb351a1b98cdd9' });
  });
});

describe('a rollout whose devices have all been in a later one', () => {
  test('takes nobody back, and keeps its counts', () => {
    const state = stateOf(historyOf(3, 2));
    expect([...state.actions.values()].map(({ rollout }) => rollout)).toEqual([2, 2, 2]);
    const stop = { do: 'stop', rollout: 1, scope: 'rollout', reason: 'too late' } as const;
    perform(state, stop, 'test', { atMs: state.atMs }, noReadings);
    expect(state.rollouts.get(1)).toMatchObject({ state: 'STOPPED', rings: [{ counts: { confirmed: 3 } }] });
    expect([...state.devices.values()].map(({ open }) => open)).toEqual([undefined, undefined, undefined]);
  });
});

describe('a rollout behind which a later one has failed', () => {
  test('still takes its devices back: they run what it has brought', () => {
    const state = stateOf(historyOf(2, 2));
    const ask = (command: Parameters<typeof perform>[1]) =>
      perform(state, command, 'test', { atMs: state.atMs }, noReadings);
    const [first] = [...state.devices.keys()];
    ask({ do: 'add-release', release: played.release('bad') });
    const rings = [played.ring('rig', [first])];
    ask({ do: 'create-rollout', name: 'bad', release: played.release('bad').hash, rings, onError: 'ring' });
    ask({ do: 'start', rollout: 3 });
    const stop = { do: 'stop', rollout: 2, scope: 'rollout', reason: 'not good either' } as const;
    const action = state.devices.get(first)?.open as number;
    ask({ do: 'feedback', device: first, action, execution: 'closed', finished: 'failure', detail: 'rolled back' });
    expect(state.rollouts.get(3)?.state).toBe('STOPPED');
    ask(stop);
    const kinds = [...state.devices.values()].map(({ open }) => state.actions.get(open ?? 0)?.kind);
    expect(kinds).toEqual(['rollback', 'rollback']);
  });
});

/** Every rollout of this history is a good one, and reaches every device. */
function historyOf(count: number, rollouts: number): Recorded[] {
  const [state, all] = [emptyFleet(), [] as Recorded[]];
  const ask = (command: Parameters<typeof perform>[1]) =>
    all.push(...perform(state, command, 'test', { atMs: state.atMs }, noReadings));
  const names = Array.from({ length: count }, (_, index) => nameOf(index));
  for (const device of names) ask({ do: 'add-device', device });
  for (const name of ['old', 'new']) ask({ do: 'add-release', release: played.release(name) });
  for (let id = 1; id <= rollouts; id++) {
    const release = id % 2 === 0 ? images.old : images.new;
    ask({ do: 'create-rollout', name: `${id}`, release, rings: [played.ring('all', names)], onError: 'ring' });
    ask({ do: 'start', rollout: id });
    for (const device of names) {
      const action = state.devices.get(device)?.open as number;
      ask({ do: 'report', device, attributes: { 'image.hash': release } });
      ask({ do: 'feedback', device, action, execution: 'closed', finished: 'success', detail: '' });
    }
    all.push(...settle(state, { atMs: state.atMs + 20_000 }, noReadings));
  }
  return all;
}
