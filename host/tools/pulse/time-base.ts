// One clock for all sequencers of a run, to show them side by side. Its zero is the earliest zero of the sequencers' own clocks.

import type { PulseRun, SequencerRun } from './run.ts';

export interface TimeBase {
  /** The zero of this clock, on the clock of the records. */
  zeroNs: number;
  /** What to add to a time on the clock of a sequencer. */
  shiftNs(run: SequencerRun): number;
  /** When the last sequencer stopped. */
  endNs: number;
}

export function timeBaseOf({ sequencers }: PulseRun): TimeBase {
  const zeroNs = Math.min(...sequencers.map(({ tally }) => tally.originNs));
  const shiftNs = ({ tally }: SequencerRun) => tally.originNs - zeroNs;
  const endNs = Math.max(...sequencers.map((run) => shiftNs(run) + run.endNs));
  return { zeroNs, shiftNs, endNs };
}
