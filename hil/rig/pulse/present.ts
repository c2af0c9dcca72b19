// A finished run in the form that the renderers of host/tools/pulse need: sequences with their results; outputs are drawn on demand.

import type { BinnedAcquisition, Paths, PulseRun, SequencerRun } from '../../../host/tools/pulse/run.ts';
import type { AssembledSequence } from '../../../host/tools/q1/index.ts';
import { SequenceLayout } from '../../../protocol/q1/sequence.ts';
import { SequencerFlag } from '../../../protocol/q1/status.ts';
import { type PulseResult, type SequencerResult, waveformsOf } from './run.ts';

/** `names` are for headings, one per sequencer. The run must have had observers. */
export function presentRun(
  sequences: AssembledSequence[],
  result: PulseResult,
  names: string[],
  modulated: boolean,
): PulseRun {
  const sequencers = result.sequencers.map((one, index) => presentOne(names[index], sequences[index], one, modulated));
  return { sequencers, wallMs: result.wallMs, modulated, deadlock: result.deadlock };
}

function presentOne(
  name: string,
  sequence: AssembledSequence,
  result: SequencerResult,
  modulated: boolean,
): SequencerRun {
  const { seen, originNs, records, state } = result;
  if (seen === undefined) throw new Error(`${name}: nobody observed this run`);
  const endNs = Math.max(0, result.endNs - originNs);
  const waveforms = waveformsOf(sequence.parts.waveforms);
  return {
    ...{ name, sequence, tally: seen, state, endNs, records },
    flags: result.flags.reduce((bits, flag) => bits | SequencerFlag[flag as keyof typeof SequencerFlag], 0),
    ...{ exitCode: result.exitCode, instructions: result.instructionsExecuted },
    paths: (fromNs, toNs): Paths => {
      const end = Math.max(fromNs, Math.min(toNs, endNs));
      return { fromNs, ...seen.outputs.render(originNs + fromNs, originNs + end, waveforms, modulated) };
    },
    bins: () => binsOf(sequence, result),
  };
}

/** In the order of the indices; sums in full scale times ns. */
function binsOf({ parts }: AssembledSequence, result: SequencerResult): BinnedAcquisition[] {
  return [...parts.acquisitions]
    .sort((a, b) => a.index - b.index)
    .map(({ name, index }) => ({
      ...{ name, index },
      bins: result.bins(index).map(({ sum0, sum1, count, thresholdCount }) => ({
        path0: sum0 / SequenceLayout.FULL_SCALE,
        path1: sum1 / SequenceLayout.FULL_SCALE,
        ...{ count, threshold: thresholdCount },
      })),
    }));
}
