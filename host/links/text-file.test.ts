import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readTextFile } from './text-file.ts';

test('a byte order mark in front of a text is no part of it; one within it is', () => {
  const path = join(mkdtempSync(join(tmpdir(), 'coldrig-text-')), 'text');
  writeFileSync(path, '\uFEFFgrüß\uFEFFe\r\n');
  expect(readTextFile(path)).toBe('grüß\uFEFFe\r\n');
  rmSync(path);
  expect(() => readTextFile(path)).toThrow(/ENOENT/);
});
