// What a source became is kept, and used for that source alone.

import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { buildFolder, repositoryRoot } from './guest.ts';
import { load } from './typescript-hooks.mjs';

const next = async (url: string) => ({ format: 'unchanged', source: url });
const loaded = async (path: string) => (await load(pathToFileURL(path).href, {}, next)).source;

/** A source of the repository in a folder of its own, and where it is kept. */
function place(name: string) {
  const folder = mkdtempSync(join(buildFolder(), 'hooks-test-'));
  const path = join(folder, name);
  const kept = join(buildFolder(), 'typescript', `${relative(repositoryRoot, path)}.mjs`);
  onTestFinished(() => {
    for (const made of [folder, join(kept, '..')]) rmSync(made, { recursive: true, force: true });
  });
  return { path, kept };
}

test('a source that has changed is transformed again', async () => {
  const { path, kept } = place('number.ts');
  writeFileSync(path, 'export const number: number = 1;\n');
  expect(await loaded(path)).toContain('const number = 1;');
  expect(readFileSync(kept, 'utf8')).toBe(await loaded(path));
  writeFileSync(path, 'export const number: number = 2;\n');
  expect(await loaded(path)).toContain('const number = 2;');
});

test('what was kept of something else, or only in part, is not used', async () => {
  const { path, kept } = place('number.ts');
  writeFileSync(path, 'export const number: number = 1;\n');
  const whole = await loaded(path);
  const ofOther = whole.replace('= 1', '= 3').replace(/[0-9a-f]{64}\n$/, `${'0'.repeat(64)}\n`);
  for (const other of [ofOther, whole.slice(0, -70), whole.slice(0, 40), '']) {
    writeFileSync(kept, other);
    expect(await loaded(path)).toBe(whole);
  }
});

test('packages and sources elsewhere are left to node', async () => {
  const path = join(repositoryRoot, 'node_modules', 'none', 'index.ts');
  for (const other of [path, join(repositoryRoot, '..', 'elsewhere.ts'), join(repositoryRoot, 'cli', 'coldrig.mjs')])
    expect(await loaded(other)).toBe(pathToFileURL(other).href);
});

test('where nothing can be kept, it is transformed all the same', async () => {
  const { path, kept } = place('number.ts');
  writeFileSync(path, 'export const number: number = 1;\n');
  mkdirSync(kept, { recursive: true });
  expect(await loaded(path)).toContain('const number = 1;');
  expect(statSync(kept).isDirectory()).toBe(true);
});
