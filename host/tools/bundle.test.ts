import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundled } from './bundle.mjs';

describe('the bundle of an entry', () => {
  let root = '';
  const write = (name: string, text: string) => writeFileSync(join(root, name), text);
  const bundle = () => bundled('cli/main.ts', root);
  const call = async () => (await import(/* @vite-ignore */ await bundle())).main();
  const folders = () => readdirSync(join(root, 'build/bundle/cli-main.ts')).filter((name) => name !== 'sources.json');

  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'coldrig-bundle-'));
    mkdirSync(join(root, 'cli'));
    write('cli/main.ts', "import { word } from './word.ts';\nexport const main = () => [word, import.meta.url];\n");
    write('cli/word.ts', "export const word: string = 'first';\n");
  });
  afterAll(() => rmSync(root, { recursive: true }));

  it('does what the sources do, and each source knows its own place', async () => {
    expect(await call()).toEqual(['first', pathToFileURL(join(root, 'cli/main.ts')).href]);
  });

  it('is made once while no source changes', async () => {
    const made = readFileSync(join(root, 'build/bundle/cli-main.ts/sources.json'), 'utf8');
    expect(await bundle()).toBe(await bundle());
    expect(readFileSync(join(root, 'build/bundle/cli-main.ts/sources.json'), 'utf8')).toBe(made);
  });

  it('is made anew when a source changes, beside the one that may still run', async () => {
    const before = await bundle();
    write('cli/word.ts', "export const word: string = 'other';\n");
    expect(await bundle()).not.toBe(before);
    expect(await call()).toMatchObject(['other', expect.any(String)]);
    expect(folders()).toHaveLength(2);
  });

  it('is the same for two who make it at once, and nothing half made stays', async () => {
    write('cli/word.ts', "export const word: string = 'third';\n");
    const [one, other] = await Promise.all([bundle(), bundle()]);
    expect(one).toBe(other);
    expect(folders().filter((name) => name.startsWith('.'))).toEqual([]);
  });

  it('is not made of a source that cannot be compiled', async () => {
    write('cli/word.ts', 'export const word: string = ;\n');
    await expect(bundle()).rejects.toThrow(/word\.ts:1:28: ERROR: Unexpected ";"/);
  });
});
