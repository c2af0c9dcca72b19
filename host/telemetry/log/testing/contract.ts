// What every log of records promises (record-log.ts), as tests: the same for the log on disk and for the one on a NATS server.

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { entries, entry, nameOf } from '../../testing/records.ts';
import type { LogReader, RecordLog } from '../record-log.ts';

/** A place where a log is: what was in it is there again when it is opened again. */
export interface LogPlace {
  /** With so many bytes of room, where given. */
  open(bytesMost?: number): Promise<RecordLog>;
  /** Ends the process that has it, without a word to it. */
  kill(log: RecordLog): Promise<void>;
  clear(): Promise<void>;
}

let place: LogPlace;
const patient = new AbortController().signal;

async function taken(reader: LogReader, count: number): Promise<string[]> {
  const names: string[] = [];
  while (names.length < count) names.push(...(await reader.read(count - names.length, patient)).map(nameOf));
  return names;
}

export function testLogContract(name: string, makePlace: () => Promise<LogPlace>): void {
  describe(name, () => {
    beforeEach(async () => {
      place = await makePlace();
    });
    afterEach(() => place.clear());
    testEntries();
    testReaders();
    testRoom();
  });
}

function testEntries(): void {
  test('tells entries in the order in which they were appended', async () => {
    const log = await place.open();
    const [first, second] = [entries('a', 1, 0, 3), [entry('b', 4, 0, 'critical'), entry('a', 2, 0, 'bulk')]];
    expect(await log.append(first)).toEqual({ outcomes: ['stored', 'stored', 'stored'], taken: 3 });
    expect(await log.append(second)).toEqual({ outcomes: ['stored', 'stored'], taken: 2 });
    const reader = await log.reader('one');
    const read = await taken(reader, 5);
    expect(read).toEqual([...first, ...second].map(nameOf));
    await log.close();
  });

  test('gives back class and bytes as they were', async () => {
    const log = await place.open();
    const given = entry('a', 7, 3, 'critical');
    await log.append([given]);
    const [got] = await (await log.reader('one')).read(10, patient);
    expect({ ...got, bytes: Buffer.from(got.bytes) }).toMatchObject({ ...given, bytes: Buffer.from(given.bytes) });
    await log.close();
  });

  test('takes a record once, in one call, in the next, and after a restart', async () => {
    let log = await place.open();
    const [three] = [entries('a', 1, 0, 3)];
    expect((await log.append([...three, three[1]])).outcomes).toEqual(['stored', 'stored', 'stored', 'repeat']);
    expect((await log.append(three)).outcomes).toEqual(['repeat', 'repeat', 'repeat']);
    await log.close();
    log = await place.open();
    expect((await log.append([...three, entry('a', 1, 3)])).outcomes).toEqual(['repeat', 'repeat', 'repeat', 'stored']);
    expect(await taken(await log.reader('one'), 4)).toEqual(entries('a', 1, 0, 4).map(nameOf));
    await log.close();
  });

  test('takes what comes late, between what is there', async () => {
    const log = await place.open();
    await log.append([entry('a', 1, 0), entry('a', 1, 2), entry('a', 2, 0)]);
    expect((await log.append(entries('a', 1, 0, 4))).outcomes).toEqual(['repeat', 'stored', 'repeat', 'stored']);
    expect(log.lastOf('a')).toEqual({ boot: 2, sequence: 0 });
    await log.close();
  });
}

function testReaders(): void {
  test('has what it called taken after its process was killed', async () => {
    const log = await place.open();
    await log.append(entries('a', 1, 0, 20));
    await place.kill(log);
    const again = await place.open();
    expect(await taken(await again.reader('one'), 20)).toEqual(entries('a', 1, 0, 20).map(nameOf));
    await again.close();
  });

  test('goes on for each reader where it had committed', async () => {
    const log = await place.open();
    await log.append(entries('a', 1, 0, 6));
    const [one, two] = [await log.reader('one'), await log.reader('two')];
    const read = await one.read(4, patient);
    await one.commit(read[1].position);
    await two.commit((await two.read(6, patient))[5].position);
    await place.kill(log);
    const again = await place.open();
    expect(await taken(await again.reader('one'), 4)).toEqual(entries('a', 1, 2, 4).map(nameOf));
    await again.append([entry('a', 1, 6)]);
    expect(await taken(await again.reader('two'), 1)).toEqual(['a/1/6']);
    await again.close();
  });

  test('lets a reader wait for what comes, until it is told to stop', async () => {
    const log = await place.open();
    const reader = await log.reader('one');
    const coming = reader.read(5, patient);
    await log.append([entry('a', 1, 0)]);
    expect((await coming).map(nameOf)).toEqual(['a/1/0']);
    const stop = new AbortController();
    const never = reader.read(5, stop.signal);
    stop.abort(new Error('enough'));
    await expect(never).rejects.toThrow('enough');
    await log.close();
  });

  test('shows nobody a mark, and knows it', async () => {
    const log = await place.open();
    const mark = { ...entry('a', 1, 0), bytes: new Uint8Array(0) };
    await log.append([mark, entry('a', 1, 1)]);
    expect((await log.append([entry('a', 1, 0)])).outcomes).toEqual(['repeat']);
    expect(await taken(await log.reader('one'), 1)).toEqual(['a/1/1']);
    await log.close();
  });
}

function testRoom(): void {
  test('refuses bulk first, then heartbeats, and critical records last; what was refused is new the next time', async () => {
    const log = await place.open(8_000);
    const fill = async (of: 'bulk' | 'heartbeat' | 'critical', boot: number) => {
      for (let sequence = 0; ; sequence++) {
        const { outcomes, taken: done, reason } = await log.append([entry('a', boot, sequence, of)]);
        if (outcomes[0] === 'stored') continue;
        expect({ outcomes, done }).toEqual({ outcomes: ['full'], done: 0 });
        expect(reason).toMatch(/full|no room/);
        return sequence;
      }
    };
    const counts = [await fill('bulk', 1), await fill('heartbeat', 2), await fill('critical', 3)];
    for (const count of counts) expect(count).toBeGreaterThan(0);
    expect(log.admits('critical', 200)).toBe(false);
    const reader = await log.reader('one');
    const all = await reader.read(1000, patient);
    await reader.commit(all[all.length - 1].position);
    expect(all.length).toBe(counts[0] + counts[1] + counts[2]);
    await log.close();
    const larger = await place.open(16_000);
    expect((await larger.append([entry('a', 1, counts[0], 'bulk')])).outcomes).toEqual(['stored']);
    await larger.close();
  });

  test('refuses everything behind an entry that it refuses', async () => {
    const log = await place.open(8_000);
    const long = { ...entry('a', 1, 1, 'bulk'), bytes: new Uint8Array(7_000) };
    const { outcomes, taken: done } = await log.append([entry('a', 1, 0), long, entry('a', 1, 2, 'critical')]);
    expect({ outcomes, done }).toEqual({ outcomes: ['stored', 'full', 'full'], done: 1 });
    expect((await log.append([entry('a', 1, 2, 'critical')])).outcomes).toEqual(['stored']);
    await log.close();
  });
}
