// Only all shards of one run can be merged; anything else is refused, with the reason.

import { expect, test } from 'vitest';
import { fromJson, toJson } from './json.ts';
import { mergeResults, NotShards } from './merge.ts';
import type { ProofResult } from './result.ts';

const proved = { commit: 'abc', guests: { bootloader: '11', agent: '22' }, tools: { coldrig: '0.1.0', node: '22' } };

function shard(number: number, of: number, more: Partial<ProofResult> = {}): ProofResult {
  const scenarios = [{ name: 'upgrade', points: 10 * number, violations: 0, counts: {} }];
  const spent = { seconds: number, coreSeconds: 1, processorSeconds: 2 };
  return {
    ...{ proof: 'power', scenarios, points: 10 * number, violations: 0, ...spent, seed: 1, effort: 'full' },
    ...{ shard: { number, of }, scenario: undefined, proved, found: [], extra: {}, ...more },
  };
}

const merged = (...results: ProofResult[]) =>
  mergeResults(results.map((result, index) => ({ name: 'abcdef'[index], result })));

test('all shards of a run are the whole, in any order', () => {
  const whole = merged(shard(3, 3), shard(1, 3), shard(2, 3));
  expect(whole).toMatchObject({
    points: 60,
    seconds: 3,
    coreSeconds: 3,
    processorSeconds: 6,
    shard: undefined,
    proved,
  });
  expect(merged(whole)).toEqual(whole);
});

test('what each shard found is joined, and what a run leaves out is there once', () => {
  const leftOut = [{ scenario: 'erase', because: 'of a reason' }];
  const found = (name: string) => ({ extra: { leftOut, canaries: [name] } });
  expect(merged(shard(1, 2, found('one')), shard(2, 2, found('other'))).extra).toEqual({
    leftOut,
    canaries: ['one', 'other'],
  });
});

test.each<[string, ProofResult[], RegExp]>([
  [
    'of another proof',
    [shard(1, 2), shard(2, 2, { proof: 'glitch' })],
    /^b is of .* its proof is 'glitch', there it is 'power'/,
  ],
  ['of another seed', [shard(1, 2), shard(2, 2, { seed: 2 })], /its seed is '2', there it is '1'/],
  ['of a slice', [shard(1, 2), shard(2, 2, { effort: 'slice' })], /its extent is 'a slice', there it is 'all of it'/],
  ['of one scenario', [shard(1, 2), shard(2, 2, { scenario: 'erase' })], /its scenario is 'erase'/],
  ['of another commit', [shard(1, 2), shard(2, 2, { proved: { ...proved, commit: 'abd' } })], /its commit is 'abd'/],
  [
    'about another bootloader',
    [shard(1, 2), shard(2, 2, { proved: { ...proved, guests: { bootloader: '12', agent: '22' } } })],
    /its guests is 'bootloader 12, agent 22', there it is 'bootloader 11, agent 22'/,
  ],
  [
    'made with another tool',
    [shard(1, 2), shard(2, 2, { proved: { ...proved, tools: { coldrig: '0.1.0', node: '20' } } })],
    /its tools is 'coldrig 0.1.0, node 20'/,
  ],
  ['one of others', [shard(1, 2), shard(2, 3)], /^b is one of 3 shards, others are of 2/],
  ['there twice', [shard(1, 2), shard(2, 2), shard(1, 2)], /^shard 1\/2 is there twice: a and c/],
  [
    'missing',
    [shard(3, 4), shard(1, 4)],
    /^shards 2\/4, 4\/4 are missing: run `coldrig prove power --json --shard 2\/4`/,
  ],
  [
    'missing, of a part of the proof with a seed of its own',
    [shard(1, 2, { effort: 'slice', scenario: 'journal switch when tried', seed: 7 })],
    /run `coldrig prove power --slice --scenario 'journal switch when tried' --seed 7 --json --shard 2\/2`/,
  ],
  ['alone', [shard(2, 2)], /^shard 1\/2 is missing/],
  ['a whole proof', [shard(1, 2), shard(2, 2, { shard: undefined })], /^b is no shard but a whole proof/],
])('a shard that is %s is refused', (_what, results, message) => {
  expect(() => merged(...results)).toThrow(NotShards);
  expect(() => merged(...results)).toThrow(message);
});

const text = JSON.stringify(toJson(shard(1, 2)));
const changed = (more: object) => JSON.stringify({ ...JSON.parse(text), ...more });

test.each<[string, string, RegExp]>([
  ['empty', '', /^the file is empty: its shard did not end; run that shard again/],
  ['blank', ' \n', /^the file is empty/],
  ['cut off', text.slice(0, -20), /^the JSON breaks off or is damaged/],
  ['a table for people', 'scenario  points  violations', /^this is no JSON/],
  ['a list', '[]', /^this is not what `coldrig prove --json` prints/],
  ['something else', '{"name": "coldrig"}', /prints: it has no proof, scenarios, points,/],
  ['what a failed run printed', '{"ok":false,"error":{"code":"X","message":"no disk"}}', /^its run failed: no disk/],
  ['without what was proved', changed({ proved: undefined }), /it has no proved/],
  ['with other sums', changed({ points: 11 }), /^its figures do not add up/],
  ['without the violations that it counts', changed({ violations: 1 }), /^its figures do not add up/],
  ['with an odd shard', changed({ shard: '3/2' }), /^it calls itself shard '3\/2'/],
])('a file that is %s is no result, and it is said why', (_what, written, message) => {
  expect(() => fromJson(written)).toThrow(message);
});

test('a result that was written is read back unchanged', () => {
  const before = shard(1, 2, { scenario: 'upgrade', extra: { canaries: [1] } });
  expect(toJson(fromJson(JSON.stringify(toJson(before))))).toEqual(toJson(before));
});
