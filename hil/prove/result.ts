// What came of a proof, by scenario; results of shards add up to the result of the whole.

import type { PartResult, Proof, ProofOptions, Violation } from './proof.ts';

export interface ScenarioResult {
  name: string;
  points: number;
  violations: number;
  /** Further figures by name. */
  counts: Record<string, number>;
}

export interface ProofResult {
  proof: string;
  scenarios: ScenarioResult[];
  points: number;
  violations: number;
  /** Wall time; of shards that were merged, the longest. */
  seconds: number;
  /** Time threads spent on parts: points / coreSeconds is the rate of one core. */
  coreSeconds: number;
  /** Processor time of the whole process from before it compiled anything to the last part; of merged shards the sum. 0: nobody measured it. */
  processorSeconds: number;
  seed: number;
  effort: ProofOptions['effort'];
  /** `i/n` where it is not the whole. */
  shards: string[];
  found: FoundViolation[];
  extra: Record<string, unknown>;
}

export interface FoundViolation extends Violation {
  /** A line for a shell that shows it again. */
  replay: string;
}

/** A violation in the words of a command line. */
function replayLine(proof: string, { scenario, point }: Violation, { seed, canary }: ProofOptions): string {
  const broken = canary === undefined ? '' : ` --canary ${quoted(canary)}`;
  return `coldrig prove ${proof} --seed ${seed} --scenario ${quoted(scenario)} --point ${quoted(point)}${broken}`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** Adds up what the parts of one run brought. */
export function resultOf(
  proof: Proof,
  options: ProofOptions,
  parts: readonly PartResult[],
  { shard, ...spent }: Pick<ProofResult, 'seconds' | 'coreSeconds' | 'processorSeconds'> & { shard?: string },
): ProofResult {
  const scenarios = proof.scenarios
    .map(({ name }) => {
      const own = parts.filter(({ scenario }) => scenario === name);
      const none: ScenarioResult = { name, points: 0, violations: 0, counts: {} };
      return own.reduce((sum, part) => addScenario(sum, { ...part, name, violations: part.violations.length }), none);
    })
    .filter(({ name }) => parts.some(({ scenario }) => scenario === name));
  const found = parts
    .flatMap(({ violations }) => violations)
    .map((each) => ({ ...each, replay: replayLine(proof.name, each, options) }));
  const extra = proof.extra?.(parts.flatMap(({ facts }) => facts ?? [])) ?? {};
  return {
    ...{ proof: proof.name, scenarios, ...totals(scenarios), ...spent },
    ...{ seed: options.seed, effort: options.effort, shards: shard === undefined ? [] : [shard], found, extra },
  };
}

/** The result of the whole from those of its shards, in any order. Throws where they are not shards of one whole. */
export function mergeResults(results: readonly ProofResult[]): ProofResult {
  const [first] = results;
  const scenarios = new Map<string, ScenarioResult>();
  for (const result of results) {
    if (result.proof !== first.proof || result.seed !== first.seed || result.effort !== first.effort)
      throw new Error(
        `${result.proof}, seed ${result.seed}, ${result.effort}: not a part of ${first.proof}, seed ${first.seed}, ${first.effort}`,
      );
    for (const each of result.scenarios) {
      const sum = scenarios.get(each.name);
      scenarios.set(each.name, sum ? addScenario(sum, each) : each);
    }
  }
  const shards = results.flatMap((result) => result.shards);
  if (new Set(shards).size !== shards.length || (results.length > 1 && shards.length < results.length))
    throw new Error(`the results overlap: shards ${shards.join(', ')} and ${results.length} files`);
  const merged = [...scenarios.values()];
  const sum = (of: 'coreSeconds' | 'processorSeconds') => results.reduce((total, each) => total + each[of], 0);
  return {
    ...{ proof: first.proof, scenarios: merged, ...totals(merged), seed: first.seed, effort: first.effort },
    seconds: Math.max(...results.map(({ seconds }) => seconds)),
    ...{ coreSeconds: sum('coreSeconds'), processorSeconds: sum('processorSeconds') },
    shards: isWhole(shards) ? [] : shards,
    found: results.flatMap(({ found }) => found),
    extra: mergeExtra(results),
  };
}

function addScenario(a: ScenarioResult, b: ScenarioResult): ScenarioResult {
  const counts = { ...a.counts };
  for (const [name, count] of Object.entries(b.counts)) counts[name] = (counts[name] ?? 0) + count;
  return { name: a.name, points: a.points + b.points, violations: a.violations + b.violations, counts };
}

function totals(scenarios: readonly ScenarioResult[]): { points: number; violations: number } {
  const sum = (of: 'points' | 'violations') => scenarios.reduce((total, each) => total + each[of], 0);
  return { points: sum('points'), violations: sum('violations') };
}

/** Whether 1/n to n/n are all there. */
function isWhole(shards: readonly string[]): boolean {
  const count = Number(shards[0]?.split('/')[1]);
  return shards.length === count && shards.every((shard) => shard.endsWith(`/${count}`));
}

/** Lists are joined; anything else must be the same everywhere, and the first one stands for all. */
function mergeExtra(results: readonly ProofResult[]): Record<string, unknown> {
  const merged: Record<string, unknown> = {};
  for (const { extra } of results) {
    for (const [key, value] of Object.entries(extra)) {
      const before = merged[key];
      merged[key] = Array.isArray(before) && Array.isArray(value) ? [...before, ...value] : (before ?? value);
    }
  }
  return merged;
}

/** Points one core tries in a second. */
export function rateOf({ points, coreSeconds }: ProofResult): number {
  return coreSeconds === 0 ? 0 : Math.round((10 * points) / coreSeconds) / 10;
}
