// Runs the whole proof and writes docs/proof.md and the figures it shows. Run: make proof, or with names to run only those again (with
// `page`, none: the figures kept are rendered), or with --slice to run only what a test run affords (the page says so): tsx hil/prove/page/page.generate.ts [--slice] [power explore ...]

import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { repositoryRoot } from '../../../host/tools/guest.ts';
import { coverageTable } from '../coverage.ts';
import { loadProof, proofs } from '../proofs.ts';
import { runProof } from '../run.ts';
import { type Figures, figuresFile, figuresOf, type Kept, readFigures } from './figures.ts';
import { renderPage } from './render.ts';
import { scenarioTexts } from './texts.ts';

const seed = 1;
const effort = process.argv.includes('--slice') ? 'slice' : 'full';
const wanted = process.argv.slice(2).filter((word) => word !== '--slice');
const kept = wanted.length === 0 ? undefined : readFigures();
const figures: Figures[] = [];
for (const { name } of proofs) {
  if (wanted.length > 0 && !wanted.includes(name)) {
    figures.push(...(kept?.proofs ?? []).filter(({ proof }) => proof === name));
    continue;
  }
  const proof = await loadProof(name);
  console.error(`proving ${proof.name} …`);
  const result = await runProof(name, { seed, effort });
  for (const { scenario, point, text, replay } of result.found)
    console.error(`${scenario}: ${point}: ${text}\n  ${replay}`);
  figures.push(figuresOf(result));
}
if (!kept) console.error('counting the blocks that are reached …');
const page: Kept = { proofs: figures, reached: kept?.reached ?? (await coverageTable()) };
write(figuresFile, `${JSON.stringify(page, null, 2)}\n`);
write(join(repositoryRoot, 'docs', 'proof.md'), renderPage(page, await scenarioTexts()));
process.exitCode = figures.every(({ violations }) => violations === 0) ? 0 : 1;

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
}
