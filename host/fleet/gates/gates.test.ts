// Gates: readings after an update against those before it. What is not known is no pass, and what is worse stops the rollout.

import { describe, expect, test } from 'vitest';
import { FakeLogDisk } from '../../telemetry/log/testing/fake-log-disk.ts';
import { VirtualTime } from '../../telemetry/testing/virtual-time.ts';
import { localAccess, noAudit } from '../doors.ts';
import { Fleet } from '../fleet.ts';
import { rolloutSummary } from '../manage/summary.ts';
import type { FleetCommand } from '../rollout/commands.ts';
import type { GateLimits } from '../rollout/events.ts';
import type { Rollout } from '../rollout/state.ts';
import { images, played } from '../testing/play-fleet.ts';
import { GateWatch } from './gate-watch.ts';
import { baselineFrom, type Judgement, judge } from './judge.ts';
import type { Readings } from './readings.ts';

const never = new AbortController().signal;
const subject = { device: 'a', cryostat: 'north' };
const limits: GateLimits = { heartbeatMs: 5_000, temperatureKelvin: 0.05, powerShare: 0.1, calibrationDecibel: 3 };

interface Parts {
  kelvin?: number;
  watts?: number;
  snr?: number;
  agoMs?: number;
  alerts?: Readings['alerts'];
}

/** Readings of devices; those that are left out are missing. */
function readings(parts: Parts, devices: readonly string[] = ['a']): Readings {
  const each = <Value>(value: Value | undefined) =>
    new Map(value === undefined ? [] : devices.map((device): [string, Value] => [device, value]));
  const { kelvin, watts, snr, agoMs, alerts = [] } = parts;
  return {
    temperatureKelvin: each(kelvin === undefined ? undefined : { '4K': 4, MXC: kelvin }),
    ...{ powerWatts: each(watts), heartbeatAgoMs: each(agoMs), alerts },
    snrDecibel: each(snr === undefined ? undefined : { 0: 20, 3: snr }),
  };
}

const usual: Parts = { kelvin: 0.02, watts: 2, snr: 18, agoMs: 400 };
const baseline = baselineFrom(readings(usual), subject, limits);

describe('a device with its new image', () => {
  const bad = (gate: string, detail: string): object => ({ is: 'bad', gate, detail });
  test.each<[string, Parts, object]>([
    ['is good as it was', usual, { is: 'good' }],
    ['is good a little worse', { kelvin: 0.069, watts: 2.19, snr: 15.1, agoMs: 4_900 }, { is: 'good' }],
    [
      'is warm',
      { ...usual, kelvin: 0.08 },
      bad('temperature', 'MXC is at 0.08 K, 0.02 K under the old image; at most 0.05 K more'),
    ],
    [
      'takes more',
      { ...usual, watts: 2.3 },
      bad('power', 'it takes 2.3 W, 15 % more than under the old image; at most 10 %'),
    ],
    [
      'reads worse',
      { ...usual, snr: 14 },
      bad('calibration', '3 is at 14 dB, 18 dB under the old image; at most 3 dB less'),
    ],
    ['is silent', { ...usual, agoMs: 5_100 }, bad('heartbeat', 'no heartbeat for 5.1 s, at most 5 s')],
    ['was never heard', { ...usual, agoMs: undefined }, bad('heartbeat', 'no heartbeat for 60 s, at most 5 s')],
    ['has no temperature', { ...usual, kelvin: undefined }, { is: 'missing', what: 'temperature 4K' }],
    ['has no power', { ...usual, watts: undefined }, { is: 'missing', what: 'power' }],
    ['has no readout', { ...usual, snr: undefined }, { is: 'missing', what: 'calibration 0' }],
    ['is bad in one and missing in another', { kelvin: 1, agoMs: 400, snr: 18 }, { is: 'bad', gate: 'temperature' }],
  ])('%s', (_what, parts, expected) => {
    if (typeof baseline === 'string') throw new Error(baseline);
    expect(judge(readings(parts), subject, limits, baseline, 60_000)).toMatchObject(expected);
  });

  test('is not good before its first heartbeat, and bad where another gate finds it bad meanwhile', () => {
    if (typeof baseline === 'string') throw new Error(baseline);
    const soon = (parts: Parts) => judge(readings({ ...usual, ...parts }), subject, limits, baseline, 1_000);
    expect(soon({ agoMs: undefined })).toEqual({ is: 'missing', what: 'heartbeats' });
    expect(soon({ agoMs: undefined, kelvin: 0.2 })).toMatchObject({ is: 'bad', gate: 'temperature' });
  });

  test('is held up by an alert about it, or about its cryostat, that did not fire before', () => {
    const old = { device: 'a', cryostat: 'north', name: 'InterlockTripped' };
    const before = baselineFrom(readings({ alerts: [old] }), subject, { alerts: true });
    const found = (name: string, device: string | undefined, cryostat: string): Judgement['is'] =>
      judge(readings({ alerts: [old, { name, device, cryostat }] }), subject, { alerts: true }, before as never, 0).is;
    expect(found('InterlockTripped', 'a', 'north')).toBe('good');
    expect(found('Hot', 'a', 'north')).toBe('bad');
    expect(found('CryostatDown', undefined, 'north')).toBe('bad');
    expect([found('Hot', 'b', 'north'), found('CryostatDown', undefined, 'south')]).toEqual(['good', 'good']);
  });
});

describe('a rollout with gates', () => {
  /** A fleet whose source says what the test puts there; time goes in steps of a second, the watch looks each five. */
  async function story(gates: GateLimits = limits) {
    const [time, disk, troubles] = [new VirtualTime(), new FakeLogDisk(), [] as string[]];
    const source: { now: Readings | Error } = { now: readings(usual, ['a', 'b']) };
    const watch = () =>
      new GateWatch({
        source: {
          async read() {
            if (source.now instanceof Error) throw source.now;
            return source.now;
          },
        },
        onTrouble: (reason) => troubles.push(reason),
      });
    let gate = watch();
    const open = () => {
      gate = watch();
      return time.until(Fleet.open({ folder: '/f', time, access: localAccess, audit: noAudit, disk, readings: gate }));
    };
    let fleet = await open();
    const ask = (command: FleetCommand, kind: 'person' | 'device' = 'person', name = 'ada') =>
      time.until(fleet.ask({ kind, name }, command));
    const pass = async (seconds: number) => {
      for (let second = 0; second < seconds; second++) {
        await time.pass(1_000);
        await time.until(fleet.tick());
        if (second % 5 === 0) await time.until(gate.look(fleet, never));
      }
    };
    const report = (device: string, image: string) =>
      ask({ do: 'report', device, attributes: { 'image.hash': image } }, 'device', device);
    for (const device of ['a', 'b']) {
      await ask({ do: 'add-device', device, cryostat: 'north' });
      await report(device, images.old);
    }
    for (const name of ['old', 'new']) await ask({ do: 'add-release', release: played.release(name) });
    const rings = [
      played.ring('rig', ['a'], { gates, soakMs: 120_000 }),
      played.ring('rest', ['b'], { gates, soakMs: 120_000 }),
    ];
    await ask({ do: 'create-rollout', name: 'one', release: images.new, rings, onError: 'ring' });
    await ask({ do: 'start', rollout: 1 });
    const rollout = () => fleet.state.rollouts.get(1) as Rollout;
    const confirm = async (device: string) => {
      await report(device, images.new);
      const action = fleet.state.devices.get(device)?.open as number;
      const closed = { action, execution: 'closed', finished: 'success', detail: '' } as const;
      return ask({ do: 'feedback', device, ...closed }, 'device', device);
    };
    return {
      ...{ time, source, troubles, pass, confirm, rollout },
      waitsFor: () => rolloutSummary(fleet.state, rollout(), fleet.nowMs(), gate).waitsFor,
      baseline: () => [...fleet.state.actions.values()].map((action) => action.baseline),
      restart: async () => {
        await time.until(fleet.close());
        fleet = await open();
      },
    };
  }

  test('ends when every device was judged good after its soak time; each has its readings before', async () => {
    const of = await story();
    await of.pass(10);
    expect(of.baseline()).toEqual([
      { temperatureKelvin: { '4K': 4, MXC: 0.02 }, snrDecibel: { 0: 20, 3: 18 }, powerWatts: 2, alerts: [] },
    ]);
    await of.confirm('a');
    await of.pass(140);
    await of.confirm('b');
    await of.pass(140);
    expect(of.rollout().state).toBe('FINISHED');
  });

  test('waits, and says for what, while there are no readings, before or after, or nobody answers', async () => {
    const of = await story();
    of.source.now = readings({ ...usual, kelvin: undefined }, ['a', 'b']);
    await of.pass(20);
    expect(of.waitsFor()).toBe(
      'readings under the old image, which the gates need: 1 device, the first is a (temperatures under its old image)',
    );
    of.source.now = readings(usual, ['a', 'b']);
    await of.pass(10);
    await of.confirm('a');
    await of.pass(100);
    of.source.now = new Error('no answer');
    await of.pass(300);
    expect(of.troubles).toEqual(['gates wait for readings: no answer']);
    expect(of.rollout().rings[0].state).toBe('RUNNING');
    of.source.now = readings({ ...usual, watts: undefined }, ['a', 'b']);
    await of.pass(10);
    expect(of.waitsFor()).toMatch(/^readings after the update, .* the first is a \(power\)$/);
    await of.restart();
    await of.pass(10);
    expect(of.rollout().rings[0].state).toBe('RUNNING');
    of.source.now = readings(usual, ['a', 'b']);
    await of.pass(10);
    expect(of.rollout().rings[0].state).toBe('FINISHED');
  });

  test.each<[string, Parts, RegExp]>([
    ['is silent', { ...usual, agoMs: 9_000 }, /heartbeat of a: no heartbeat for/],
    ['is warm', { ...usual, kelvin: 0.2 }, /temperature of a: MXC is at 0\.2 K/],
    ['takes more power', { ...usual, watts: 3 }, /power of a: it takes 3 W, 50 % more/],
    ['reads worse', { ...usual, snr: 9 }, /calibration of a: 3 is at 9 dB/],
  ])('stops in its first ring when a device %s in its soak time, and takes it back', async (_what, parts, cause) => {
    const of = await story();
    await of.pass(10);
    await of.confirm('a');
    await of.pass(70);
    of.source.now = readings(parts, ['a', 'b']);
    await of.pass(10);
    expect(of.rollout()).toMatchObject({ state: 'STOPPING', rings: [{ state: 'ERROR' }, { state: 'SCHEDULED' }] });
    expect(of.rollout().cause).toMatch(cause);
    expect(of.rollout().alerts).toHaveLength(1);
  });
});
