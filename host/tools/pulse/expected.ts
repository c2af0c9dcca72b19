// The run of a sequencer in the form of q1simulator's results, so that the two can be compared: lines count from 0, a marker edge is a pair of
// points, the output ends after two milliseconds.

import { createHash } from 'node:crypto';
import type { SequencerRun } from './run.ts';
import { errorNames } from './run.ts';
import type { MarkerChange } from './tally.ts';

/** q1simulator renders no further. */
const RENDER_MOST_NS = 2_000_000;
const ACQUISITIONS_MOST = 2000;
const MARKERS = 4;

export function expectedKeys(run: SequencerRun): Record<string, unknown> {
  const { tally, flags, endNs } = run;
  const origin = tally.originNs;
  const errors = errorNames(flags);
  const paths = run.paths(0, Math.min(endNs, RENDER_MOST_NS));
  return {
    status: errors.length === 0 && run.state === 'STOPPED' ? 'ok' : 'errors',
    errors: errors.map((name) => name.replaceAll('_', ' ')),
    end_ns: endNs,
    samples: [paths.path0.length, paths.path1.length],
    sha256: [hashOf(paths.path0), hashOf(paths.path1)],
    marker_edges: Array.from({ length: MARKERS }, (_, marker) => markerEdges(tally.markers, origin, marker)),
    acquisitions_count: tally.acquisitionCount,
    acquisitions: tally.acquisitions
      .slice(0, ACQUISITIONS_MOST)
      .map(({ timeNs, acquisition, bin, lengthNs }) => [timeNs - origin, acquisition, bin, lengthNs]),
    first_execution_ns_by_line: firstByLine(run),
  };
}

/** Little endian, whatever the host is. */
function hashOf(samples: Int16Array): string {
  return createHash('sha256').update(littleEndian(samples)).digest('hex');
}

export function littleEndian(samples: Int16Array): Uint8Array {
  const bytes = new Uint8Array(samples.length * 2);
  const view = new DataView(bytes.buffer);
  for (let index = 0; index < samples.length; index += 1) view.setInt16(index * 2, samples[index], true);
  return bytes;
}

/** Two points per edge, before and after it. An edge after the end of the output is moved to that end. */
function markerEdges(changes: MarkerChange[], originNs: number, marker: number): [number, number][] {
  const points: [number, number][] = [];
  for (const { timeNs: recordedNs, before, after } of changes) {
    const timeNs = recordedNs - originNs;
    const [old, level] = [(before >> marker) & 1, (after >> marker) & 1];
    if (old === level) continue;
    if (timeNs >= RENDER_MOST_NS) {
      if (points.length > 0) points.push([RENDER_MOST_NS, old], [RENDER_MOST_NS, 0]);
      break;
    }
    points.push([timeNs, old], [timeNs, level]);
  }
  return points;
}

/** Lines count from zero here, as q1simulator counts them; wait_sync is not among them. */
function firstByLine({ sequence: { program }, tally }: SequencerRun): Record<string, number> {
  const first: Record<string, number> = {};
  for (const [index, { line, instruction }] of program.instructions.entries()) {
    if (tally.count[index] > 0 && instruction.mnemonic !== 'wait_sync')
      first[line - 1] = tally.firstNs[index] - tally.originNs;
  }
  return first;
}
