// Runs the whole proof and writes docs/proof.md and its figures. Run: make proof. Or run it with names, to repeat only those proofs (`page`: none, the
// stored figures are rendered), or with --slice, to run only the slices (the page says so):
//   tsx hil/prove/page/page.generate.ts [--slice] [power explore ...]
//
// What must stay true: the page is written after each proof, also when one has violations, does not close or breaks off. Then the page says so, and the
// exit code is 1. A proof that is not run again keeps the figures of its last run, with the commit and the guests of that run.

import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { repositoryRoot } from '../../../host/tools/guest.ts';
import { coverageTable } from '../coverage.ts';
import { proofs } from '../proofs.ts';
import { type RunProgress, runProof } from '../run.ts';
import { type Figures, figuresFile, figuresOf, figuresOfNone, isGood, type Kept, readFigures } from './figures.ts';
import { renderPage } from './render.ts';
import { scenarioTexts } from './texts.ts';

const seed = 1;
const effort = process.argv.includes('--slice') ? 'slice' : 'full';
const wanted = process.argv.slice(2).filter((word) => word !== '--slice');
const chosen = proofs.filter(({ name }) => wanted.length === 0 || wanted.includes(name));
const unknown = wanted.find((word) => word !== 'page' && !proofs.some(({ name }) => name === word));
if (unknown !== undefined)
  throw new Error(`no proof is called '${unknown}'; there are ${proofs.map(({ name }) => name).join(', ')}, and page`);

const kept = existsSync(figuresFile) ? readFigures() : { proofs: [], reached: '' };
const figures = new Map(kept.proofs.map((each) => [each.proof, each]));
let { reached } = kept;
const texts = await scenarioTexts();
for (const { name } of chosen) {
  figures.set(name, await proved(name));
  // A proof that ended is stored at once, whatever happens to the others.
  writePage();
}
if (wanted.length === 0) {
  console.error('counting the blocks that are reached …');
  reached = await coverageTable();
}
writePage();
process.exitCode = [...figures.values()].every(isGood) ? 0 : 1;

/** Runs one proof. When it breaks off, that is stored as its result, and the others follow. */
async function proved(name: string): Promise<Figures> {
  console.error(`proving ${name} …`);
  try {
    const result = await runProof(name, { seed, effort, onProgress: progressLines(name) });
    for (const { scenario, point, text, replay } of result.found)
      console.error(`${scenario}: ${point}: ${text}\n  ${replay}`);
    const { points, violations, seconds, processorSeconds } = result;
    const times = `${seconds.toFixed(0)} s, ${processorSeconds.toFixed(0)} s of processor time`;
    console.error(`${name}: ${points} points, ${violations} violations, ${times}`);
    return figuresOf(result);
  } catch (error) {
    const { message } = error as Error;
    console.error(`${name} broke off: ${message}`);
    return figuresOfNone(name, { seed, effort }, message);
  }
}

/** A line each tenth of the way. */
function progressLines(name: string): (progress: RunProgress) => void {
  let tenths = 0;
  return ({ share, points, violations, coreSeconds }) => {
    if (Math.floor(share * 10) <= tenths || share >= 1) return;
    tenths = Math.floor(share * 10);
    console.error(
      `  ${name}: ${tenths}0 %, ${points} points, ${violations} violations, ${coreSeconds.toFixed(0)} s of its threads`,
    );
  };
}

function writePage(): void {
  const page: Kept = { proofs: proofs.flatMap(({ name }) => figures.get(name) ?? []), reached };
  write(figuresFile, `${JSON.stringify(page, null, 2)}\n`);
  write(join(repositoryRoot, 'docs', 'proof.md'), renderPage(page, texts));
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
}
