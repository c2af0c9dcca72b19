// The log on disk: the contract of every log on real files, and what only a disk can do, on a disk in memory.

import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { chooser } from '../../board/random.ts';
import { seeds } from '../../board/testing/cases.ts';
import { entries, entry, nameOf } from '../testing/records.ts';
import { VirtualTime } from '../testing/virtual-time.ts';
import { hostTime } from '../time.ts';
import { DiskLog } from './disk-log.ts';
import { Seen } from './seen.ts';
import { sizeOfEntry } from './segment.ts';
import { testLogContract } from './testing/contract.ts';
import { FakeLogDisk } from './testing/fake-log-disk.ts';
import { LogBench as Bench } from './testing/log-bench.ts';

const now = new AbortController().signal;
const options = { time: hostTime, syncWithinMs: 1 };

testLogContract('the log on disk', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'coldrig-log-'));
  const open: DiskLog[] = [];
  return {
    async open(bytesMost) {
      open.push(DiskLog.open(folder, { ...options, bytesMost, segmentBytes: 2_000 }));
      return open[open.length - 1];
    },
    // Its lock ends with the process, so it has to be given back here; killed.test.ts kills a real one.
    kill: (log) => log.close(),
    async clear() {
      for (const log of open) await log.close().catch(() => {});
      rmSync(folder, { recursive: true });
    },
  };
});

describe('a loss of power', () => {
  /** Where `isEarly`, answers are taken before the sync, as a log would give them that forgets it. */
  async function lostAfterCut(seed: number, isEarly: boolean): Promise<string[]> {
    const bench = new Bench();
    const luck = chooser(seed);
    const told: string[] = [];
    let cutAt = 5 + luck(200);
    let after: FakeLogDisk | undefined;
    bench.disk.fake.onOperation = () => {
      if (cutAt-- === 0) after = bench.disk.afterPowerOff(luck);
    };
    for (let sequence = 0; after === undefined && sequence < 400; sequence += 3) {
      const answers = entries('a', 1, sequence, 3, luck(4) === 0 ? 'critical' : 'heartbeat').map((one) => {
        const answer = bench.log.append([one]);
        if (isEarly && after === undefined) told.push(nameOf(one));
        return answer.then(({ taken }) => {
          if (!isEarly && taken === 1 && after === undefined) told.push(nameOf(one));
        });
      });
      await bench.time.until(Promise.all(answers), 10);
    }
    bench.disk = after as unknown as FakeLogDisk;
    bench.open();
    const there = await bench.names();
    expect(there).toEqual(entries('a', 1, 0, there.length).map(nameOf));
    // It goes on where it was.
    await bench.append(entries('a', 1, 0, there.length + 2));
    expect(await bench.names(bench.log, 'again')).toEqual(entries('a', 1, 0, there.length + 2).map(nameOf));
    return told.filter((name) => !there.includes(name));
  }

  test('at any operation leaves all that was answered, in order, and no part of anything else', async () => {
    for (const seed of seeds(100)) expect(await lostAfterCut(seed, false), `seed ${seed}`).toEqual([]);
  });

  test('shows a log that answers before its sync', async () => {
    let lost = 0;
    for (const seed of seeds(20)) lost += (await lostAfterCut(seed, true)).length;
    expect(lost).toBeGreaterThan(0);
  });
});

describe('a disk that fails', () => {
  test('a failed sync is an answer: nothing of it counts, and it can be written again', async () => {
    const bench = new Bench();
    await bench.append(entries('a', 1, 0, 2));
    bench.disk.failingSyncs = 1;
    const { outcomes, taken, reason } = await bench.append(entries('a', 1, 2, 2));
    expect({ outcomes, taken }).toEqual({ outcomes: ['failed', 'failed'], taken: 0 });
    expect(reason).toMatch(/\/log cannot be written: the disk reports an error \(EIO\)/);
    expect(await bench.names()).toEqual(['a/1/0', 'a/1/1']);
    expect((await bench.append(entries('a', 1, 2, 2))).outcomes).toEqual(['stored', 'stored']);
    expect(await bench.names(bench.log, 'again')).toEqual(entries('a', 1, 0, 4).map(nameOf));
  });

  test('as long as it fails, every append says so; then the log goes on', async () => {
    const bench = new Bench();
    await bench.append(entries('a', 1, 0, 1));
    bench.disk.failingSyncs = 5;
    for (let i = 0; i < 3; i++) expect((await bench.append(entries('a', 1, 1, 1))).taken).toBe(0);
    bench.disk.failingSyncs = 0;
    expect((await bench.append(entries('a', 1, 1, 1))).outcomes).toEqual(['stored']);
    expect(await bench.names()).toEqual(['a/1/0', 'a/1/1']);
  });

  test('a full disk refuses, keeps what is there, and takes more when there is room', async () => {
    const bench = new Bench();
    bench.disk.room = 3_000;
    let count = 0;
    for (;;) {
      const { outcomes, reason } = await bench.append([entry('a', 1, count)]);
      if (outcomes[0] === 'full') {
        expect(reason).toMatch(/the disk is full \(ENOSPC\)/);
        break;
      }
      count++;
    }
    expect(count).toBeGreaterThan(5);
    expect((await bench.append([entry('a', 1, count, 'critical')])).outcomes).toEqual(['full']);
    bench.disk.room = 10_000;
    expect((await bench.append([entry('a', 1, count)])).outcomes).toEqual(['stored']);
    expect(await bench.names()).toEqual(entries('a', 1, 0, count + 1).map(nameOf));
  });
});

test('a disk that is full already is told with the name of the log', () => {
  const disk = new FakeLogDisk();
  disk.room = 0;
  const open = () => DiskLog.open('/log', { disk, time: new VirtualTime() });
  expect(open).toThrow('the log /log cannot be opened: the disk is full (ENOSPC)');
  disk.room = 1e6;
  open().close();
});

describe('appends that share a sync', () => {
  test('that a full disk has room for the first of: those are taken, the rest is refused, and everyone is told what became of his own', async () => {
    const bench = new Bench();
    await bench.append([entry('a', 1, 0)]);
    bench.disk.room = bench.log.status().bytes + 2.5 * sizeOfEntry(entry('a', 1, 0));
    const answers = await bench.time.until(
      Promise.all([
        bench.log.append([entry('a', 1, 1)]),
        bench.log.append([entry('b', 1, 0)]),
        bench.log.append([entry('a', 1, 1), entry('a', 1, 2)]),
        bench.log.append([entry('b', 1, 0)]),
      ]),
      10,
    );
    expect(answers.map(({ outcomes, taken }) => [outcomes, taken])).toEqual([
      [['stored'], 1],
      [['stored'], 1],
      [['full', 'full'], 0],
      [['full'], 0],
    ]);
    bench.disk.room = Number.POSITIVE_INFINITY;
    expect((await bench.append([entry('a', 1, 1), entry('a', 1, 2)])).outcomes).toEqual(['repeat', 'stored']);
    expect(await bench.names()).toEqual(['a/1/0', 'a/1/1', 'b/1/0', 'a/1/2']);
    await bench.log.close();
    bench.open();
    expect(await bench.names()).toEqual(['a/1/0', 'a/1/1', 'b/1/0', 'a/1/2']);
  });

  test('are one write of the disk', async () => {
    const bench = new Bench();
    let operations = 0;
    bench.disk.fake.onOperation = () => void operations++;
    const appended = (count: number) =>
      bench.time.until(Promise.all(entries(`d${count}`, 1, 0, count).map((one) => bench.log.append([one]))), 10);
    await appended(1);
    const ofOne = operations;
    await appended(5);
    expect(operations).toBe(2 * ofOne);
  });
});

describe('room', () => {
  test('what every reader has committed makes room for more', async () => {
    const bench = new Bench({ bytesMost: 8_000 });
    const reader = await bench.log.reader('one');
    let last = -1;
    for (let sequence = 0; sequence < 300; sequence += 5) {
      expect((await bench.append(entries('a', 1, sequence, 5))).taken).toBe(5);
      const read = await reader.read(100, now);
      last = read[read.length - 1].position;
      await reader.commit(last);
    }
    expect(last).toBe(299);
    expect(bench.log.status().bytes).toBeLessThan(8_000);
    expect((await bench.append(entries('a', 1, 0, 5))).outcomes).toEqual(Array(5).fill('repeat'));
  });

  test('what is too old is told by device before it is removed', async () => {
    const bench = new Bench({ hoursMost: 24 });
    const reader = await bench.log.reader('one');
    for (let hour = 0; hour < 30; hour++) {
      await bench.append([...entries('a', 1, hour * 2, 2), entry('b', 3, hour)]);
      await bench.time.pass(3_600_000);
    }
    await reader.commit((await reader.read(4, now))[3].position);
    const expired = bench.log.expired();
    const [a, b] = expired?.losses ?? [];
    expect(a).toMatchObject({ device: 'a', first: { boot: 1, sequence: 3 } });
    expect(b).toMatchObject({ device: 'b', first: { boot: 3, sequence: 1 } });
    expect(a.count).toBe(a.last.sequence - 2);
    expired?.remove();
    expect(bench.log.expired()).toBeUndefined();
    const [next] = await (await bench.log.reader('one')).read(1, now);
    expect(nameOf(next)).toBe(`a/1/${a.last.sequence + 1}`);
    expect((await bench.append([entry('a', 1, 0)])).outcomes).toEqual(['repeat']);
  });

  test('a step of the host’s clock makes nothing old', async () => {
    const bench = new Bench();
    await bench.append(entries('a', 1, 0, 40));
    await bench.append(entries('a', 1, 40, 40));
    bench.time.wallAheadMs += 100 * 24 * 3_600_000;
    await bench.append(entries('a', 1, 80, 40));
    expect(bench.log.expired()).toBeUndefined();
  });
});

describe('what was seen', () => {
  test('beyond its bound a number is refused by name, and never taken', () => {
    const seen = new Seen([], 3);
    for (const sequence of [0, 2, 4, 6]) seen.add('a', { boot: 1, sequence });
    expect([0, 1, 2, 3, 6, 7].map((sequence) => seen.look('a', { boot: 1, sequence }))).toEqual([
      'beyond',
      'new',
      'repeat',
      'new',
      'repeat',
      'new',
    ]);
    const again = new Seen(seen.data(), 3);
    expect(again.look('a', { boot: 1, sequence: 0 })).toBe('beyond');
    expect(again.last('a')).toEqual({ boot: 1, sequence: 6 });
  });
});

describe('a log whose folder is moved away while it is used', () => {
  let place: string;
  beforeEach(() => {
    place = mkdtempSync(join(tmpdir(), 'coldrig-log-'));
  });
  afterEach(() => rmSync(place, { recursive: true }));

  test('keeps nothing where nobody would find it, also in a new folder of that name, and goes on when its own is back', async () => {
    const [folder, aside] = [join(place, 'log'), join(place, 'aside')];
    const log = DiskLog.open(folder, options);
    expect((await log.append(entries('a', 1, 0, 1))).taken).toBe(1);
    renameSync(folder, aside);
    const refused = { taken: 0, reason: expect.stringContaining('was deleted, moved or replaced while it was in use') };
    for (let attempt = 0; attempt < 2; attempt++) {
      expect(await log.append(entries('a', 1, 1, 1))).toMatchObject(refused);
      mkdirSync(folder, { recursive: true });
    }
    expect(readdirSync(folder)).toEqual([]);
    rmdirSync(folder);
    renameSync(aside, folder);
    await log.append(entries('a', 1, 1, 2));
    await log.close();
    const again = DiskLog.open(folder, options);
    expect(again.status()).toMatchObject({ end: 3 });
    await again.close();
  });
});
