// One clock for all sequencers of a run, for everything that shows them side by side: zero is the earliest of their own zeros.

import type { PulseRun, SequencerRun } from './run.ts';

export interface TimeBase {
  /** Zero of this clock on that of the records. */
  zeroNs: number;
  /** What to add to a time of a sequencer. */
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
