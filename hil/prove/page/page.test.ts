// The page is generated: it is rendered from the stored figures, and these are of the present scenarios.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { repositoryRoot } from '../../../host/tools/guest.ts';
import type { Caught } from '../canaries/proof.ts';
import { loadProof, proofs } from '../proofs.ts';
import { readFigures } from './figures.ts';
import { renderPage } from './render.ts';
import { scenarioTexts } from './texts.ts';

const kept = readFigures();
const figures = kept.proofs;

test('docs/proof.md is rendered from its figures; `make proof` makes both', async () => {
  const page = readFileSync(join(repositoryRoot, 'docs', 'proof.md'), 'utf8');
  expect(page).toBe(renderPage(kept, await scenarioTexts()));
});

test.each(proofs)(
  'the figures of prove $name are of the scenarios there are, without a violation',
  async ({ name }) => {
    const own = figures.find(({ proof }) => proof === name);
    const { scenarios } = await loadProof(name);
    expect(own?.scenarios.map((each) => each.name)).toEqual(scenarios.map((each) => each.name));
    for (const { points, violations } of own?.scenarios ?? []) {
      expect(points).toBeGreaterThan(0);
      expect(violations).toBe(0);
    }
  },
);

test('every canary was caught', () => {
  const canaries = figures.find(({ proof }) => proof === 'canaries')?.extra.canaries as Caught[];
  expect(canaries.length).toBeGreaterThanOrEqual(12);
  for (const { name, caughtBy } of canaries) expect(caughtBy, name).toBeDefined();
});
