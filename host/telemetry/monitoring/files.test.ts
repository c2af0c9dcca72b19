import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { repositoryRoot } from '../../tools/guest.ts';
import { committedFiles } from './files.ts';

test.each(Object.entries(committedFiles()))('%s is what the tables make (else run: make generate)', (name, text) => {
  expect(readFileSync(join(repositoryRoot, name), 'utf8')).toBe(text);
});
