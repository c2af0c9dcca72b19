// A file that is written whole: what was there stays what it was, a link a link, a secret a secret.

import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { writeDurably } from './whole-file.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'coldrig-whole-'));
});
afterEach(() => rmSync(folder, { recursive: true }));
const at = (...names: string[]) => join(folder, ...names);
const modeOf = (name: string) => statSync(at(name)).mode & 0o777;

test.each([
  ['a file', (real: string) => writeFileSync(real, 'before')],
  ['nothing yet', () => undefined],
])('a symbolic link stays a link, and what it leads to is written: to %s', (_what, make) => {
  mkdirSync(at('elsewhere'));
  make(at('elsewhere', 'real'));
  // A link to a link, relative to the folder of each.
  symlinkSync('real', at('elsewhere', 'near'));
  symlinkSync('elsewhere/near', at('link'));
  writeDurably(at('link'), 'after');
  expect(readFileSync(at('elsewhere', 'real'), 'utf8')).toBe('after');
  expect([at('link'), at('elsewhere', 'near')].map((path) => lstatSync(path).isSymbolicLink())).toEqual([true, true]);
  expect(readdirSync(at('elsewhere')).sort()).toEqual(['near', 'real']);
});

test('links that lead in a circle, or into a folder that is not there, are errors, and stay', () => {
  symlinkSync('two', at('one'));
  symlinkSync('one', at('two'));
  symlinkSync('absent/file', at('lost'));
  expect(() => writeDurably(at('one'), 'text')).toThrow(expect.objectContaining({ code: 'ELOOP' }));
  expect(() => writeDurably(at('lost'), 'text')).toThrow(expect.objectContaining({ code: 'ENOENT', path: at('lost') }));
  expect(readdirSync(folder).sort()).toEqual(['lost', 'one', 'two']);
});

test('a file that is there keeps its mode, unless another is asked for', () => {
  writeFileSync(at('shared'), 'before');
  chmodSync(at('shared'), 0o666);
  writeFileSync(at('own'), 'before');
  chmodSync(at('own'), 0o600);
  for (const name of ['shared', 'own']) writeDurably(at(name), 'after');
  expect(['shared', 'own'].map(modeOf)).toEqual([0o666, 0o600]);
  writeDurably(at('shared'), 'secret', 0o600);
  writeDurably(at('new'), 'secret', 0o600);
  expect(['shared', 'new'].map(modeOf)).toEqual([0o600, 0o600]);
});

test('what a process that was killed has left is removed, and nothing that is young or has another name', () => {
  const left = '.coldrig-00000000-0000-4000-8000-000000000000.tmp';
  const young = '.coldrig-00000000-0000-4000-8000-000000000001.tmp';
  const others = ['.00000000-0000-4000-8000-000000000000.tmp', 'x.tmp', 'before'];
  for (const name of [left, young, ...others]) writeFileSync(at(name), 'part');
  const longAgo = new Date(Date.now() - 7_200_000);
  for (const name of [left, ...others]) utimesSync(at(name), longAgo, longAgo);
  writeDurably(at('new'), 'text');
  expect(readdirSync(folder).sort()).toEqual([young, ...others, 'new'].sort());
});
