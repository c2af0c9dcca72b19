// The test files that take longest begin first, and no file is left out.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { repositoryRoot } from '../../host/tools/guest.ts';
import { longest, longestFirst } from './order.ts';

const inOrder = (paths: string[]) =>
  longestFirst(paths.map((path) => ({ moduleId: join(repositoryRoot, path) }))).map(({ moduleId }) =>
    moduleId.slice(repositoryRoot.length + 1),
  );

test('the longest files come first, then the others as they were', () => {
  const [first, second, third] = longest;
  expect(inOrder(['z.test.ts', third, 'a.test.ts', first, 'b.test.ts', second])).toEqual([
    ...[first, second, third],
    ...['z.test.ts', 'a.test.ts', 'b.test.ts'],
  ]);
});

test.each(longest)('%s is there', (path) => {
  expect(existsSync(join(repositoryRoot, path))).toBe(true);
});
