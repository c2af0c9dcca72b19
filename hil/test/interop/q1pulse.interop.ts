// Programs that q1pulse compiles today for the second instruction set, beside the open simulator: the same end, first times of every line,
// markers, acquisitions and samples.
//
// The programs are those of q1pulse's own test suite, compiled when this runs. What must stay true: every sequence is compared, and one that is
// not is named here with its reason.

import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { repositoryRoot } from '../../../host/tools/guest.ts';
import { assembleSequence, Q1Error } from '../../../host/tools/q1/index.ts';
import type { Setting } from '../../rig/pulse/run.ts';
import { factsOf } from '../pulse/facts.ts';
import { interopFolder, pythonTool } from './install.ts';
import { skipWithReason } from './story.ts';

const tool = await pythonTool('q1pulse');
if (tool.path === undefined) skipWithReason('q1pulse and q1simulator', tool);

interface SimulatorFacts {
  errors: string[];
  end_ns: number;
  samples: number;
  sha256: string[];
  /** Marker edges are listed before this time. */
  edges_to_ns: number;
  marker_edges: number[][][];
  acquisitions_count: number;
  acquisitions: number[][];
  first_execution_ns_by_line: Record<string, number>;
}

interface Answer {
  name: string;
  sequence?: object;
  facts?: SimulatorFacts;
  /** The test could not be compiled, or the simulator refused what it compiled. */
  failed?: string;
  refused?: string;
}

/** The counters of the simulator reach a threshold of zero only after a first trigger (differences.test.ts): here none is zero. */
const thresholds = Array.from({ length: 15 }, (_, index): Setting => ['COUNT_THRESHOLD', 1, index]);

/** Written for LINQ, the feedback network between modules, which these sequencers do not have. */
const feedback = /^test_event_feedback/;
const timeoutMs = 300_000;
const leastCompared = 60;

describe.skipIf(tool.path === undefined)('programs compiled by q1pulse 1.3.0 for the second set', () => {
  let answers: Answer[] = [];

  beforeAll(() => {
    const folder = join(interopFolder, 'q1pulse-tests');
    mkdirSync(folder, { recursive: true });
    const script = join(repositoryRoot, 'hil/test/interop/clients/q1pulse_programs.py');
    // The tests write their listings where they are run.
    const options = {
      cwd: folder,
      maxBuffer: 2 ** 28,
      stdio: ['ignore', 'pipe', 'ignore'] as ['ignore', 'pipe', 'ignore'],
    };
    const text = execFileSync(tool.path as string, [script, folder], options).toString();
    answers = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
  }, timeoutMs);

  test(
    'are as in q1simulator 1.3.4: end, first times, markers, acquisitions and samples',
    async () => {
      let compared = 0;
      const sets = { 1: 0, 2: 0 };
      const different: Record<string, unknown> = {};
      for (const { name, sequence, facts } of answers) {
        if (sequence === undefined || facts === undefined || feedback.test(name)) continue;
        const assembled = assembleSequence(JSON.stringify(sequence), name, 'cryo-hrl', { set: 2, by: 'q1pulse' });
        sets[assembleSequence(JSON.stringify(sequence), name).program.set]++;
        const all = await factsOf(assembled, facts.samples, thresholds);
        const edges = all.marker_edges.map((marker) => marker.filter(([timeNs]) => timeNs < facts.edges_to_ns));
        const here = { ...all, marker_edges: edges };
        const there = {
          flags: facts.errors.map((error) => error.replaceAll(' ', '_')),
          end_ns: facts.end_ns,
          lines: facts.first_execution_ns_by_line,
          sha256: facts.sha256,
          acquisitions_count: facts.acquisitions_count,
          acquisitions: facts.acquisitions,
          marker_edges: facts.marker_edges,
        };
        compared++;
        for (const key of Object.keys(there) as (keyof typeof there)[])
          if (JSON.stringify(here[key]) !== JSON.stringify(there[key]))
            different[`${name} ${key}`] = [here[key], there[key]];
      }
      console.log(`${compared} sequences compared, of which ${sets[2]} show that they are of the second set`);
      expect(different).toEqual({});
      expect(compared).toBeGreaterThanOrEqual(leastCompared);
      expect(sets[2]).toBeGreaterThanOrEqual(leastCompared);
    },
    timeoutMs,
  );

  test('that use the feedback network are refused with what it is, and nothing else is', () => {
    const refused = answers.flatMap(({ name, sequence }) => {
      if (sequence === undefined) return [];
      try {
        assembleSequence(JSON.stringify(sequence), name);
        return [];
      } catch (problem) {
        if (!(problem instanceof Q1Error)) throw problem;
        return [{ name, rules: new Set(problem.findings.map(({ rule }) => rule)) }];
      }
    });
    expect(refused.length).toBeGreaterThan(0);
    for (const { name, rules } of refused) {
      expect(name).toMatch(feedback);
      expect([...rules]).toEqual(['UNSUPPORTED']);
    }
  });

  test('are all that its test suite has', () => {
    expect(answers.filter(({ failed }) => failed !== undefined).map(({ name }) => name)).toEqual(['test_phase']);
    expect(answers.filter(({ refused }) => refused !== undefined)).toEqual([]);
  });
});
