// What a program does here, in the terms of the open simulator's results, so that the two can be compared word for word.

import { createHash } from 'node:crypto';
import type { AssembledSequence } from '../../../host/tools/q1/index.ts';
import { runPulse, type Setting, waveformsOf } from '../../rig/pulse/run.ts';

/** Classic instructions the simulator was given. */
const simulatorCap = 300_000;
/** Acquisitions that are listed. */
const acquisitionsMost = 2000;

export interface Facts {
  flags: string[];
  end_ns: number;
  lines: Record<string, number>;
  sha256: string[];
  acquisitions_count: number;
  acquisitions: number[][];
  marker_edges: number[][][];
}

/** `samplesMost`: how many nanoseconds of the outputs are compared. */
export async function factsOf(
  sequence: AssembledSequence,
  samplesMost: number,
  settings: Setting[] = [],
): Promise<Facts> {
  const program = { ...sequence, settings: [['INTEGRATION_LENGTH', 100] as Setting, ...settings] };
  const result = await runPulse([program], { budget: simulatorCap });
  const [{ seen, endNs, originNs, flags }] = result.sequencers;
  if (!seen) throw new Error('it was to be observed');
  const lines = new Map<string, number>();
  for (const [index, { line }] of sequence.program.instructions.entries())
    if (seen.count[index] > 0 && seen.firstNs[index] >= originNs)
      lines.set(String(line - 1), seen.firstNs[index] - originNs);
  const end = Math.min(endNs - originNs, samplesMost);
  const samples = seen.outputs.render(originNs, originNs + end, waveformsOf(sequence.parts.waveforms));
  return {
    flags: flags.filter((flag) => flag !== 'ACQ_BINNING_DONE'),
    end_ns: endNs - originNs,
    lines: Object.fromEntries(lines),
    sha256: [samples.path0, samples.path1].map((path) =>
      createHash('sha256').update(new Uint8Array(path.buffer)).digest('hex'),
    ),
    acquisitions_count: seen.acquisitionCount,
    acquisitions: seen.acquisitions
      .slice(0, acquisitionsMost)
      .map(({ timeNs, acquisition, bin, lengthNs }) => [timeNs - originNs, acquisition, bin, lengthNs]),
    marker_edges: [0, 1, 2, 3].map((marker) =>
      seen.outputs.markerChanges(marker).flatMap((time, index) => [
        [time - originNs, index % 2],
        [time - originNs, 1 - (index % 2)],
      ]),
    ),
  };
}
