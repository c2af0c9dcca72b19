// Writes hil/test/calibration/generated/drift-runs.json, the figures of 10,000 seeded runs, and docs/drift.md of them.
// Run: npx tsx hil/test/calibration/drift.generate.ts [RUNS OF EACH NOISE]
//
// Half an hour of one core; Ctrl-C ends it with the runs that were made so far. After a change of the page alone: npx tsx hil/test/calibration/drift.generate.ts page

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

/** Ctrl-C ends it after the runs that were made so far. */
async function measured(count: number): Promise<DriftFigures> {
  let isEnding = false;
  process.once('SIGINT', () => {
    isEnding = true;
  });
  const runs = Object.fromEntries(noiseNames.map((noise) => [noise, [] as Run[]]));
  for (let seed = 1; seed <= count && !isEnding; seed++) {
    for (const noise of noiseNames) runs[noise].push(await driftRun(noise, seed));
    process.stderr.write(`\r${seed} of ${count} runs of each noise`);
    // Signals are heard between two runs.
    await new Promise((resolve) => setImmediate(resolve));
  }
  process.stderr.write('\r\x1b[K');
  const noises = noiseNames.map((noise) => [noise, { ...summaryOf(runs[noise]), first: runs[noise].slice(0, KEPT) }]);
  return { textbook: textbookRuns(), noises: Object.fromEntries(noises) };
}
