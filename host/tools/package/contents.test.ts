// The package as package.json describes it has everything that others import.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { repositoryRoot } from '../guest.ts';
import { loadedEntries, publicEntries } from './contents.ts';

const json = (path: string) => JSON.parse(readFileSync(join(repositoryRoot, path), 'utf8'));

describe('package.json', () => {
  const { exports, files } = json('package.json');

  test.each(Object.entries(publicEntries))('names coldrig/%s with its code and its declarations', (name, entry) => {
    expect(exports[`./${name}`]).toEqual({
      types: `./dist/types/${entry.replace(/\.ts$/, '.d.ts')}`,
      default: `./dist/${name}.mjs`,
    });
  });

  test('has declarations made for each public entry, and for nothing else', () => {
    const made: string[] = json('host/tools/package/tsconfig.json').files.map((path: string) =>
      join('host/tools/package', path),
    );
    expect(made.sort()).toEqual(Object.values(publicEntries).sort());
  });

  test.each(['cli/coldrig.mjs', 'hil/prove/worker.mjs', 'host/tools/compile-worker.mjs'])(
    'packs %s as it is, and dist/ has what it loads',
    (path) => {
      const text = readFileSync(join(repositoryRoot, path), 'utf8');
      const loaded = [...text.matchAll(/importSource\('([^']+)'\)/g)].map(([, entry]) => entry);
      expect(files).toContain(path);
      expect(loaded).not.toEqual([]);
      expect(loadedEntries).toEqual(expect.arrayContaining(loaded));
    },
  );

  test('packs the folders that the public entries and the guests need', () => {
    expect(files).toEqual(expect.arrayContaining(['dist', 'bootloader', 'firmware', 'protocol/guest']));
  });
});
