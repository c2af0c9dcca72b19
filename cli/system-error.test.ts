// What the system refuses, in words: what cannot be done with what, and why.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { explain } from './failure.ts';
import { systemText } from './system-error.ts';

const refused = (facts: object) => Object.assign(new Error('in the system’s words'), facts);

test.each([
  [{ code: 'ENOSPC', syscall: 'write', path: 'log/1' }, 'log/1 cannot be written: the disk is full'],
  [{ code: 'ENOSPC', syscall: 'write' }, 'a file cannot be written: the disk is full'],
  [{ code: 'EROFS', syscall: 'open', path: 'log/1' }, 'log/1 cannot be written: the file system is read-only'],
  [{ code: 'EACCES', syscall: 'mkdir', path: 'log' }, 'log cannot be written: permission denied'],
  [{ code: 'ENOENT', syscall: 'open', path: 'a.pem' }, 'a.pem cannot be read: there is no such file or folder'],
  [
    { code: 'EADDRINUSE', syscall: 'listen', address: '127.0.0.1', port: 9420 },
    'port 9420 of 127.0.0.1 cannot be listened on: the port is taken; choose another with --listen',
  ],
])('%j', (facts, text) => expect(systemText(refused(facts), '--listen')).toBe(text));

test('of another error there is nothing to say', () =>
  expect(systemText(new Error('odd'), '--listen')).toBeUndefined());

test('the folder that a command was started in may be gone', () =>
  expect(explain(refused({ code: 'ENOENT', syscall: 'uv_cwd' })).message).toBe(
    'the folder that this was started in: it was removed; change into one that is there',
  ));

const mounts = existsSync('/proc/self/mounts') ? readFileSync('/proc/self/mounts', 'utf8').split('\n') : [];
const readOnly = mounts
  .map((line) => line.split(' '))
  .find(([, at, , how]) => how?.startsWith('ro,') && existsSync(at));
if (readOnly === undefined) console.log('no test of a folder in a read-only file system: none is mounted here');
test.skipIf(readOnly === undefined)('why a folder cannot be made is asked of the one above it', () => {
  const path = join(readOnly?.[1] ?? '', 'coldrig-absent', 'x');
  expect(systemText(refused({ code: 'ENOENT', syscall: 'mkdir', path }))).toMatch(
    /cannot be written: (the file system is read-only|permission denied)$/,
  );
});
