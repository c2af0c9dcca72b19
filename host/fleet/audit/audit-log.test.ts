import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { chooser } from '../../board/random.ts';
import { seeds } from '../../board/testing/cases.ts';
import { FakeLogDisk } from '../../telemetry/log/testing/fake-log-disk.ts';
import { AuditLog } from './audit-log.ts';
import { openCheckpoint } from './checkpoint.ts';
import { decodeEvent } from './event.ts';
import { eventOf, folder, logOf, openOn, signer, signerOf, sourceOn } from './testing/log-in-memory.ts';
import { verifyLog } from './verify.ts';

/** Numbers of the events in a log that verifies. */
async function numbersIn(fake: FakeLogDisk, seen?: Uint8Array): Promise<number[]> {
  const numbers: number[] = [];
  await verifyLog(sourceOn(fake), signer.key, {
    seen: seen && openCheckpoint(seen, signer.key, 'what was seen'),
    onEntry: (_, entry) => numbers.push(Number(decodeEvent(entry)?.what.name)),
  });
  return numbers;
}

const upTo = (count: number) => Array.from({ length: count }, (_, number) => number);

describe('the audit log', () => {
  test('keeps what is recorded, in order, over a restart, and drops partial tiles that are full', async () => {
    const fake = await logOf(1, 2, 252, 1, 300);
    const log = await openOn(fake);
    expect(await log.record(eventOf(556))).toBe(556);
    expect(log.checkpoint().size).toBe(557);
    await log.close();
    expect(await numbersIn(fake)).toEqual(upTo(557));
    expect(fake.fake.list.filter((name) => name.includes('.p/')).sort()).toEqual(
      ['entries/002.p/44', 'entries/002.p/45', '0/002.p/44', '0/002.p/45', '1/000.p/1', '1/000.p/2']
        .map((name) => `${folder}/tile/${name}`)
        .sort(),
    );
  });

  test('keeps an event whose texts are too long or no text at all', async () => {
    const fake = new FakeLogDisk();
    const log = await openOn(fake);
    const event = { ...eventOf(0), reason: '\0'.repeat(70_000), who: { kind: 'device', name: '\ud800' } };
    await Promise.all([
      log.record(event),
      log.record({ ...event, verb: '\0'.repeat(9000), what: { kind: '\0'.repeat(9000), name: '\0'.repeat(9000) } }),
    ]);
    const found: unknown[] = [];
    await verifyLog(sourceOn(fake), signer.key, { onEntry: (_, entry) => found.push(decodeEvent(entry)) });
    expect(found[0]).toMatchObject({
      who: { name: '\ufffd' },
      reason: expect.stringMatching(/… \(68500 more characters\)$/),
    });
    expect(found).toHaveLength(2);
    await expect(log.record({ ...event, time: 'today' })).rejects.toThrow(/not in UTC/);
  });

  test('whose folder is moved away records nothing in a new one of its name, and goes on when it is back', async () => {
    const place = mkdtempSync(join(tmpdir(), 'coldrig-audit-'));
    try {
      const [own, aside] = [join(place, 'audit'), join(place, 'aside')];
      const log = await AuditLog.open({ folder: own, signer });
      await log.record(eventOf(0));
      renameSync(own, aside);
      await expect(log.record(eventOf(1))).rejects.toThrow(/audit cannot be written: the folder was deleted, moved or/);
      mkdirSync(own);
      await expect(log.record(eventOf(1))).rejects.toThrow(/was deleted, moved or replaced while it was in use/);
      expect(readdirSync(own)).toEqual([]);
      rmdirSync(own);
      renameSync(aside, own);
      expect(await log.record(eventOf(1))).toBe(1);
      await log.close();
    } finally {
      rmSync(place, { recursive: true });
    }
  });

  test('is one process’s, and one key’s', async () => {
    const fake = await logOf(3);
    const log = await openOn(fake);
    await expect(openOn(fake)).rejects.toThrow(/in use by another process/);
    await log.close();
    await expect(log.record(eventOf(3))).rejects.toThrow(/closed/);
    await expect(openOn(fake, signerOf(2))).rejects.toThrow(/not signed by/);
    await expect(openOn(fake, signerOf(1, 'another.test/log'))).rejects.toThrow(/not signed by/);
  });

  test('says when the disk fails, and goes on from what is on it', async () => {
    const fake = await logOf(3);
    const log = await openOn(fake);
    fake.failingSyncs = 1;
    await expect(log.record(eventOf(3))).rejects.toThrow(/cannot be written: the disk reports an error \(EIO\)/);
    expect(await log.record(eventOf(3))).toBe(3);
    fake.fake.put(`${folder}/checkpoint`, undefined);
    fake.failingSyncs = 1;
    await expect(log.record(eventOf(4))).rejects.toThrow(/EIO/);
    await expect(log.record(eventOf(4))).rejects.toThrow(/has no checkpoint, but tile/);
  });
});

test('an older checkpoint that is put into a log as its next one takes nothing back', async () => {
  const fake = await logOf(3);
  const older = fake.fake.read(`${folder}/checkpoint`);
  const log = await openOn(fake);
  await log.record(eventOf(3));
  await log.close();
  fake.fake.put(`${folder}/checkpoint.next`, older);
  await expect(openOn(fake)).rejects.toThrow(
    /checkpoint\.next is older than the checkpoint; it was put there: remove it/,
  );
  fake.fake.put(`${folder}/checkpoint.next`, undefined);
  expect((await openOn(fake)).checkpoint().size).toBe(4);
});

describe('a process that is killed, or power that fails, at any operation', () => {
  const groups = [3, 252, 4, 300, 1];

  /** What is wrong after each cut. `isSynced` false: on a disk that forgets to sync. */
  async function cuts(
    luck: ((seed: number) => ReturnType<typeof chooser>) | undefined,
    isSynced: boolean,
  ): Promise<string[]> {
    const fake = new FakeLogDisk();
    if (!isSynced) fake.sync = () => {};
    const after: { disk: FakeLogDisk; told: number; asked: number; seen: Uint8Array | undefined }[] = [];
    let [told, asked] = [0, 0];
    fake.fake.onOperation = () => {
      const disk = luck ? fake.afterPowerOff(luck(after.length)) : fake.afterKill();
      after.push({ disk, told, asked, seen: fake.fake.read(`${folder}/checkpoint`) });
    };
    const log = await openOn(fake);
    for (const group of groups) {
      asked += group;
      await Promise.all(upTo(group).map((at) => log.record(eventOf(told + at))));
      told = asked;
    }
    const wrong: string[] = [];
    for (const [at, { disk, told, asked, seen }] of after.entries()) {
      try {
        const again = await openOn(disk);
        const there = again.checkpoint().size;
        if (there < told || there > asked) wrong.push(`${at}: ${there} entries, ${told} were told`);
        await again.record(eventOf(there));
        await again.close();
        expect(await numbersIn(disk, seen)).toEqual(upTo(there + 1));
      } catch (error) {
        wrong.push(`${at}: ${(error as Error).message}`);
      }
    }
    expect(after.length).toBeGreaterThan(60);
    return wrong;
  }

  test('leaves a log that opens with all that was told, fits what was seen, and goes on', async () => {
    expect(await cuts(undefined, true)).toEqual([]);
    for (const seed of seeds(1))
      expect(await cuts((at) => chooser(seed * 1000 + at), true), `seed ${seed}`).toEqual([]);
  });

  test('shows a log that does not wait for the disk', async () => {
    expect(await cuts((at) => chooser(at), false)).not.toEqual([]);
  });
});
