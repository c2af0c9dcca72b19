// Programs nobody of us wrote, beside what the open simulator q1simulator does with each: 52 sequences of q1pulse's own test suite.
//
// They are the shared corpus, beside the repository; its README says how the expected files were made. Where the corpus is not there, this
// file says so and skips.

import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { repositoryRoot } from '../../../host/tools/guest.ts';
import { assembleSequence } from '../../../host/tools/q1/index.ts';
import { runPulse, waveformsOf } from '../../rig/pulse/run.ts';

const corpus = join(repositoryRoot, '..', 'shared', 'corpus', 'q1asm');
const present = existsSync(corpus);
if (!present) console.log('the shared corpus is not beside the repository: its programs are skipped');

interface Expected {
  status: 'ok' | 'errors';
  errors: string[];
  end_ns: number;
  samples: [number, number];
  sha256: [string, string];
  marker_edges: [number, number][][];
  acquisitions_count: number;
  acquisitions: [number, number, number, number][];
  first_execution_ns_by_line: Record<string, number>;
}

/** Classic instructions the simulator was given. */
const simulatorCap = 300_000;
const samplesMax = 2_000_000;

const names = present ? readdirSync(join(corpus, 'programs')).map((file) => file.replace(/\.json$/, '')) : [];

describe.skipIf(!present)('the shared corpus', () => {
  test.each(names)('%s', async (name) => {
    const expected: Expected = JSON.parse(readFileSync(join(corpus, 'expected', `${name}.json`), 'utf8'));
    const sequence = assembleSequence(readFileSync(join(corpus, 'programs', `${name}.json`), 'utf8'), name);
    const result = await runPulse([{ ...sequence, settings: [['INTEGRATION_LENGTH', 100]] }], { budget: simulatorCap });
    const [{ seen, endNs, originNs, flags }] = result.sequencers;
    if (!seen) throw new Error('it was to be observed');
    const lines = new Map<string, number>();
    for (const [index, { line }] of sequence.program.instructions.entries())
      if (seen.count[index] > 0 && seen.firstNs[index] >= originNs)
        lines.set(String(line - 1), seen.firstNs[index] - originNs);
    const end = Math.min(endNs - originNs, samplesMax);
    const samples = seen.outputs.render(originNs, originNs + end, waveformsOf(sequence.parts.waveforms));
    const sha256 = [samples.path0, samples.path1].map((path) =>
      createHash('sha256').update(new Uint8Array(path.buffer)).digest('hex'),
    );
    expect({
      flags: flags.filter((flag) => flag !== 'ACQ_BINNING_DONE'),
      end_ns: endNs - originNs,
      lines: Object.fromEntries(lines),
      sha256,
      acquisitions_count: seen.acquisitionCount,
      acquisitions: seen.acquisitions
        .slice(0, 2000)
        .map(({ timeNs, acquisition, bin, lengthNs }) => [timeNs - originNs, acquisition, bin, lengthNs]),
      marker_edges: [0, 1, 2, 3].map((marker) =>
        seen.outputs.markerChanges(marker).flatMap((time, index) => [
          [time - originNs, index % 2],
          [time - originNs, 1 - (index % 2)],
        ]),
      ),
    }).toEqual({
      flags: expected.errors.map((error) => error.replaceAll(' ', '_')),
      end_ns: expected.end_ns,
      lines: expected.first_execution_ns_by_line,
      sha256: expected.sha256,
      acquisitions_count: expected.acquisitions_count,
      acquisitions: expected.acquisitions,
      marker_edges: expected.marker_edges,
    });
  });
});
