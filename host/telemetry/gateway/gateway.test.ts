// How a gateway shares its devices out among its loops. That no record is lost on the way is told by ../faults.test.ts.

import { expect, test } from 'vitest';
import { decodeCbor } from '../../tools/telemetry/envelope.ts';
import type { Claim } from '../calibration/claim-watch.ts';
import { DiskLog, type DiskLogOptions } from '../log/disk-log.ts';
import { FakeLogDisk } from '../log/testing/fake-log-disk.ts';
import { PlayedDevice } from '../testing/play-device.ts';
import { VirtualTime } from '../testing/virtual-time.ts';
import { Gateway, type GatewayEvent } from './gateway.ts';
import { Quarantine } from './quarantine.ts';

/** One device that is reached in several ways, each of which can be cut. */
function bench(
  targets: readonly string[],
  claim: () => Claim = () => 'free',
  time = new VirtualTime(),
  logOptions: Partial<DiskLogOptions> = {},
) {
  const disk = new FakeLogDisk();
  const events: GatewayEvent[] = [];
  const log = DiskLog.open('/log', { time, disk, ...logOptions });
  const quarantine = new Quarantine(disk, '/log');
  const gateway = new Gateway({
    ...{ name: 'north', version: '0', log, quarantine, time },
    onEvent: (event) => void events.push(event),
  });
  const device = new PlayedDevice('0007', 50);
  const cut = new Set<number>();
  const sources = targets.map((target, index) => ({
    ...device.source(time, () => !cut.has(index)),
    ...{ target, claim: async () => claim() },
  }));
  const life = new AbortController();
  void gateway.run(sources, life.signal).catch(() => {});
  const told = () => events.splice(0).map((event) => [event.event, 'target' in event ? event.target : '']);
  return { time, events, cut, gateway, device, disk, told, log, end: () => life.abort(new Error('ended')) };
}

test.each([
  ['two targets', ['udp://a:1337', 'serial://b']],
  ['one target that is given twice', ['udp://a:1337', 'udp://a:1337']],
])('a device that is reached by %s is served by one loop', async (_what, targets) => {
  const { time, events, gateway, end } = bench(targets);
  await time.pass(3_000);
  expect(events).toEqual([
    { event: 'device', target: targets[0], device: '0007' },
    {
      ...{ event: 'silent', target: targets[1] },
      reason: `it is device 0007, which ${targets[0]} reaches already: leave one of the two out`,
    },
  ]);
  expect(gateway.answering.size).toBe(1);
  end();
});

test('a device that answers elsewhere now is served there', async () => {
  const { time, cut, told, end } = bench(['udp://a:1337', 'serial://b']);
  await time.pass(3_000);
  told();
  cut.add(0);
  await time.pass(30_000);
  expect(told()).toEqual([
    ['silent', 'udp://a:1337'],
    ['device', 'serial://b'],
  ]);
  end();
});

test('that a client has claimed the readout is on record, and that it has ended', async () => {
  let claim: Claim = 'free';
  const { time, log, end } = bench(['udp://a:1337'], () => claim);
  await time.pass(10_000);
  claim = { id: 7 };
  await time.pass(70_000);
  claim = 'free';
  await time.pass(10_000);
  const entries = await (await log.reader('check')).read(1_000, new AbortController().signal);
  const told = entries.map(({ bytes }) => decodeCbor(bytes)).filter(({ kind }) => kind === 'calibration');
  expect(told.map(({ body }) => [body.of, body.ofCryostat, body.because, body.state])).toEqual(
    ['begun', 'lasts', 'ended'].map((state) => ['0007', 'north', 'CLAIM', state]),
  );
  end();
});

test('a gateway whose log was lost numbers its own records as none before, so that a hub does not take them for repeats', async () => {
  const time = new VirtualTime();
  const hub = DiskLog.open('/hub', { time, disk: new FakeLogDisk() });
  for (const which of ['the first log', 'a new log']) {
    const { log, end } = bench([], undefined, time);
    await time.pass(2_000);
    const started = await (await log.reader('check')).read(10, new AbortController().signal);
    end();
    expect(started.map(({ bytes }) => decodeCbor(bytes).kind)).toEqual(['started']);
    expect([which, (await time.until(hub.append(started))).outcomes]).toEqual([which, ['stored']]);
  }
});

test('what has waited too long goes only when there is room to say so', async () => {
  const { time, disk, log, device, end } = bench(['udp://a:1337'], undefined, new VirtualTime(), {
    hoursMost: 1,
  });
  await log.reader('up');
  // Of two segments; the one that is written to is never too old.
  for (let made = 0; made < 2; made++) {
    device.make(2);
    await time.pass(200_000);
  }
  await time.pass(3_300_000);
  disk.room = 0;
  await time.pass(400_000);
  const told = async () => {
    const entries = await log.follower('check').read(1_000, new AbortController().signal);
    return entries.map(({ bytes }) => decodeCbor(bytes)).map(({ kind, body }) => [kind, body.of, body.count]);
  };
  expect((await told()).map(([kind]) => kind)).toEqual(['started', 'event', 'event']);
  disk.room = Number.POSITIVE_INFINITY;
  await time.pass(600_000);
  expect((await told()).filter(([kind]) => kind !== 'started')).toEqual([
    ['event', undefined, undefined],
    ['given-up', 'north', 1],
    ['given-up', '0007', 1],
  ]);
  end();
});

test('devices are asked once a second, spread over it, also when one sync has answered many of them', async () => {
  const time = new VirtualTime();
  const disk = new FakeLogDisk();
  const quarantine = new Quarantine(disk, '/log');
  const log = DiskLog.open('/log', { time, disk });
  const gateway = new Gateway({ ...{ name: 'north', version: '0', log, quarantine, time } });
  const asked: number[] = [];
  const sources = Array.from({ length: 40 }, (_, number) => {
    const device = new PlayedDevice(`${number}`, 50);
    const source = device.source(time, () => true);
    const read: typeof source.read = (after, signal) => {
      asked.push(time.monotonicMs());
      // Something for the log in each poll, so that each waits for a sync.
      device.make(1);
      return source.read(after, signal);
    };
    return { ...source, read };
  });
  const life = new AbortController();
  void gateway.run(sources, life.signal).catch(() => {});
  await time.pass(59_990);
  asked.length = 0;
  await time.pass(10_000);
  life.abort(new Error('ended'));
  const tenths = Array.from({ length: 100 }, () => 0);
  for (const ms of asked) tenths[Math.floor((ms - 59_990) / 100)]++;
  expect(asked).toHaveLength(400);
  expect(tenths).toEqual(tenths.map(() => 4));
});
