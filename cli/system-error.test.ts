// What the system refuses, in words: what cannot be done with what, and why.

import { expect, test } from 'vitest';
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
