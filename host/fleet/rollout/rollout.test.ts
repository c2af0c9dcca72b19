// What a rollout promises, by played fleets: whatever devices do, and wherever the server dies.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cases } from '../../board/testing/cases.ts';
import { generateKey } from '../../tools/image/keys.ts';
import { makeToken } from '../../tools/image/token.ts';
import {
  type Behaviour,
  images,
  nameOf,
  type PlayedEnd,
  PlayedServer,
  type PlayedStory,
  played,
  playStory,
} from '../testing/play-fleet.ts';
import { apply } from './apply.ts';
import { emptyFleet } from './state.ts';

const tokenUpTo = (displaces: string): string => {
  const { privateKeyPem } = generateKey(new Uint8Array(32).fill(1));
  const of = { privateKeyPem, imageHash: new Uint8Array(32), board: 1, displaces };
  return Buffer.from(makeToken({ ...of, counter: [0, 2] })).toString('base64');
};

const good = (count: number): Behaviour[] => Array.from({ length: count }, () => 'good');

const stories: fc.Arbitrary<Omit<PlayedStory, 'deaths'>> = fc
  .record({
    sizes: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 3 }),
    failuresMost: fc.integer({ min: 0, max: 2 }),
    onError: fc.constantFrom('hold', 'ring', 'rollout'),
  })
  .chain(({ sizes, failuresMost, onError }) => {
    const count = sizes.reduce((sum, size) => sum + size, 0);
    const one: fc.Arbitrary<Behaviour> = fc.oneof(
      { weight: 8, arbitrary: fc.constant<Behaviour>('good') },
      {
        weight: 3,
        arbitrary: fc.constantFrom<Behaviour>(
          ...(['goes-back', 'refuses', 'alarms', 'loses-it', 'will-not-cancel', 'crashes', 'keeps-bad'] as const),
        ),
      },
    );
    return fc.record({
      behaviours: fc.array(one, { minLength: count, maxLength: count }),
      ...{ sizes: fc.constant(sizes), onError: fc.constant(onError), ring: fc.constant({ failuresMost }) },
    });
  });

/** Of each event: what must not be so, whatever came before. */
function brokenPromises({ server, devices, rollout }: PlayedEnd): string[] {
  const state = emptyFleet();
  const broken: string[] = [];
  const had = new Set<string>();
  for (const event of server.log) {
    if (event.type === 'action-created') {
      const { device, kind, release } = event;
      if (state.devices.get(device)?.open !== undefined) broken.push(`${device} gets a second action`);
      if (had.has(`${device} ${kind} ${release}`)) broken.push(`${device} gets ${kind} ${release} twice`);
      had.add(`${device} ${kind} ${release}`);
      const of = state.rollouts.get(event.rollout);
      const ring = of?.members.get(device)?.ring ?? 0;
      const before = of?.rings.slice(0, ring).every((one) => one.state === 'FINISHED');
      if (kind === 'update' && !before) broken.push(`${device} is updated before its ring's turn`);
    }
    if (event.type === 'ring-finished') {
      const ring = state.rollouts.get(event.rollout)?.rings[event.ring];
      const { waiting, open, failed } = ring?.counts ?? { waiting: 1, open: 1, failed: 1 };
      if (waiting + open + failed > 0) broken.push(`ring ${event.ring} is finished with devices that are not`);
      if (event.atMs < (ring?.confirmedMs ?? Number.POSITIVE_INFINITY) + (ring?.plan.soakMs ?? 0))
        broken.push(`ring ${event.ring} is finished before its soak time`);
    }
    apply(state, event);
  }
  for (const { name, installs } of devices)
    for (const [image, count] of Object.entries(installs))
      if (count > 1) broken.push(`${name} installs ${image} ${count} times`);
  for (const [name, { ring }] of rollout.members) {
    const isTouched = devices.find((device) => device.name === name)?.installs[images.new] !== undefined;
    if (isTouched && rollout.rings[ring].startedMs === undefined) broken.push(`${name} is touched before its ring`);
  }
  if (rollout.state === 'FINISHED')
    for (const [name, { state: at }] of rollout.members)
      if (at !== 'confirmed' && at !== 'waived') broken.push(`it is finished, and ${name} is ${at}`);
  return broken;
}

describe('a rollout', () => {
  test('brings a good release to every device, ring by ring', () => {
    const { outcome, rollout } = playStory({ behaviours: good(6), sizes: [1, 2, 3], deaths: [] });
    expect(outcome.state).toBe('FINISHED');
    expect(new Set(Object.values(outcome.images))).toEqual(new Set(['new']));
    expect(rollout.rings.every(({ state }) => state === 'FINISHED')).toBe(true);
  });

  test.each<[Behaviour, RegExp]>([
    ['goes-back', /1 failed, at most 0 may; the first is device-0001/],
    ['refuses', /1 failed, at most 0 may; the first is device-0001/],
    ['alarms', /heartbeat of device-0001: no heartbeat for 3 s/],
    ['loses-it', /the first is device-0001: it had confirmed the release, and runs image 6f6c64000000 now/],
    [
      'crashes',
      /the first is device-0001: it had confirmed the release, and its watchdog or a fault has reset it since/,
    ],
    ['keeps-bad', /1 failed, at most 0 may; the first is device-0001/],
  ])('stops in its first ring by a device that %s, and no later ring is touched', (behaviour, cause) => {
    const behaviours = [...good(1), behaviour, ...good(8)];
    const { outcome, rollout, devices } = playStory({ behaviours, sizes: [3, 7], deaths: [] });
    expect(outcome.state).toBe('STOPPED');
    expect(outcome.rings).toEqual(['ERROR', 'SCHEDULED']);
    expect(rollout.cause).toMatch(cause);
    expect(new Set(Object.values(outcome.images))).toEqual(new Set(['old']));
    expect(devices.slice(3).every(({ installs }) => Object.keys(installs).length === 0)).toBe(true);
  });

  test('pauses when a device of an earlier ring does not run the release any more, and names it', () => {
    const behaviours: Behaviour[] = ['loses-it-late', ...good(2)];
    const { outcome, server, rollout } = playStory({ behaviours, sizes: [1, 2], deaths: [] });
    const paused = server.log.findIndex((event) => event.type === 'rollout-paused' && event.by === 'image-lost');
    expect(server.log[paused + 1]).toMatchObject({
      ...{ type: 'device-strayed', device: nameOf(0) },
      detail: 'it had confirmed the release, and runs image 6f6c64000000 now',
    });
    // The person of the story lets it go on: without that device, and it does not get the release again.
    expect(outcome).toMatchObject({ state: 'FINISHED', images: { [nameOf(0)]: 'old', [nameOf(2)]: 'new' } });
    expect(rollout.members.get(nameOf(0))).toMatchObject({ state: 'waived' });
    expect(server.state.devices.get(nameOf(0))?.failed.has(images.new)).toBe(true);
  });

  test.each<[string, string | undefined, number, string | undefined]>([
    ['no token', undefined, 1, '1.1.0 only with a downgrade token for its board, 1:'],
    ['a token up to a version in between', '1.0.5', 1, '1.1.0 only with a downgrade token for its board, 1:'],
    ['a token up to the release', '1.1.0', 1, undefined],
    ['a token, and a counter in the fuses above that of the image', '1.1.0', 2, undefined],
    ['a counter above the token’s window', '1.1.0', 3, 'for its board, 1 and security counter 3 in its fuses:'],
    ['no token, and a counter above', undefined, 2, 'is 1.0.0 with security counter 1, and a device goes back'],
  ])('takes a device of ours back to an older version only with a token: %s', (_what, displaces, counter, reason) => {
    const token = displaces === undefined ? undefined : tokenUpTo(displaces);
    const server = new PlayedServer();
    server.ask({ do: 'add-device', device: 'a' });
    const [old, fresh] = [
      { ...played.release('old'), token },
      { ...played.release('new'), version: '1.1.0' },
    ];
    for (const release of [old, fresh]) server.ask({ do: 'add-release', release });
    const report = (hash: string) => {
      const attributes = { 'image.hash': hash, 'fuses.board': '1', 'fuses.counter': `${counter}` };
      server.ask({ do: 'report', device: 'a', attributes });
    };
    report(old.hash);
    const rings = [played.ring('rig', ['a'])];
    server.ask({ do: 'create-rollout', name: 'one', release: fresh.hash, rings, onError: 'ring' });
    server.ask({ do: 'start', rollout: 1 });
    report(fresh.hash);
    server.ask({ do: 'feedback', device: 'a', action: 1, execution: 'closed', finished: 'success', detail: '' });
    server.ask({ do: 'stop', rollout: 1, scope: 'rollout', reason: 'not good' });
    const back = server.log.find(({ type }) => type === 'rollback-impossible');
    if (reason === undefined)
      expect(server.state.actions.get(2)).toMatchObject({ kind: 'rollback', release: old.hash });
    else expect(back).toMatchObject({ reason: expect.stringContaining(reason) });
  });

  test('stands still when its release is withdrawn, is not resumed, and goes on when the release is given again', () => {
    const server = new PlayedServer();
    for (const device of ['a', 'b']) server.ask({ do: 'add-device', device });
    const [old, fresh] = [played.release('old'), played.release('new')];
    for (const release of [old, fresh]) server.ask({ do: 'add-release', release });
    const create = { do: 'create-rollout', name: 'one', release: fresh.hash, onError: 'ring' } as const;
    server.ask({ ...create, rings: [played.ring('rig', ['a'])] });
    server.ask({ do: 'start', rollout: 1 });
    server.ask({ do: 'withdraw-release', release: fresh.hash });
    expect(server.state.rollouts.get(1)).toMatchObject({ state: 'PAUSED', pausedBy: 'release-withdrawn' });
    const withdrawn = /its release was withdrawn; stop it, or roll it back|was withdrawn; take another/;
    expect(() => server.ask({ do: 'resume', rollout: 1 })).toThrow(withdrawn);
    expect(() => server.ask({ ...create, rings: [played.ring('rig', ['b'])] })).toThrow(withdrawn);
    const events = server.log.length;
    server.ask({ do: 'withdraw-release', release: fresh.hash });
    expect(server.log).toHaveLength(events);
    server.ask({ do: 'add-release', release: fresh });
    server.ask({ do: 'resume', rollout: 1 });
    expect(server.state.rollouts.get(1)?.state).toBe('RUNNING');
  });

  test('takes back a device that would not cancel, once it has confirmed', () => {
    const behaviours: Behaviour[] = ['refuses', 'will-not-cancel'];
    const { outcome, devices } = playStory({ behaviours, sizes: [2], deaths: [] });
    expect(outcome).toMatchObject({ state: 'STOPPED', images: { [nameOf(1)]: 'old' } });
    expect(devices[1].installs).toEqual({ [images.new]: 1, [images.old]: 1 });
  });

  test('ends as it would have ended, wherever its server dies: nothing is applied twice, nothing is forgotten', () => {
    const deaths = fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 12 });
    fc.assert(
      fc.property(stories, deaths, (story, at) => {
        const alone = playStory({ ...story, deaths: [] });
        const killed = playStory({ ...story, deaths: at });
        expect(brokenPromises(alone)).toEqual([]);
        expect(brokenPromises(killed)).toEqual([]);
        // Where nobody goes back, who was quicker than the stop keeps the release.
        const { images: _, ...rest } = alone.outcome;
        expect(killed.outcome).toMatchObject(story.onError === 'hold' ? rest : alone.outcome);
      }),
      cases(150),
    );
  });

  test('ends the same when its server dies at every single event of a story', () => {
    const story = { behaviours: [...good(3), 'goes-back' as const, ...good(2)], sizes: [2, 3, 1] };
    const alone = playStory({ ...story, deaths: [] });
    for (let death = 1; death <= alone.server.log.length; death++) {
      const killed = playStory({ ...story, deaths: [death] });
      expect(killed.server.deaths).toBe(1);
      expect({ ...killed.outcome, broken: brokenPromises(killed) }).toEqual({ ...alone.outcome, broken: [] });
    }
  });

  test('is found out when it gives a ring its actions before the ring before is finished', () => {
    const end = playStory({ behaviours: good(2), sizes: [1, 1], deaths: [] });
    const at = end.server.log.findIndex(({ type }) => type === 'ring-finished');
    end.server.log.splice(at, 1);
    expect(brokenPromises(end).join()).toMatch(/device-0001 is updated before its ring's turn/);
  });
});
