// `make install` in a small tree of its own, with an `npm` that only notes what it was asked for.

import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { repositoryRoot } from '../../../host/tools/guest.ts';

let folder = '';
const inTree = (name: string) => join(folder, 'tree', name);
const called = join('bin', 'called');

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'install-'));
  for (const name of ['tree', 'bin', 'other']) mkdirSync(join(folder, name));
  copyFileSync(join(repositoryRoot, 'Makefile'), inTree('Makefile'));
  for (const name of ['package.json', 'package-lock.json']) writeFileSync(inTree(name), 'ours\n');
  const npm = join(folder, 'bin', 'npm');
  writeFileSync(npm, `#!/bin/sh\necho "$@" >> "${join(folder, called)}"\nmkdir -p node_modules/.bin\n`);
  chmodSync(npm, 0o755);
});
afterEach(() => rmSync(folder, { recursive: true }));

function makeInstall() {
  const path = `${join(folder, 'bin')}${delimiter}${process.env.PATH}`;
  const { status, stderr } = spawnSync('make', ['install'], {
    cwd: join(folder, 'tree'),
    env: { ...process.env, PATH: path, MAKEFLAGS: '' },
    encoding: 'utf8',
  });
  return { status, stderr, npm: existsSync(join(folder, called)) ? readFileSync(join(folder, called), 'utf8') : '' };
}

/** A folder of packages that another tree installed with this lock file, long ago, linked into ours. */
function linkPackages(lock: string): void {
  const stamp = join(folder, 'other', '.installed');
  writeFileSync(stamp, lock);
  utimesSync(stamp, 0, 0);
  symlinkSync('../other', inTree('node_modules'));
}

describe('make install', () => {
  test('installs once, and again when the lock file changes', () => {
    expect(makeInstall()).toMatchObject({ status: 0, npm: expect.stringMatching(/^ci /) });
    rmSync(join(folder, called));
    expect(makeInstall()).toMatchObject({ status: 0, npm: '' });
    writeFileSync(inTree('package-lock.json'), 'new\n');
    utimesSync(inTree('node_modules/.installed'), 0, 0);
    expect(makeInstall()).toMatchObject({ status: 0, npm: expect.stringMatching(/^ci /) });
  });

  test('uses packages that are linked from another tree, when they are those of the lock file', () => {
    linkPackages('ours\n');
    expect(makeInstall()).toMatchObject({ status: 0, npm: '' });
  });

  test('never empties a linked folder: it says what to do instead', () => {
    linkPackages('theirs\n');
    const { status, stderr, npm } = makeInstall();
    expect([status === 0, npm]).toEqual([false, '']);
    expect(stderr).toMatch(/symbolic link to \.\.\/other.*\n.*remove the link/);
    expect(existsSync(join(folder, 'other', '.installed'))).toBe(true);
  });
});
