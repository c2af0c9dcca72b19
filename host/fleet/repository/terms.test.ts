// Until when a repository counts: whoever serves it is told in time, and once.

import { mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { played } from '../testing/play-fleet.ts';
import { playedSigner } from '../testing/repository-reading.ts';
import { TermWatch } from './terms.ts';
import { TufRepository } from './tuf.ts';

const key = playedSigner(1);
const beganMs = Date.parse('2027-03-01T00:00:00Z');
const [hour, day] = [3_600_000, 86_400_000];

let folder = '';
let nowMs = beganMs;
let told: string[] = [];
const open = () => new TufRepository(folder, nowMs);
const watchOf = () =>
  new TermWatch(
    folder,
    () => nowMs,
    (reason) => told.push(reason),
  );
/** What is said at this time. */
function at(watch: TermWatch, afterMs: number): string[] {
  nowMs = beganMs + afterMs;
  told = [];
  watch.look();
  return told;
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'coldrig-terms-'));
  nowMs = beganMs;
  const repository = open();
  const keys = { rootKeys: [key.publicKey], releaseKeys: [key.publicKey], serverKey: key.publicKey };
  repository.begin({ ...keys, rootThreshold: 1, releaseThreshold: 1 });
  repository.add(played.release('one'));
  repository.sign(key);
  repository.publish(key);
});
afterEach(() => rmSync(folder, { recursive: true }));

test('a repository whose time ends is told of before, and when it has ended, each once; not when it was renewed', () => {
  const watch = watchOf();
  expect(at(watch, 0)).toEqual([]);
  expect(at(watch, 19 * hour)).toEqual([]);
  const soon =
    "the repository: timestamp: counts until 2027-03-02T00:00:00Z; 'coldrig fleet release refresh' renews it";
  expect(at(watch, 21 * hour)).toEqual([soon]);
  expect(at(watch, 22 * hour)).toEqual([]);
  expect(at(watch, day)).toEqual([
    "the repository: timestamp: has ended (2027-03-02T00:00:00Z): devices get nothing; 'coldrig fleet release refresh' renews it",
  ]);
  expect(at(watch, 26 * hour)).toEqual([]);
  open().refresh(key);
  utimesSync(join(folder, 'metadata', 'timestamp.json'), 1, 1);
  expect(at(watch, 27 * hour)).toEqual([]);
  expect(at(watch, 61 * day).some((text) => text.includes('targets: counts until 2027-05-30T00:00:00Z'))).toBe(true);
});

test('a scraper reads until when each part counts', () => {
  const watch = watchOf();
  watch.look();
  const lines = watch
    .metrics()
    .split('\n')
    .filter((line) => line.startsWith('coldrig_'));
  expect(lines).toEqual(
    [
      ['root', 365],
      ['targets', 90],
      ['snapshot', 7],
      ['timestamp', 1],
    ].map(
      ([role, days]) =>
        `coldrig_repository_expires_timestamp_seconds{role="${role}"} ${(beganMs + +days * day) / 1000}`,
    ),
  );
});

test('a repository that cannot be read is told of once, and one that is not there yet is none', () => {
  const path = join(folder, 'metadata', '1.targets.json');
  const whole = readFileSync(path);
  writeFileSync(path, whole.subarray(0, 100));
  const watch = watchOf();
  expect(at(watch, 0)).toEqual([expect.stringMatching(/^the repository: .*1\.targets\.json cannot be read: /)]);
  expect(at(watch, hour)).toEqual([]);
  writeFileSync(path, whole);
  expect(at(watch, 2 * hour)).toEqual([]);
  expect(watch.metrics()).toContain('{role="root"}');
  rmSync(join(folder, 'metadata'), { recursive: true });
  expect(at(watchOf(), 0)).toEqual([]);
});
