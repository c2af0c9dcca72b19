// A run as the renderers see it: its inputs and its results. The code that runs the sequencers makes one; nothing in this file runs them.
//
// There are three clocks. The clock of the records is common to all sequencers. Each sequencer has a clock whose zero is the begin of its
// experiment (Tally.originNs). The clock of the run has its zero at the earliest of these (time-base.ts).

import { sequencerFlagNames } from '../../../protocol/q1/status.ts';
import type { AssembledSequence } from '../q1/index.ts';
import type { RecordStore } from './records.ts';
import type { Tally } from './tally.ts';

/** Output samples of both paths, 1 ns each, from `fromNs` on the sequencer's clock. */
export interface Paths {
  fromNs: number;
  path0: Int16Array;
  path1: Int16Array;
}

export interface BinnedAcquisition {
  name: string;
  index: number;
  /** Sums in full scale times ns; `threshold` counts the results at or above it. */
  bins: { path0: number; path1: number; count: number; threshold: number }[];
}

export interface SequencerRun {
  /** Name of the file, for headings. */
  name: string;
  sequence: AssembledSequence;
  tally: Tally;
  /** Name of its state at the end. */
  state: string;
  /** SEQUENCER_FLAG bits. */
  flags: number;
  /** What stop gave; 0 where it gave none. */
  exitCode: number;
  /** Instructions of the classic core. */
  instructions: number;
  /** When its real-time core stopped, on its own clock. */
  endNs: number;
  /** Stored only when an output needs them. */
  records: RecordStore;
  /** Samples of a window of the run, on the sequencer's clock. */
  paths(fromNs: number, toNs: number): Paths;
  /** The results in the bins of its acquisitions. */
  bins(): BinnedAcquisition[];
}

export interface PulseRun {
  sequencers: SequencerRun[];
  /** Wall time of the run alone, to compare it with the instrument. */
  wallMs: number;
  modulated: boolean;
  /** Sequencers by index: which wait in wait_sync, for which others, and which wait for a trigger; undefined when none waits for ever. */
  deadlock: { waiting: number[]; missing: number[]; waitingForTrigger: number[] } | undefined;
}

/** Flags that only report that something is done. */
const harmless = ['ACQ_SCOPE_DONE_PATH_0', 'ACQ_SCOPE_DONE_PATH_1', 'ACQ_BINNING_DONE'];
/** Flags of behaviour that no document forbids or describes: a warning, not an error. */
const doubtful = ['ACQ_OVERLAP'];

export function errorNames(flags: number): string[] {
  return sequencerFlagNames(flags).filter((name) => !harmless.includes(name) && !doubtful.includes(name));
}

export function warningNames(flags: number): string[] {
  return sequencerFlagNames(flags).filter((name) => doubtful.includes(name));
}

/** When the last sequencer stopped, on its own clock. */
export function virtualNs({ sequencers }: PulseRun): number {
  return Math.max(0, ...sequencers.map(({ endNs }) => endNs));
}

/** How many times faster than the instrument the run was. */
export function timesFaster(run: PulseRun): number {
  return virtualNs(run) / 1e6 / Math.max(run.wallMs, 1e-6);
}
