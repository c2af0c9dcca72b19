// One command at a time changes a file that is read, changed and written back.

import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { takeLock } from '../host/tools/once.ts';
import { alone } from './alone.ts';
import { coldrigProcess } from './testing.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'coldrig-alone-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

test('work waits for the lock of another, and gives its own back, also when it fails', async () => {
  const lock = join(folder, 'lock');
  const done: string[] = [];
  const giveBack = takeLock(lock);
  const waiting = alone(lock, 'it', () => done.push('worked'));
  await new Promise(setImmediate);
  done.push('given back');
  giveBack?.();
  await waiting;
  expect(done).toEqual(['given back', 'worked']);
  await expect(alone(lock, 'it', () => JSON.parse('no'))).rejects.toThrow(SyntaxError);
  expect(existsSync(lock)).toBe(false);
});

test('whoever is told to be among the people is, when several are added and taken away at once', async () => {
  const people = join(folder, 'people.json');
  const call = (...words: string[]) => coldrigProcess(['fleet', 'person', ...words, '--people', people, '--json']);
  expect((await call('add', 'eve', '--role', 'viewer')).code).toBe(0);
  const names = ['ada', 'bob', 'cy'];
  const calls = [...names.map((name) => call('add', name, '--role', 'viewer')), call('revoke', 'eve')];
  expect((await Promise.all(calls)).map(({ code }) => code)).toEqual([0, 0, 0, 0]);
  const written = JSON.parse(readFileSync(people, 'utf8')).people;
  expect(Object.keys(written).sort()).toEqual([...names, 'eve'].sort());
  expect(written.eve.revoked).toEqual(expect.any(String));
});
