// The name of a guest is that of its sources as they are now, though a process reads a file again only when it was changed.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { nameOfSources, sourceText } from './guest-sources.ts';

const folder = mkdtempSync(join(tmpdir(), 'coldrig-sources-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('a source', () => {
  it('is read again when it was changed, and when it is gone', () => {
    const path = join(folder, 'a.ts');
    expect(sourceText('a.ts', folder)).toBeUndefined();
    for (const text of ['export const a = 1;', 'export const a = 1000;', "assert(a < 1000, 'why');"]) {
      writeFileSync(path, text);
      const blank = ' '.repeat(", 'why'".length);
      for (const _ of ['first', 'again']) expect(sourceText('a.ts', folder)).toBe(text.replace(", 'why'", blank));
    }
    rmSync(path);
    expect(sourceText('a.ts', folder)).toBeUndefined();
  });
});

describe('the name of a guest', () => {
  const entry = 'bootloader/crypto/crypto.entry.ts';
  const change = (find: string, replace: string) => [{ path: 'bootloader/crypto/sha256.ts', find, replace }];

  it('is another for other sources and for other arguments, and the same for the same', () => {
    const names = () => [
      nameOfSources(entry, []),
      nameOfSources(entry, ['--debug']),
      nameOfSources(entry, [], change('sha256Init(context', 'sha256Init( context')),
    ];
    expect(names()).toEqual(names());
    expect(new Set(names()).size).toBe(3);
  });

  it('is refused where a change fits nowhere', () => {
    expect(() => nameOfSources(entry, [], change('no such text', ''))).toThrow(/stands there 0 times, not once/);
    expect(() => nameOfSources(entry, [], [{ path: 'firmware/main.ts', find: 'a', replace: 'b' }])).toThrow(
      /firmware\/main\.ts was to be changed, but .* does not import it/,
    );
  });
});
