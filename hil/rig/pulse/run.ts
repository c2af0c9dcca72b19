// Runs pulse programs without a chip: one instance of the sequencers' module, as fast as possible.
//
// It is the same module as in the firmware image; a test runs the same programs through SMP on a board and compares. Times count from the release
// of all sequencers; `originNs` of a sequencer is the begin of its experiment (the end of its first wait_sync).

import { crc32 } from 'node:zlib';
import type { Waveforms } from '../../../host/board/sequencer/outputs.ts';
import { type Bin, SequencerModule } from '../../../host/board/sequencer/sequencer-module.ts';
import { RecordStore } from '../../../host/tools/pulse/records.ts';
import { sequencerModule } from '../../../host/tools/sequencer.ts';
import { docOf, nameOf } from '../../../protocol/constants.ts';
import { SequencerLoad, SequencerRun, sequencerLoads } from '../../../protocol/q1/module.ts';
import { SequencerRecord } from '../../../protocol/q1/records.ts';
import type { SequencerSetting } from '../../../protocol/q1/settings.ts';
import { SequencerState, sequencerFlagNames, sequencerStates } from '../../../protocol/q1/status.ts';
import { SequencerObserver, sinkOf } from './observer.ts';

/** All records except RESULT, whose data is in the bins. */
const wanted = [
  SequencerRecord.EXECUTE,
  SequencerRecord.COMMIT,
  SequencerRecord.NCO,
  SequencerRecord.ACQUIRE,
  SequencerRecord.TRIGGER,
  SequencerRecord.SYNC,
  SequencerRecord.UNDERFLOW,
  SequencerRecord.VALUE,
];

export interface PulseProgram {
  /** For messages. */
  name: string;
  /** An assembled sequence (host/tools/q1). */
  binary: Uint8Array;
  settings?: Setting[];
}

/** Setting, value, and index where it has one. */
export type Setting = [setting: keyof typeof SequencerSetting, value: number, index?: number];

export interface PulseOptions {
  /** Instructions of each classic core, after which it is stopped. */
  budget?: number;
  /** Time of the classic cores at which all are stopped. */
  untilNs?: number;
  /** How many records of each sequencer are stored. Default: none. */
  keep?: number;
  /** Outputs are stored up to this time after the origin; later ones cannot be drawn. Default: as far as there is room. */
  outputsToNs?: number;
  /** Reads the wall clock in ms, so that the result can say how long the run itself took. */
  clock?: () => number;
  /** Whether records are made and read. Without them only end, flags and bins are known, and the run is much faster. Default: true. */
  observe?: boolean;
}

export interface SequencerResult {
  name: string;
  state: string;
  flags: string[];
  /** What stop gave; 0 where it gave none. */
  exitCode: number;
  /** Time of its real-time core when it stopped. */
  endNs: number;
  /** The begin of its experiment (Tally). */
  originNs: number;
  instructionsExecuted: number;
  minimumSlackNs: number | undefined;
  /** The statistics of its records; missing without an observer. */
  seen: SequencerObserver | undefined;
  /** The stored records. */
  records: RecordStore;
  bins(acquisition: number): Bin[];
}

/** A sequencer refused a sequence or a setting. */
export class PulseRefused extends Error {}

export interface PulseResult {
  sequencers: SequencerResult[];
  /** Sequencers that wait for each other, when none can go on. */
  deadlock: { waiting: number[]; missing: number[]; waitingForTrigger: number[] } | undefined;
  /** The last real-time core's end. */
  virtualNs: number;
  /** A limit was reached. */
  cutShort: boolean;
  /** What the run took, without loading; 0 where no clock was given. */
  wallMs: number;
}

/** Runs programs together, one per sequencer. Throws when one cannot be loaded. */
export async function runPulse(programs: PulseProgram[], options: PulseOptions = {}): Promise<PulseResult> {
  const module = new SequencerModule(await sequencerModule());
  return runOn(module, programs, options);
}

/** Like `runPulse`, on an existing module in its state after reset. */
export function runOn(module: SequencerModule, programs: PulseProgram[], options: PulseOptions = {}): PulseResult {
  const slices = runInSlices(module, programs, options);
  for (;;) {
    const slice = slices.next();
    if (slice.done) return slice.value;
  }
}

/** The same in slices, so that the caller can do other work in between; yields the time that a real-time core has reached. */
export function* runInSlices(
  module: SequencerModule,
  programs: PulseProgram[],
  options: PulseOptions = {},
): Generator<number, PulseResult> {
  for (const [core, program] of programs.entries()) loadProgram(module, core, program);
  const records = programs.map(() => new RecordStore(options.keep ?? 0));
  const observers = programs.map((_, core) =>
    options.observe === false
      ? undefined
      : new SequencerObserver(
          module.figure(core, 'INSTRUCTIONS'),
          options.keep ? records[core] : undefined,
          options.outputsToNs,
        ),
  );
  if (options.observe !== false) module.listen(wanted, sinkOf(observers));
  const mask = 2 ** programs.length - 1;
  const { clock = () => 0 } = options;
  const startMs = clock();
  module.arm(mask);
  module.start(mask);
  const { outcome, cutShort } = yield* runToEnd(module, programs.length, options);
  const wallMs = clock() - startMs;
  const sequencers = programs.map(({ name }, core) => ({
    ...resultOf(module, core, name, observers[core]),
    records: records[core],
  }));
  return {
    sequencers,
    deadlock: outcome === SequencerRun.DEADLOCK ? deadlockOf(module) : undefined,
    virtualNs: Math.max(0, ...sequencers.map(({ endNs }) => endNs)),
    ...{ cutShort, wallMs },
  };
}

/** Instructions between two checks of the limits. */
const sliceInstructions = 20_000_000;

function* runToEnd(
  module: SequencerModule,
  cores: number,
  { budget = Number.POSITIVE_INFINITY, untilNs }: PulseOptions,
): Generator<number, { outcome: number; cutShort: boolean }> {
  let cutShort = false;
  for (;;) {
    const running = Array.from({ length: cores }, (_, core) => core).filter(
      (core) => module.figure(core, 'STATE') === SequencerState.RUNNING,
    );
    const left = (core: number) => budget - module.instructionsExecuted(core);
    const spent = running.filter((core) => left(core) <= 0);
    if (spent.length > 0) {
      module.stop(spent.reduce((mask, core) => mask | (1 << core), 0));
      cutShort = true;
      continue;
    }
    const slice = Math.min(sliceInstructions, ...running.map(left));
    const outcome = module.run(untilNs, slice);
    if (outcome === SequencerRun.UNTIL) {
      module.stop(2 ** cores - 1);
      return { outcome: module.run(), cutShort: true };
    }
    if (outcome !== SequencerRun.BUDGET) return { outcome, cutShort };
    yield module.timeNs(running[0]);
  }
}

/** Refusals that are about one instruction or one row of a table. */
const placed: number[] = [SequencerLoad.INSTRUCTION, SequencerLoad.ROW, SequencerLoad.MIXED];

/** Loads a sequence and its settings; every loaded sequencer takes part in wait_sync. */
export function loadProgram(
  module: SequencerModule,
  core: number,
  { name, binary, settings = [] }: PulseProgram,
): void {
  if (!module.stage(binary)) throw new Error(`${name}: ${binary.length} bytes are more than a sequencer takes`);
  const outcome = module.load(core, binary.length, crc32(binary));
  if (outcome !== SequencerLoad.GOOD) {
    const reason = docOf(sequencerLoads, outcome) ?? 'no reason is known';
    const where = placed.includes(outcome) ? ` (number ${module.figure(core, 'LOAD_PLACE')}, counted from 0)` : '';
    throw new PulseRefused(`${name}: sequencer ${core} refuses the sequence${where}: ${reason}`);
  }
  for (const [setting, value, index] of [['SYNC_ENABLE', 1] as Setting, ...settings])
    if (!module.configure(core, setting, value >>> 0, index))
      throw new PulseRefused(
        `${name}: sequencer ${core} refuses ${setting}${index === undefined ? '' : ` ${index}`} = ${value}`,
      );
}

function resultOf(module: SequencerModule, core: number, name: string, seen?: SequencerObserver) {
  const slack = module.figure(core, 'LEAST_SLACK') | 0;
  return {
    name,
    state: nameOf(sequencerStates, module.figure(core, 'STATE')) ?? '',
    flags: sequencerFlagNames(module.figure(core, 'FLAGS')),
    exitCode: module.figure(core, 'EXIT_CODE') | 0,
    endNs: module.timeNs(core),
    originNs: seen?.originNs ?? 0,
    instructionsExecuted: module.instructionsExecuted(core),
    minimumSlackNs: slack === 0x7fff_ffff ? undefined : slack,
    seen,
    bins: (acquisition: number) => module.bins(core, acquisition),
  };
}

function deadlockOf(module: SequencerModule) {
  const waiting = module.figure(0, 'WAITING');
  return { waiting: bitsOf(waiting), missing: bitsOf(waiting >>> 8), waitingForTrigger: bitsOf(waiting >>> 16) };
}

function bitsOf(mask: number): number[] {
  return [0, 1, 2, 3, 4, 5].filter((bit) => (mask & (1 << bit)) !== 0);
}

/** Waveforms of an assembled sequence, for drawing what it plays. */
export function waveformsOf(waveforms: readonly { index: number; samples: Int32Array }[]): Waveforms {
  const byIndex = new Map(waveforms.map(({ index, samples }) => [index, samples]));
  return (index) => byIndex.get(index) ?? new Int32Array(0);
}
