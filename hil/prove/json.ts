// Writes a proof's result as the JSON of `coldrig prove --json`, and reads it back for `coldrig prove merge`.
//
//   {proof, scenarios: [{name, points, violations}], points, violations, seconds, pointsPerSecondPerCore, processorSeconds, seed,
//    proved: {commit, guests, tools}}
//
// and where they apply: slice (true: not the whole proof), shard ("1/4": only this share), scenario (only this one), found (the
// violations), and further keys of the proof.

import type { Proved } from './provenance.ts';
import { type FoundViolation, type ProofResult, rateOf, type ScenarioResult, type Shard, totals } from './result.ts';

export function toJson(result: ProofResult): Record<string, unknown> {
  const { proof, scenarios, points, violations, seconds, processorSeconds, seed, effort, found, extra } = result;
  const { shard, scenario, proved } = result;
  return {
    ...{ proof, scenarios: scenarios.map(({ name, points, violations }) => ({ name, points, violations })) },
    ...{ points, violations, seconds, pointsPerSecondPerCore: rateOf(result), processorSeconds, seed, proved },
    ...(effort === 'slice' && { slice: true }),
    ...(shard && { shard: `${shard.number}/${shard.of}` }),
    ...(scenario !== undefined && { scenario }),
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
  processorSeconds: number;
  seed: number;
  proved: Proved;
  slice?: true;
  shard?: string;
  scenario?: string;
  found?: FoundViolation[];
}

/** Throws where the text is not a complete result; the message says why and what to do. */
export function fromJson(text: string): ProofResult {
  const { ok, ...json } = checked(parsed(text)) as Json & { ok?: boolean };
  const { proof, scenarios, points, violations, seconds, pointsPerSecondPerCore, processorSeconds, seed, ...others } =
    json;
  const { proved, slice, shard, scenario, found = [], ...extra } = others;
  return {
    ...{ proof, scenarios: scenarios.map((each) => ({ ...each, counts: {} })), points, violations, seconds, seed },
    coreSeconds: pointsPerSecondPerCore === 0 ? 0 : points / pointsPerSecondPerCore,
    effort: slice ? 'slice' : 'full',
    ...{ processorSeconds, proved, shard: shardOf(shard), scenario, found, extra },
  };
}

const again = 'run that shard again with --json';

function parsed(text: string): unknown {
  if (text.trim() === '') throw new Error(`the file is empty: its shard did not end; ${again}`);
  try {
    return JSON.parse(text);
  } catch {
    const isCut = text.trimStart().startsWith('{');
    throw new Error(isCut ? `the JSON breaks off or is damaged; ${again}` : `this is no JSON; ${again}`);
  }
}

const isNumber = (value: unknown): boolean => typeof value === 'number' && Number.isFinite(value) && value >= 0;
const isText = (value: unknown): boolean => typeof value === 'string';
const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value);

const wanted: Readonly<Record<string, (value: unknown) => boolean>> = {
  ...{ proof: isText, scenarios: Array.isArray, points: isNumber, violations: isNumber, seconds: isNumber },
  ...{ pointsPerSecondPerCore: isNumber, processorSeconds: isNumber, seed: isNumber, proved: isObject },
};

/** Checks that all keys are there, and that the totals are the sums of the scenarios. */
function checked(value: unknown): unknown {
  const foreign = 'this is not what `coldrig prove --json` prints';
  if (!isObject(value)) throw new Error(foreign);
  const json = value as Json & { error?: { message?: string } };
  if (json.error !== undefined)
    throw new Error(`its run failed: ${json.error.message ?? 'it does not say why'}; ${again}`);
  const lacks = Object.keys(wanted).filter((key) => !wanted[key](json[key as keyof Json]));
  if (lacks.length > 0) throw new Error(`${foreign}: it has no ${lacks.join(', ')}`);
  if (!isText(json.proved.commit) || !isObject(json.proved.guests) || !isObject(json.proved.tools))
    throw new Error(`${foreign}: it does not say what was proved`);
  if (!json.scenarios.every((each) => isText(each?.name) && isNumber(each.points) && isNumber(each.violations)))
    throw new Error(`${foreign}: a scenario lacks its name or its figures`);
  const sum = totals(json.scenarios as unknown as ScenarioResult[]);
  const told = json.found?.length ?? 0;
  if (sum.points !== json.points || sum.violations !== json.violations || told !== json.violations)
    throw new Error(`its figures do not add up: the file was changed; ${again}`);
  return json;
}

function shardOf(text: string | undefined): Shard | undefined {
  if (text === undefined) return undefined;
  const [, number, of] = /^(\d+)\/(\d+)$/.exec(text)?.map(Number) ?? [];
  if (!(number >= 1 && number <= of)) throw new Error(`it calls itself shard '${text}', which is none; ${again}`);
  return { number, of };
}
