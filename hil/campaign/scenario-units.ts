// Scenarios as the units of a campaign: unit i of n is what `coldrig hil --shard i/n` runs, in the project's folder of each worker. What
// failures leave goes with the result, so that whoever asks for the report can repeat them.

import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, sep } from 'node:path';
import { compileGuest } from '../../host/tools/guest.ts';
import { compileFirmware } from '../../host/tools/sequencer.ts';
import { type Proved, provedWith } from '../prove/provenance.ts';
import {
  type EndedScenario,
  NoScenarios,
  type RunReport,
  runScenarios,
  scenarioFolderIn,
} from '../run/run-scenarios.ts';
import { outFolder } from '../run/settings.ts';
import type { Plan } from './plan.ts';
import type { UnitResult } from './state.ts';
import type { UnitBench } from './worker.ts';

/** The options of a plan of this kind. Paths are from the project's folder, which every worker has. */
export interface ScenarioUnits {
  pattern?: string;
  seed?: number;
  effort?: number;
  image?: string;
  key?: string;
  bootloader?: string;
}

/** When nobody says how many: a unit starts processes of its own, so there are not as many as scenarios. */
const usualUnits = 8;

interface UnitText {
  report: RunReport;
  /** What failures left, base64 by path from the folder for it. */
  files: Record<string, string>;
}

export async function planScenarios(given: ScenarioUnits, units = usualUnits): Promise<Plan> {
  const options = JSON.parse(JSON.stringify(given));
  return { format: 1, kind: 'scenarios', options, units, proved: await provedHere(given) };
}

export async function openScenarioUnits(plan: Plan): Promise<UnitBench> {
  const given = plan.options as ScenarioUnits;
  const ending = new AbortController();
  const running = new Set<Promise<unknown>>();
  return {
    proved: await provedHere(given),
    run: (unit) => {
      const run = runUnit(given, { number: unit, of: plan.units }, ending.signal);
      running.add(run);
      return run.finally(() => running.delete(run));
    },
    close: async () => {
      ending.abort(new Error('interrupted'));
      await Promise.allSettled(running);
    },
  };
}

async function runUnit(
  given: ScenarioUnits,
  shard: { number: number; of: number },
  signal: AbortSignal,
): Promise<string> {
  const { pattern, ...settings } = given;
  const out = mkdtempSync(join(tmpdir(), 'coldrig-unit-'));
  try {
    const root = process.cwd();
    const report = await runScenarios({ root, settings: { ...settings, out }, pattern, shard, processes: 1, signal });
    const result: UnitText = { report, files: filesIn(out) };
    // Where the report is read, the files are in the usual folder.
    return JSON.stringify(result).replaceAll(JSON.stringify(out).slice(1, -1), outFolder({}));
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}

const namesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true })
    .map(String)
    .filter((name) => statSync(join(folder, name)).isFile())
    .sort();

const filesIn = (folder: string): Record<string, string> =>
  Object.fromEntries(namesIn(folder).map((name) => [name, readFileSync(join(folder, name)).toString('base64')]));

/** The guests, and the scenarios themselves. */
async function provedHere({ image, bootloader, key }: ScenarioUnits): Promise<Proved> {
  const files = { image, bootloader, key };
  for (const [what, path] of Object.entries(files))
    if (path !== undefined && !existsSync(path))
      throw new NoScenarios(
        `the ${what} ${path} is not in ${process.cwd()}: a worker runs in the folder of the project`,
      );
  return provedWith({
    bootloader: bootloader === undefined ? await compileGuest('bootloader/main.ts') : readFileSync(bootloader),
    firmware: image === undefined ? await compileFirmware('firmware/main.ts') : readFileSync(image),
    scenarios: hashOf(scenarioFolderIn(process.cwd())),
  });
}

/** Of every file in a folder, its path included. */
function hashOf(folder: string): Uint8Array {
  const hash = createHash('sha256');
  for (const name of namesIn(folder)) {
    const bytes = readFileSync(join(folder, name));
    hash.update(`${name.replaceAll(sep, '/')} ${bytes.length}\n`).update(bytes);
  }
  return hash.digest();
}

/** One report of all, in the order of one machine, and what failures left, by path. `seconds`: wall time of the campaign. */
export function mergeScenarioUnits(
  results: readonly UnitResult[],
  seconds: number,
): { report: RunReport; files: Map<string, Uint8Array> } {
  const texts = results.map(({ text }) => JSON.parse(text) as UnitText);
  const declared = Object.assign({}, ...texts.map(({ report }) => report.declared)) as RunReport['declared'];
  const placeOf = ({ module, name }: EndedScenario) => declared[module]?.indexOf(name) ?? -1;
  const scenarios = texts
    .flatMap(({ report }) => report.scenarios)
    .sort((a, b) => (a.module === b.module ? placeOf(a) - placeOf(b) : a.module < b.module ? -1 : 1));
  if (scenarios.length === 0) throw new NoScenarios('no scenario has this in its name, or in the path of its file');
  const files = texts.flatMap(({ files }) => Object.entries(files));
  return {
    report: { scenarios, declared, seconds },
    files: new Map(files.map(([path, text]) => [join(outFolder({}), path), Buffer.from(text, 'base64')])),
  };
}
