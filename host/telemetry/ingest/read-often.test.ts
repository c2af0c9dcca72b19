// How often an ingester asks its store to take something.

import { expect, test } from 'vitest';
import { DiskLog } from '../log/disk-log.ts';
import { FakeLogDisk } from '../log/testing/fake-log-disk.ts';
import { PlayedStore } from '../testing/play-store.ts';
import { entry } from '../testing/records.ts';
import { VirtualTime } from '../testing/virtual-time.ts';
import { Ingester } from './ingester.ts';
import { RemoteWrite } from './remote-write.ts';

test('records that come one after the other go to the store together, at most ten times a second; after a silence one goes at once', async () => {
  const [time, played, stop] = [new VirtualTime(), new PlayedStore(), new AbortController()];
  const log = DiskLog.open('/log', { time, disk: new FakeLogDisk() });
  const ingester = new Ingester({
    ...{ name: 'one', reader: await log.reader('store'), store: new RemoteWrite('store', played.post), time },
    ...{ keep: () => {}, lag: async () => 0 },
  });
  void ingester.run(stop.signal);
  const putAndPass = async (sequence: number, milliseconds: number) => {
    await time.until(log.append([entry('a', 1, sequence, 'critical')]));
    await time.pass(milliseconds);
  };
  const begunMs = time.monotonicMs();
  for (let sequence = 0; sequence < 100; sequence++) await putAndPass(sequence, 10);
  const tenths = (time.monotonicMs() - begunMs) / 100;
  expect(tenths).toBeGreaterThan(8);
  expect(played.requests).toBeGreaterThan(tenths / 2);
  expect(played.requests).toBeLessThan(tenths + 2);
  await time.pass(1_000);
  expect(ingester.records).toBe(100);
  const before = played.requests;
  await putAndPass(100, 5);
  expect(played.requests).toBe(before + 1);
  stop.abort();
});
