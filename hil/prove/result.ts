// The result of a proof, by scenario; merge.ts adds up the results of shards.

import type { PartResult, Proof, ProofOptions, Violation } from './proof.ts';
import type { Proved } from './provenance.ts';

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
  /** Processor time of the whole process, from before it compiled anything to the last part; of merged shards the sum. 0: it was not measured. */
  processorSeconds: number;
  seed: number;
  effort: ProofOptions['effort'];
  /** Set where it is only a share of the proof. */
  shard: Shard | undefined;
  /** Set where it is of one scenario only. */
  scenario: string | undefined;
  proved: Proved;
  found: FoundViolation[];
  extra: Record<string, unknown>;
}

/** A share of a proof's parts. */
export interface Shard {
  /** From 1 to `of`. */
  number: number;
  of: number;
}

export interface FoundViolation extends Violation {
  /** A shell command that reproduces it. */
  replay: string;
}

/** The command line that reproduces a violation. */
function replayLine(proof: string, { scenario, point }: Violation, { seed, canary, own }: ProofOptions): string {
  const broken = canary === undefined ? '' : ` --canary ${quoted(canary)}`;
  const guests = own === undefined ? '' : ` ${own.words.map(quoted).join(' ')}`;
  return `coldrig prove ${proof} --seed ${seed} --scenario ${quoted(scenario)} --point ${quoted(point)}${broken}${guests}`;
}

/** As one word of a shell. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** Adds up the results of the parts of one run. */
export function resultOf(
  proof: Proof,
  options: ProofOptions,
  parts: readonly PartResult[],
  about: Pick<ProofResult, 'seconds' | 'coreSeconds' | 'processorSeconds' | 'shard' | 'proved'>,
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
  const leftOut = proof.leavesOut?.(options) ?? [];
  const extra = {
    ...proof.extra?.(parts.flatMap(({ facts }) => facts ?? [])),
    ...(leftOut.length > 0 && { leftOut }),
  };
  return {
    ...{ proof: proof.name, scenarios, ...totals(scenarios), ...about },
    ...{ seed: options.seed, effort: options.effort, scenario: options.scenario, found, extra },
  };
}

export function addScenario(a: ScenarioResult, b: ScenarioResult): ScenarioResult {
  const counts = { ...a.counts };
  for (const [name, count] of Object.entries(b.counts)) counts[name] = (counts[name] ?? 0) + count;
  return { name: a.name, points: a.points + b.points, violations: a.violations + b.violations, counts };
}

export function totals(scenarios: readonly ScenarioResult[]): { points: number; violations: number } {
  const sum = (of: 'points' | 'violations') => scenarios.reduce((total, each) => total + each[of], 0);
  return { points: sum('points'), violations: sum('violations') };
}

/** Points one core tries in a second. */
export function rateOf({ points, coreSeconds }: ProofResult): number {
  return coreSeconds === 0 ? 0 : Math.round((10 * points) / coreSeconds) / 10;
}
