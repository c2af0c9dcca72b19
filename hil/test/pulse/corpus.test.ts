// Programs nobody of us wrote, beside what the open simulator q1simulator does with each: 52 sequences of q1pulse's own test suite.
//
// They are the shared corpus, beside the repository; its README says how the expected files were made. Where the corpus is not there, this
// file says so and skips.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { repositoryRoot } from '../../../host/tools/guest.ts';
import { assembleSequence } from '../../../host/tools/q1/index.ts';
import { factsOf } from './facts.ts';

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

const samplesMax = 2_000_000;

const names = present ? readdirSync(join(corpus, 'programs')).map((file) => file.replace(/\.json$/, '')) : [];

describe.skipIf(!present)('the shared corpus', () => {
  test.each(names)('%s', async (name) => {
    const expected: Expected = JSON.parse(readFileSync(join(corpus, 'expected', `${name}.json`), 'utf8'));
    const sequence = assembleSequence(readFileSync(join(corpus, 'programs', `${name}.json`), 'utf8'), name);
    expect(await factsOf(sequence, samplesMax)).toEqual({
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
