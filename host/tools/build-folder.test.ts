// What is built is put at its place whole, or the error names that place.

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { BuildFolderError, writeWhole } from './build-folder.mjs';

const folder = mkdtempSync(join(tmpdir(), 'coldrig-build-folder-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('a file that was built', () => {
  it('replaces an older one, or leaves it where it is to be kept', () => {
    const path = join(folder, 'images', 'a.bin');
    writeWhole(path, 'one');
    writeWhole(path, 'two');
    writeWhole(path, 'three', { keep: true });
    expect(readFileSync(path, 'utf8')).toBe('two');
    expect(readdirSync(join(folder, 'images'))).toEqual(['a.bin']);
  });

  it('takes away what a process that was killed has left beside it, and not what another one writes now', () => {
    const [left, written] = ['.fresh-aaaaaa', '.fresh-bbbbbb'].map((name) => join(folder, 'keys', name));
    for (const path of [left, written]) {
      mkdirSync(path, { recursive: true });
      writeFileSync(join(path, 'a.bin'), 'half');
    }
    utimesSync(left, 0, 0);
    writeWhole(join(folder, 'keys', 'a.bin'), 'one');
    expect(readdirSync(join(folder, 'keys'))).toEqual(['.fresh-bbbbbb', 'a.bin']);
  });

  it('that cannot be written is named, with the reason of the system', () => {
    writeFileSync(join(folder, 'file'), '');
    const path = join(folder, 'file', 'a.bin');
    for (const keep of [false, true]) {
      expect(() => writeWhole(path, 'one', { keep })).toThrow(BuildFolderError);
      expect(() => writeWhole(path, 'one', { keep })).toThrow(`what is built cannot be written to ${path}: E`);
    }
  });
});
