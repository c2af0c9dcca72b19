// Whether the tests find them takes minutes (`make host-canaries`); that each is still one, this says at once.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { transform } from 'esbuild';
import { expect, test } from 'vitest';
import { repositoryRoot } from '../../../host/tools/guest.ts';
import { defects } from './defects.ts';

test.each(defects.map((defect) => [defect.name, defect] as const))('%s', async (_, { file, was, is, tests }) => {
  const source = readFileSync(join(repositoryRoot, file), 'utf8');
  expect(source.split(was), `${file} has this text once: ${was}`).toHaveLength(2);
  await expect(
    transform(
      source.replace(was, () => is),
      { loader: 'ts' },
    ),
  ).resolves.toBeDefined();
  for (const path of tests) expect(existsSync(join(repositoryRoot, path)), path).toBe(true);
});

test('no two have a name', () => {
  expect(new Set(defects.map(({ name }) => name)).size).toBe(defects.length);
});
