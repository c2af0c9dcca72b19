// The result of a whole proof from the results of its shards, in any order.
//
// What must stay true: the sum is that of one whole proof, of one bootloader, with one seed. A shard that is missing, given twice, or part of
// another proof is an error, which names the file and says what is wrong with it.

import { addScenario, type ProofResult, quoted, type ScenarioResult, totals } from './result.ts';

/** A result, and where it was read from. */
export interface NamedResult {
  name: string;
  result: ProofResult;
}

/** The results are not the shards of one run. The message says which, and what to do. */
export class NotShards extends Error {}

export function mergeResults(named: readonly NamedResult[]): ProofResult {
  const [first] = named;
  if (first === undefined) throw new NotShards('there is no result to add up');
  for (const other of named) checkSameRun(first, other);
  if (named.length > 1 || first.result.shard !== undefined) checkShards(named);
  const results = named.map(({ result }) => result);
  const scenarios = new Map<string, ScenarioResult>();
  for (const each of results.flatMap((result) => result.scenarios)) {
    const sum = scenarios.get(each.name);
    scenarios.set(each.name, sum ? addScenario(sum, each) : each);
  }
  const merged = [...scenarios.values()];
  const sum = (of: 'coreSeconds' | 'processorSeconds') => results.reduce((total, each) => total + each[of], 0);
  return {
    ...first.result,
    ...{ scenarios: merged, ...totals(merged), shard: undefined },
    seconds: Math.max(...results.map(({ seconds }) => seconds)),
    ...{ coreSeconds: sum('coreSeconds'), processorSeconds: sum('processorSeconds') },
    ...{ found: results.flatMap(({ found }) => found), extra: mergeExtra(results) },
  };
}

/** The result with its scenarios in the order of the proof, as one machine lists them. A shard begins with any of them. */
export function inOrder(result: ProofResult, scenarios: readonly { name: string }[]): ProofResult {
  const places = new Map(scenarios.map(({ name }, place) => [name, place]));
  const placeOf = (name: string) => places.get(name) ?? places.size;
  return {
    ...result,
    scenarios: [...result.scenarios].sort((a, b) => placeOf(a.name) - placeOf(b.name)),
    found: [...result.found].sort((a, b) => placeOf(a.scenario) - placeOf(b.scenario)),
  };
}

/** What makes a run the same run. */
type Run = Pick<ProofResult, 'proof' | 'effort' | 'scenario' | 'seed' | 'proved'>;

/** What must be equal in the shards of one run, in the order in which a difference is reported. */
const alike: readonly [string, (run: Run) => string][] = [
  ['proof', ({ proof }) => proof],
  ['extent', ({ effort }) => (effort === 'full' ? 'all of it' : 'a slice')],
  ['scenario', ({ scenario }) => scenario ?? 'all of them'],
  ['seed', ({ seed }) => `${seed}`],
  ['commit', ({ proved }) => proved.commit],
  ['guests', ({ proved }) => listed(proved.guests)],
  ['tools', ({ proved }) => listed(proved.tools)],
];

function listed(entries: Record<string, string>): string {
  return Object.entries(entries)
    .map(([name, value]) => `${name} ${value.slice(0, 12)}`)
    .join(', ');
}

/** The first thing in which two runs are not the same. */
export function differenceOf(first: Run, other: Run): { what: string; wanted: string; found: string } | undefined {
  return alike
    .map(([what, of]) => ({ what, wanted: of(first), found: of(other) }))
    .find(({ wanted, found }) => wanted !== found);
}

function checkSameRun(first: NamedResult, other: NamedResult): void {
  const difference = differenceOf(first.result, other.result);
  if (difference === undefined) return;
  const { what, wanted, found } = difference;
  throw new NotShards(
    `${other.name} is of another run than ${first.name}: its ${what} is '${found}', there it is '${wanted}'; merge the shards of one run`,
  );
}

function checkShards(named: readonly NamedResult[]): void {
  const of = named.find(({ result }) => result.shard !== undefined)?.result.shard?.of ?? 0;
  const names = new Map<number, string>();
  for (const { name, result } of named) {
    const { shard } = result;
    if (shard === undefined)
      throw new NotShards(`${name} is no shard but a whole proof: leave it out, or merge it alone`);
    if (shard.of !== of)
      throw new NotShards(`${name} is one of ${shard.of} shards, others are of ${of}; merge the shards of one run`);
    const before = names.get(shard.number);
    if (before !== undefined)
      throw new NotShards(`shard ${shard.number}/${of} is there twice: ${before} and ${name}; leave one of them out`);
    names.set(shard.number, name);
  }
  const missing = Array.from({ length: of }, (_, index) => index + 1).filter((number) => !names.has(number));
  if (missing.length === 0) return;
  const list = missing.map((number) => `${number}/${of}`).join(', ');
  const what = missing.length === 1 ? `shard ${list} is` : `shards ${list} are`;
  const command = `${commandOf(named[0].result)} --json --shard ${missing[0]}/${of}`;
  throw new NotShards(`${what} missing: run \`${command}\`, and name its output too`);
}

/** The command of the run that a shard is part of. */
function commandOf({ proof, effort, scenario, seed }: ProofResult): string {
  const extent = effort === 'slice' ? ' --slice' : '';
  const only = scenario === undefined ? '' : ` --scenario ${quoted(scenario)}`;
  return `coldrig prove ${proof}${extent}${only}${seed === 1 ? '' : ` --seed ${seed}`}`;
}

/** A list has what each share found, and they are joined; anything else, and what is left out, is of the whole run and the same in each share. */
function mergeExtra(results: readonly ProofResult[]): Record<string, unknown> {
  const merged: Record<string, unknown> = {};
  for (const { extra } of results) {
    for (const [key, value] of Object.entries(extra)) {
      const before = merged[key];
      const isJoined = key !== 'leftOut' && Array.isArray(before) && Array.isArray(value);
      merged[key] = isJoined ? [...before, ...value] : (before ?? value);
    }
  }
  return merged;
}
