// The figures of docs/drift.md: some of its runs again, and whether shots that are drawn from the law of the chain are like those of the chain.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { thresholdNode } from '../../../host/tools/calibration/nodes/channel-nodes.ts';
import { ChainReadout } from '../../../host/tools/calibration/nodes/testing.ts';
import { planOfChain } from '../../../host/tools/calibration/plan-of-chain.ts';
import type { ReadoutBench } from '../../../host/tools/calibration/readout-bench.ts';
import { repositoryRoot } from '../../../host/tools/guest.ts';
import { type DriftFigures, driftPage, FIGURES_FILE, PAGE_FILE, RUNS_LEAST } from './drift-page.ts';
import { driftRun, figureNames, noiseNames, noises } from './drift-runs.ts';
import { LawReadout } from './law-readout.ts';

const read = (path: string) => readFileSync(join(repositoryRoot, path), 'utf8');
const figures = JSON.parse(read(FIGURES_FILE)) as DriftFigures;

/** How many runs are made again; the figures have the first ones one by one. */
const AGAIN = 2;
const written = 'npx tsx hil/test/calibration/drift.generate.ts writes it anew';

test('the page is what its figures say', () => {
  expect(read(PAGE_FILE), `${PAGE_FILE}: ${written}`).toBe(driftPage(figures));
  for (const noise of noiseNames)
    expect(figures.noises[noise].runs, `${noise}: ${written}`).toBeGreaterThanOrEqual(RUNS_LEAST);
});

test.each(noiseNames)('runs on the noise %s are those of the figures', async (noise) => {
  for (let seed = 1; seed <= AGAIN; seed++)
    expect(await driftRun(noise, seed), `seed ${seed}: ${written}`).toEqual(figures.noises[noise].first[seed - 1]);
});

describe('shots that are drawn from the law of a chain', () => {
  const { chain } = noises.white;
  const plan = planOfChain(chain, [0]);
  const node = thresholdNode(plan.channels[0], plan.timeoutNs.threshold);

  /** The figures of so many looks, after a calibration. */
  async function looksOn(bench: ReadoutBench, count: number): Promise<Record<string, number>[]> {
    const first = { bench, plan, record: await bench.corrections(), before: undefined };
    await bench.store(node.correct(first, await node.measure(first, 'calibrate')));
    const situation = { ...first, record: await bench.corrections() };
    const looks: Record<string, number>[] = [];
    for (let look = 0; look < count; look++) looks.push((await node.measure(situation, 'check')).results);
    return looks;
  }

  function momentsOf(looks: readonly Record<string, number>[], name: string) {
    const values = looks.map((look) => look[name]);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
    return { mean, deviation: Math.sqrt(squares / (values.length - 1)) };
  }

  test('show a watch the same figures, with the same scatter, as samples do', async () => {
    const count = 60;
    const sampled = await looksOn(new ChainReadout(chain), count);
    const drawn = await looksOn(new LawReadout(chain, 1), count);
    for (const name of figureNames) {
      const [a, b] = [momentsOf(sampled, name), momentsOf(drawn, name)];
      // Axis and threshold are measured against a calibration of 500 shots, which has a scatter of its own.
      const calibrated = name === 'axisDegrees' || name === 'thresholdDeviations' ? 2 / 2.5 : 0;
      const scatter = a.deviation * Math.sqrt(2 / count + calibrated);
      expect(Math.abs(a.mean - b.mean), name).toBeLessThan(4 * scatter);
      expect(a.deviation / b.deviation, name).toBeGreaterThan(0.65);
      expect(a.deviation / b.deviation, name).toBeLessThan(1 / 0.65);
    }
  });
});
