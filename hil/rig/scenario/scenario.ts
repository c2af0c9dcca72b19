// A scenario: a name, where it begins, and what it does; and one run of it. No test runner is needed here (hil/run connects one).
//
//   define ──▶ for each variant: starting state ──▶ body(rig) ──▶ passed | failed with a file to replay | skipped with a reason
//
// What must stay true: a run is a function of the scenario, the settings and the choices; a run that failed can be repeated from what it returns.

import { type Snapshot, snapshotToBytes } from '../../../host/board/snapshot.ts';
import { parseImage } from '../../../host/tools/image/index.ts';
import { textOfFridge } from '../../../host/tools/open-fridge.ts';
import { SmpClient } from '../../../host/tools/smp/index.ts';
import { MemoryMap } from '../../../protocol/memory-map.ts';
import { longestNs } from '../time.ts';
import { attended } from './attended.ts';
import { ScenarioBench } from './bench.ts';
import { allChoosers, type Chooser, givenChooser, randomChooser } from './choices.ts';
import type { ChronicleData } from './chronicle-data.ts';
import { CannotRun, type FailureFacts, ScenarioFailure } from './failure.ts';
import { encodeFailure } from './failure-file.ts';
import type { InsideRig } from './inside.ts';
import { type Measurement, type Rig, WireRig } from './rig.ts';
import type { RigSettings } from './settings.ts';
import { startingState } from './states.ts';

export interface ScenarioOptions {
  /** Name of a starting state; `confirmed-1.0` when left out. */
  from?: string;
  /** The cryostat it is in: a preset or a fridge file; a quiet bench when left out. */
  fridge?: string;
  /** A seed of its own; that of the command line when left out. */
  seed?: number;
  /** `inside`: it looks into the emulated board or disturbs it. `wire`: it needs only SMP, and runs on a real device too. */
  needs?: 'inside' | 'wire';
  /** How often it runs with other choices: so many times at random (times `--effort`), or `all` for every combination; once when left out. */
  vary?: number | 'all';
}

export type WireBody = (rig: Rig) => void | Promise<void>;
export type InsideBody = (rig: InsideRig) => void | Promise<void>;

export type Scenario = { name: string; options: ScenarioOptions } & (
  | { needs: 'inside'; body: InsideBody }
  | { needs: 'wire'; body: WireBody }
);

/** How a scenario ended. Plain data, apart from the file. */
export interface ScenarioResult {
  name: string;
  verdict: 'passed' | 'failed' | 'skipped';
  /** Why it was skipped. */
  reason?: string;
  message?: string;
  facts?: FailureFacts;
  from: string;
  fridge?: string;
  seed: number;
  /** Of the last run. */
  choices: number[];
  runs: number;
  measurements: Measurement[];
  notes: { timeNs: number; text: string }[];
  /** Virtual time of all runs. */
  timeNs: number;
  /** Log hash at the end of the last run, on the emulated board. */
  logHash?: string;
  /** The last run, where the settings ask for it and the emulated board runs it. */
  chronicle?: ChronicleData;
}

export interface ScenarioOutcome {
  result: ScenarioResult;
  /** What was thrown, when it failed. */
  error?: unknown;
  /** The bytes of failure.coldrig, when it failed on the emulated board. */
  failureFile?: Uint8Array;
}

/** Checks the options of a scenario. Throws where they contradict each other. */
export function defineScenario(name: string, options: ScenarioOptions, body: InsideBody): Scenario {
  const { needs = options.fridge === undefined ? 'wire' : 'inside', vary = 1, seed } = options;
  if (name.trim() === '') throw new TypeError('scenario: it needs a name');
  // Nothing checks types when scenarios run: an option with a typing error would be left out without a word.
  for (const key of Object.keys(options)) {
    if (optionNames.includes(key)) continue;
    throw new TypeError(`scenario '${name}': there is no option '${key}'; there are ${optionNames.join(', ')}`);
  }
  if (needs !== 'inside' && needs !== 'wire')
    throw new TypeError(`scenario '${name}': needs is '${needs}'; expected 'inside' or 'wire'`);
  if (vary !== 'all' && !(Number.isSafeInteger(vary) && vary >= 1))
    throw new TypeError(`scenario '${name}': vary is ${vary}; expected 'all' or a whole number from 1 up`);
  if (seed !== undefined && !Number.isSafeInteger(seed))
    throw new TypeError(`scenario '${name}': its seed ${seed} is no whole number`);
  startingState(options.from ?? defaultState);
  // Without the inside only those bodies come here that take a `Rig`: the overloads of `scenario` say so.
  return needs === 'inside' ? { name, options, needs, body } : { name, options, needs, body: body as WireBody };
}

const optionNames = ['from', 'fridge', 'seed', 'needs', 'vary'];
const defaultState = 'confirmed-1.0';

/** Runs all variants of a scenario; the first that fails ends it. `signal`: ends it from outside. */
export async function runScenario(
  scenario: Scenario,
  settings: RigSettings = {},
  signal?: AbortSignal,
): Promise<ScenarioOutcome> {
  const { name, options } = scenario;
  const seed = options.seed ?? settings.seed ?? 1;
  const own = { ...settings, seed };
  const result: ScenarioResult = {
    ...{ name, verdict: 'passed', from: options.from ?? defaultState, fridge: options.fridge, seed },
    ...{ choices: [], runs: 0, measurements: [], notes: [], timeNs: 0 },
  };
  for (const chooser of choosersOf(scenario, own)) {
    const ended =
      own.target === undefined
        ? await runInside(scenario, own, chooser, signal)
        : await runOnWire(scenario, own, chooser, signal);
    result.runs++;
    result.choices = [...chooser.made];
    result.timeNs += ended.timeNs;
    result.measurements = ended.measurements;
    result.notes = ended.notes;
    if (ended.logHash !== undefined) result.logHash = ended.logHash;
    if (ended.chronicle !== undefined) result.chronicle = ended.chronicle;
    if (ended.error === undefined) continue;
    return { ...failed(result, ended.error), failureFile: ended.failureFile?.(result) };
  }
  return { result };
}

function failed(result: ScenarioResult, error: unknown): ScenarioOutcome {
  if (error instanceof CannotRun) return { result: { ...result, verdict: 'skipped', reason: error.message } };
  const choices = result.choices.length === 0 ? '' : `\n  choices:  ${result.choices.join(',')}`;
  const message = `${error instanceof Error ? error.message : error}${choices}`;
  const facts = error instanceof ScenarioFailure ? error.facts : undefined;
  return { result: { ...result, verdict: 'failed', message, facts }, error };
}

function* choosersOf({ name, options }: Scenario, { choices, seed = 1, effort = 1 }: RigSettings): Generator<Chooser> {
  const { vary = 1 } = options;
  if (choices !== undefined) yield givenChooser(choices);
  else if (vary === 'all') yield* allChoosers();
  else
    for (let variant = 0; variant < (vary === 1 ? 1 : vary * effort); variant++)
      yield randomChooser(seed, name, variant);
}

interface Ended extends Pick<ScenarioResult, 'timeNs' | 'measurements' | 'notes' | 'logHash' | 'chronicle'> {
  error?: unknown;
  failureFile?: (result: ScenarioResult) => Uint8Array | undefined;
}

async function runInside(
  { options, body }: Scenario,
  settings: RigSettings,
  chooser: Chooser,
  signal?: AbortSignal,
): Promise<Ended> {
  // Before the run: a file that is changed meanwhile is not the fridge of this run.
  const fridgeText = options.fridge && textOfFridge(options.fridge);
  const bench = await ScenarioBench.of(settings, options.fridge);
  const { rig, start } = await bench.begin(options.from ?? defaultState, chooser, signal);
  const chronicle = settings.chronicle ? bench.chronicle(rig) : undefined;
  const error = await errorOf(() => attended(rig, body));
  const { board } = bench;
  bench.end();
  const end = board.standing;
  const { inputs } = board;
  const ended: Ended = {
    timeNs: rig.now,
    measurements: rig.measurements,
    notes: rig.notes,
    logHash: end.logHash,
    error,
  };
  if (chronicle !== undefined) ended.chronicle = chronicle.end();
  if (error === undefined) return ended;
  const beganNs = board.now - rig.now;
  const failureFile = (result: ScenarioResult) =>
    encodeFailure({
      ...{ scenario: result.name, message: failed(result, error).result.message ?? '' },
      ...{ failedNs: end.timeNs, beganNs, seed: bench.kind.seed, choices: result.choices },
      ...{ fridge: options.fridge, fridgeText },
      ...{ images: imagesIn(start), start: snapshotToBytes(start), inputs, end },
    });
  return { ...ended, failureFile };
}

async function runOnWire(
  scenario: Scenario,
  settings: RigSettings,
  chooser: Chooser,
  signal?: AbortSignal,
): Promise<Ended> {
  const { options } = scenario;
  const nothing = { timeNs: 0, measurements: [], notes: [] };
  if (scenario.needs === 'inside')
    return {
      ...nothing,
      error: new CannotRun('it needs the inside of the emulated board; this device is behind a wire'),
    };
  const { name, onWire } = startingState(options.from ?? defaultState);
  if (onWire === undefined)
    return {
      ...nothing,
      error: new CannotRun(`it begins in the state '${name}', which only the emulated board can be set to`),
    };
  const client = await SmpClient.open(settings.target as string);
  try {
    const rig = new WireRig({ client, settings, chooser, signal });
    const error = await errorOf(async () => {
      await onWire(rig);
      await attended(rig, scenario.body);
    });
    return { timeNs: Math.min(rig.now, longestNs), measurements: rig.measurements, notes: rig.notes, error };
  } finally {
    await client.close();
  }
}

async function errorOf(work: () => void | Promise<void>): Promise<unknown> {
  try {
    await work();
    return undefined;
  } catch (error) {
    return error ?? new Error('the scenario threw nothing');
  }
}

/** The file of a fridge that is no preset: it must travel with the failure. */
function imagesIn({ flash }: Snapshot) {
  const bytes = Buffer.concat(flash.cells.map((page) => Buffer.from(page.buffer, page.byteOffset, page.byteLength)));
  return [
    { slot: 'A', address: MemoryMap.SLOT_A },
    { slot: 'B', address: MemoryMap.SLOT_B },
  ].flatMap(({ slot, address }) => {
    try {
      const { header, hash, totalSize } = parseImage(bytes.subarray(address, address + MemoryMap.SLOT_SIZE));
      const { major, minor, revision } = header.version;
      const sha256 = Buffer.from(hash ?? []).toString('hex');
      return [{ slot, version: `${major}.${minor}.${revision}`, sha256, bytes: totalSize }];
    } catch {
      // An empty or a damaged slot has no image to name.
      return [];
    }
  });
}
