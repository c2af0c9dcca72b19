// Writes hil/test/calibration/generated/drift-runs.json, the figures of 10,000 seeded runs, and docs/drift.md of them.
// Run: npx tsx hil/test/calibration/drift.generate.ts [RUNS OF EACH NOISE]
//
// Half an hour of one core. After a change of the page alone: npx tsx hil/test/calibration/drift.generate.ts page

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '../../../host/tools/guest.ts';
import { type DriftFigures, driftPage, FIGURES_FILE, PAGE_FILE, RUNS, summaryOf, textbookRuns } from './drift-page.ts';
import { driftRun, noiseNames, type Run } from './drift-runs.ts';

/** Runs whose outcomes are kept one by one: the tests make them again. */
const KEPT = 4;

const asked = process.argv[2];
const figuresPath = join(repositoryRoot, FIGURES_FILE);
const figures =
  asked === 'page'
    ? (JSON.parse(readFileSync(figuresPath, 'utf8')) as DriftFigures)
    : await measured(Number(asked ?? RUNS));
writeFileSync(figuresPath, `${JSON.stringify(figures)}\n`);
writeFileSync(join(repositoryRoot, PAGE_FILE), driftPage(figures));
console.log(`wrote ${FIGURES_FILE} and ${PAGE_FILE}`);

async function measured(count: number): Promise<DriftFigures> {
  const noises: DriftFigures['noises'] = {};
  for (const noise of noiseNames) {
    const runs: Run[] = [];
    for (let seed = 1; seed <= count; seed++) {
      runs.push(await driftRun(noise, seed));
      if (seed % 50 === 0) process.stderr.write(`\r${noise}: ${seed} of ${count} runs`);
    }
    noises[noise] = { ...summaryOf(runs), first: runs.slice(0, KEPT) };
  }
  process.stderr.write('\r\x1b[K');
  return { textbook: textbookRuns(), noises };
}
