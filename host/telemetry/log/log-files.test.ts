// The files of a log: who has them, and what becomes of those that the disk has damaged.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { entries, nameOf } from '../testing/records.ts';
import { hostTime } from '../time.ts';
import { DiskLog } from './disk-log.ts';
import { LogBench as Bench } from './testing/log-bench.ts';

const now = new AbortController().signal;
const options = { time: hostTime, syncWithinMs: 1 };

describe('files', () => {
  test('a log is for one process', () => {
    const bench = new Bench();
    expect(() => bench.open()).toThrow(/\/log is in use/);
  });

  test('bytes that the disk has lost in the middle are passed, and put aside at the end', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'coldrig-log-'));
    try {
      const log = DiskLog.open(folder, options);
      await log.append(entries('a', 1, 0, 10));
      await log.close();
      const path = join(folder, '0000000000000000.log');
      const bytes = readFileSync(path);
      bytes[Math.floor(bytes.length / 2)] ^= 0xff;
      writeFileSync(path, bytes);
      const again = DiskLog.open(folder, options);
      expect(again.damaged).toMatch(/0000000000000000\.log\.\d+\.damaged$/);
      const there = (await (await again.reader('one')).read(100, now)).map(nameOf);
      expect(there).toEqual(entries('a', 1, 0, there.length).map(nameOf));
      // The device was told that it may forget them: what is left of them is in the file.
      expect(readFileSync(again.damaged as string).length).toBeGreaterThan(100);
      await again.close();
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test.each([
    ['the head of the last segment', 20, 42],
    ['its first entry as well', 700, 36],
  ])('that lost %s opens, knows what it had, and goes on', async (_, damagedTo, kept) => {
    const bench = new Bench({ segmentBytes: 6_000 });
    for (let first = 0; first < 42; first += 6) await bench.append(entries('a', 1, first, 6));
    await bench.log.close();
    const last = bench.disk
      .list('/log')
      .filter((name) => name.endsWith('.log'))
      .sort()
      .at(-1) as string;
    expect(Number.parseInt(last, 10)).toBe(36);
    const bytes = bench.disk.read(`/log/${last}`, 0).slice();
    bytes.fill(0xee, 4, damagedTo);
    bench.disk.fake.put(`/log/${last}`, bytes);
    bench.open();
    expect(bench.log.damaged).toBe(`/log/${last}.damaged`);
    expect(bench.disk.read(`/log/${last}.damaged`, 0)).toEqual(bytes);
    expect(await bench.names()).toEqual(entries('a', 1, 0, kept).map(nameOf));
    const { outcomes } = await bench.append(entries('a', 1, 0, 44));
    expect(outcomes).toEqual(Array.from({ length: 44 }, (__, at) => (at < kept ? 'repeat' : 'stored')));
    await bench.log.close();
    bench.open();
    expect(bench.log.damaged).toBeUndefined();
    expect(await bench.names(bench.log, 'again')).toEqual(entries('a', 1, 0, 44).map(nameOf));
  });

  test('a reader of a damaged segment in the middle goes on behind it', async () => {
    const bench = new Bench();
    await bench.append(entries('a', 1, 0, 40));
    await bench.append(entries('a', 1, 40, 1));
    await bench.log.close();
    const path = '/log/0000000000000000.log';
    const bytes = bench.disk.read(path, 0).slice();
    bytes[Math.floor(bytes.length / 2)] ^= 0xff;
    bench.disk.fake.put(path, bytes);
    bench.open();
    const there = await bench.names();
    expect(there.length).toBe(40);
    expect(there.slice(-1)).toEqual(['a/1/40']);
  });
});
