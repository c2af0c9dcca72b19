// Running a proof: where a part runs does not change its result, and shards add up.

import { describe, expect, test } from 'vitest';
import { canariesProof } from './canaries/proof.ts';
import { fromJson, toJson } from './json.ts';
import { junitOf } from './junit.ts';
import { mergeResults } from './merge.ts';
import type { ProofResult } from './result.ts';
import { runProof } from './run.ts';

const scenario = 'factory boot';
const canary = 'newest record broken, so none';
const options = { seed: 1, effort: 'slice', scenario } as const;
const figures = (json: Record<string, unknown>) => {
  const { seconds, pointsPerSecondPerCore, processorSeconds, ...rest } = json;
  return { ...rest, timed: typeof seconds, rated: typeof pointsPerSecondPerCore, used: typeof processorSeconds };
};

const named = (results: readonly ProofResult[]) =>
  results.map((result, index) => ({ name: `${index + 1}.json`, result }));

describe('a proof', () => {
  test('comes out the same in threads as in this one', async () => {
    const here = await runProof('power', { ...options, threads: 0 });
    const there = await runProof('power', { ...options, threads: 2 });
    expect(figures(toJson(there))).toEqual(figures(toJson(here)));
  });

  test('about other proofs has them in a thread of its own, too', async () => {
    const one = { seed: 1, effort: 'slice', scenario: canary } as const;
    const here = await runProof('canaries', { ...one, threads: 0 });
    const there = await runProof('canaries', { ...one, threads: 1 });
    expect(figures(toJson(there))).toEqual(figures(toJson(here)));
    expect(there.violations).toBe(0);
  });

  test('that compiles many bootloaders is interrupted between two of them', async () => {
    const interruption = new AbortController();
    const why = new Error('interrupted');
    setTimeout(() => interruption.abort(why));
    const run = canariesProof.prepare?.({ seed: 1, effort: 'slice' }, interruption.signal);
    await expect(run).rejects.toBe(why);
  });

  test('cut into shards adds up to the whole', async () => {
    const upgrade = { ...options, scenario: 'upgrade', threads: 0 } as const;
    const whole = await runProof('power', upgrade);
    const shards: Awaited<ReturnType<typeof runProof>>[] = [];
    for (const number of [2, 1]) shards.push(await runProof('power', { ...upgrade, shard: { number, of: 2 } }));
    expect(shards[0].points).toBeLessThan(whole.points);
    const written = shards.map((shard) => fromJson(JSON.stringify(toJson(shard))));
    expect(figures(toJson(mergeResults(named(written))))).toEqual(figures(toJson(whole)));
  });

  test('prints the keys a machine relies on', async () => {
    const json = toJson(await runProof('power', { ...options, threads: 0 }));
    const timed = ['seconds', 'pointsPerSecondPerCore', 'processorSeconds'];
    const keys = ['proof', 'scenarios', 'points', 'violations', ...timed, 'seed', 'proved', 'slice', 'scenario'];
    expect(Object.keys(json)).toEqual(keys);
    expect(json.scenarios).toEqual([{ name: scenario, points: json.points, violations: 0 }]);
  });

  test('tells what processor time it took, and shards add up to their sum', async () => {
    const before = process.cpuUsage();
    const shards = [await runProof('power', { ...options, threads: 0 }), await runProof('power', { ...options })];
    const { user, system } = process.cpuUsage(before);
    const [one, other] = shards.map(({ processorSeconds }) => processorSeconds);
    expect(Math.min(one, other)).toBeGreaterThan(0);
    expect(one + other).toBeLessThanOrEqual((user + system) / 1e6);
    const written = shards.map((shard, index) =>
      fromJson(JSON.stringify(toJson({ ...shard, shard: { number: index + 1, of: 2 } }))),
    );
    expect(mergeResults(named(written)).processorSeconds).toBe(one + other);
  });

  test('tells a CI of each violation, with the command that shows it again', async () => {
    const result = await runProof('power', { ...options, scenario: 'upgrade', canary, threads: 0, stopAtFirst: true });
    const xml = junitOf(result);
    expect(xml).toContain(`<testsuite name="prove power" tests="1" failures="${result.violations}"`);
    expect(xml).toContain(
      `replay: coldrig prove power --seed 1 --scenario 'upgrade' --point '${result.found[0].point}'`,
    );
    expect(result.found[0].log.join('\n')).toMatch(
      /ms power cut[\s\S]*ms reset: POWER_ON[\s\S]*ms BOOT_VERIFY: slot [AB], good[\s\S]*ms BOOT_DECISION: [A-Z_]+, slot [AB][\s\S]*ms SAFE_MODE: [A-Z_]+/,
    );
  });

  test('knows its scenarios and points by name', async () => {
    const run = (more: object) => runProof('power', { ...options, threads: 0, ...more });
    await expect(run({ scenario: 'lunch' })).rejects.toThrow(
      /^no scenario is called 'lunch'; there are 'factory boot', /,
    );
    await expect(run({ scenario: 'uprade' })).rejects.toThrow(
      /^no scenario is called 'uprade'; did you mean 'upgrade'\? /,
    );
    await expect(run({ point: 'program 99 before' })).rejects.toThrow(/no point called 'program 99 before'/);
    await expect(runProof('cake', options)).rejects.toThrow(/no proof is called 'cake'; there are power/);
  });
});
