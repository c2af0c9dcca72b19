// A proof's result as the JSON that `coldrig prove --json` prints, and the way back, for results of shards that are put together.
//
//   {proof, scenarios: [{name, points, violations}], points, violations, seconds, pointsPerSecondPerCore, processorSeconds, seed}
//
// and where there is something to say: slice (true: not the whole proof), shards (["1/4"]: not all of it), found (the violations), and
// what a proof adds of its own.

import { type FoundViolation, type ProofResult, rateOf } from './result.ts';

export function toJson(result: ProofResult): Record<string, unknown> {
  const { proof, scenarios, points, violations, seconds, processorSeconds, seed, effort, shards, found, extra } =
    result;
  return {
    ...{ proof, scenarios: scenarios.map(({ name, points, violations }) => ({ name, points, violations })) },
    ...{ points, violations, seconds, pointsPerSecondPerCore: rateOf(result), processorSeconds, seed },
    ...(effort === 'slice' && { slice: true }),
    ...(shards.length > 0 && { shards }),
    ...(found.length > 0 && { found }),
    ...extra,
  };
}

interface Json {
  proof: string;
  scenarios: { name: string; points: number; violations: number }[];
  points: number;
  violations: number;
  seconds: number;
  pointsPerSecondPerCore: number;
  processorSeconds?: number;
  seed: number;
  slice?: true;
  shards?: string[];
  found?: FoundViolation[];
}

/** Throws where it is not such a result. */
export function fromJson(text: string): ProofResult {
  const {
    slice,
    shards = [],
    found = [],
    pointsPerSecondPerCore,
    processorSeconds = 0,
    ok,
    ...rest
  } = JSON.parse(text) as Json & { ok?: boolean };
  const { proof, scenarios, points, violations, seconds, seed, ...extra } = rest;
  if (typeof proof !== 'string' || !Array.isArray(scenarios) || typeof points !== 'number')
    throw new Error('this is not what a proof’s --json prints');
  return {
    ...{ proof, scenarios: scenarios.map((each) => ({ ...each, counts: {} })), points, violations, seconds, seed },
    coreSeconds: pointsPerSecondPerCore === 0 ? 0 : points / pointsPerSecondPerCore,
    effort: slice ? 'slice' : 'full',
    ...{ processorSeconds, shards, found, extra },
  };
}
