// A run as the renderers see it: what was asked, what came out. Whoever runs the sequencers makes one; nothing here runs anything.
//
// Three clocks: that of the records, on which all sequencers are; a sequencer's own, whose zero is where its experiment begins (Tally.originNs);
// and the run's, whose zero is the earliest of those (time-base.ts).

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
  /** Instructions of the classic core. */
  instructions: number;
  /** When its real-time core stopped, on its own clock. */
  endNs: number;
  /** Kept where an output needs them. */
  records: RecordStore;
  /** Samples of a window of the run, on the sequencer's clock. */
  paths(fromNs: number, toNs: number): Paths;
  /** What its acquisitions have binned. */
  bins(): BinnedAcquisition[];
}

export interface PulseRun {
  sequencers: SequencerRun[];
  /** Wall time of the run alone, for the comparison with the instrument. */
  wallMs: number;
  modulated: boolean;
  /** Sequencers by index: who waits in wait_sync, for whom, and who waits for a trigger; undefined where nobody waits for ever. */
  deadlock: { waiting: number[]; missing: number[]; waitingForTrigger: number[] } | undefined;
}

/** Flags that only tell that something is done. */
const harmless = ['ACQ_SCOPE_DONE_PATH_0', 'ACQ_SCOPE_DONE_PATH_1', 'ACQ_BINNING_DONE'];
/** Flags of what no document forbids and none describes: a warning, not an error. */
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
