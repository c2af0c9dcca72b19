// Connects scenarios with vitest: each is one test, and its result goes to the reporter as data of that test.
//
// What must stay true: a failure is on the disk before vitest is told of it.

import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, join, normalize, relative, sep } from 'node:path';
import { test } from 'vitest';
import { writeDurably } from '../../host/links/whole-file.ts';
import type { Coverage } from '../../host/tools/coverage/coverage.ts';
import { choice } from '../rig/choice.ts';
import { beginCounting } from '../rig/coverage.ts';
import {
  defineScenario,
  type InsideBody,
  runScenario,
  type ScenarioOptions,
  type ScenarioResult,
  type WireBody,
} from '../rig/scenario/scenario.ts';
import {
  isInterruption,
  outFolder,
  type RunSettings,
  scenarioEnding,
  scenarioFolders,
  settingsOfProcess,
} from './settings.ts';

/** What the reporter gets of each scenario. */
export interface ReportedScenario extends ScenarioResult {
  /** The file that a failure left, from the working folder. */
  file?: string;
}

declare module 'vitest' {
  interface TaskMeta {
    coldrig?: ReportedScenario;
  }
}

/** Frames of the rig itself. */
const ours = /^ {4}at .*\/hil\/(rig\/scenario|run)\//;
/** A run that takes longer than this, in milliseconds of real time, hangs; more effort is given more time. Less than a job of a CI has. */
const HANGS_MS = 600_000;
/** Timers of Node count no further. */
const LONGEST_MS = 2 ** 31 - 1;

// When the command is killed, nobody waits for the results: a scenario would run on, for ever if it never ends.
process.once('disconnect', () => process.exit(1));

/** The outcome of a scenario, and the first failure in it that nobody awaited. */
async function withStrays<Outcome>(work: () => Promise<Outcome>): Promise<{ outcome: Outcome; stray: unknown }> {
  const strays: unknown[] = [];
  const hear = (reason: unknown) => void strays.push(reason);
  process.on('unhandledRejection', hear);
  try {
    const outcome = await work();
    // Node tells of it when the turn of the event loop is over.
    await new Promise((resolve) => setImmediate(resolve));
    return { outcome, stray: strays[0] };
  } finally {
    process.off('unhandledRejection', hear);
  }
}

type Inside = ScenarioOptions & ({ needs: 'inside' } | { fridge: string });

/**
 * Declares a scenario. With a fridge, or with `needs: 'inside'`, it gets the emulated board with everything in it; else a rig that needs only the
 * wire, and it runs on a real device too.
 */
export function scenario(name: string, options: Inside, body: InsideBody): void;
export function scenario(
  name: string,
  options: ScenarioOptions & { needs?: 'wire'; fridge?: undefined },
  body: WireBody,
): void;
export function scenario(name: string, options: ScenarioOptions, body: InsideBody): void {
  const defined = defineScenario(name, options, body);
  const { effort = 1 } = settingsOfProcess().rig;
  test(name, { timeout: Math.min(HANGS_MS * effort, LONGEST_MS) }, async ({ task, skip, signal }) => {
    const { run, rig } = settingsOfProcess();
    countIfAsked(run);
    if (!isAskedFor(run, name, relative('', task.file.filepath))) skip();
    const { outcome, stray } = await withStrays(() => runScenario(defined, rig, signal));
    const { result, error, failureFile } = outcome;
    keepCoverage(run);
    // What was interrupted has not failed. A test that takes too long is aborted too, for another reason.
    if (result.verdict === 'failed' && isInterruption(signal.reason)) throw signal.reason;
    const kept = failureFile && keptOrWhy(() => keepFailure(outFolder(run), task.file.filepath, name, failureFile));
    task.meta.coldrig = { ...result, ...(kept?.file !== undefined && { file: kept.file }) };
    if (result.verdict === 'skipped') skip(result.reason);
    if (result.verdict === 'passed' && stray !== undefined)
      throw new Error(`${(stray as Error)?.message ?? stray}\n  await:    the step that failed was not awaited`, {
        cause: stray,
      });
    if (result.verdict === 'failed') throw toldError(error, result.message ?? '', kept);
  });
}

/** Whether the scenario is one of those that this run is about. The share of a shard is decided by the name, so that no scenario is in two or none. */
function isAskedFor({ pattern, shard }: RunSettings, name: string, path: string): boolean {
  if (pattern !== undefined && !name.includes(pattern) && !path.includes(normalize(pattern))) return false;
  return shard === undefined || choice(0, name) % shard.of === shard.number - 1;
}

/** What this process has executed so far; undefined when nobody asks. */
let coverage: (() => Coverage) | undefined;

function countIfAsked(run: RunSettings): void {
  if (run.coverage !== undefined) coverage ??= beginCounting();
}

/** A process does not know which of its scenarios is the last, so each writes the sum of all before it. */
function keepCoverage(run: RunSettings): void {
  if (run.coverage === undefined || coverage === undefined) return;
  writeFileSync(join(run.coverage, `${process.pid}.json`), JSON.stringify(coverage()));
}

interface Kept {
  file?: string;
  /** Why there is no file. */
  missing?: string;
}

/** A disk that is full must not hide what failed. */
function keptOrWhy(keep: () => string): Kept {
  try {
    return { file: keep() };
  } catch (error) {
    return { missing: (error as Error).message };
  }
}

/** Folders of this run's failures. Every scenario of one file runs in the same process. */
const taken = new Set<string>();

/**
 * Puts the file to `<out>/<scenario file>/<scenario>/failure.coldrig`, with the scenario file's path below the folder of scenarios, because files in
 * other processes may have its name; of scenarios whose names look equal there, the second to `<scenario>-2`.
 */
function keepFailure(out: string, module: string, name: string, bytes: Uint8Array): string {
  const inPath = (text: string) => text.replace(/[^\p{L}\p{N}.]+/gu, '-').slice(0, 80);
  const path = relative('', module).replaceAll(sep, '/');
  const folderOf = scenarioFolders.find((each) => path.startsWith(`${each}/`));
  const below = folderOf === undefined ? basename(path) : path.slice(folderOf.length + 1);
  const first = join(out, below.slice(0, -scenarioEnding.length), inPath(name));
  let folder = first;
  for (let number = 2; taken.has(folder); number++) folder = `${first}-${number}`;
  taken.add(folder);
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'failure.coldrig');
  writeDurably(file, bytes);
  return file;
}

/** The error with the command that repeats the run. */
function toldError(error: unknown, message: string, kept: Kept | undefined): unknown {
  const how = kept?.file === undefined ? kept?.missing : `coldrig replay ${kept.file}`;
  const reason = kept?.missing === undefined ? '' : 'failure.coldrig could not be written: ';
  const replay = how === undefined ? '' : `\n  replay:   ${reason}${how}`;
  if (!(error instanceof Error)) return new Error(`${message}${replay}`);
  error.message = `${message}${replay}`;
  // What a reader wants is the line of the scenario.
  error.stack = error.stack
    ?.split('\n')
    .filter((line) => !ours.test(line))
    .join('\n');
  return error;
}
