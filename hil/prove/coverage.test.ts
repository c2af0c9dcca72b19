// Every block of the bootloader is reached by the slices of the proofs, or has a reason why not. The slices of `tamper`, `fuzz` and `explore` that are part
// of every test run are run here, because they take long and their blocks are counted on the way. The full proofs: coldrig prove tamper, and so on

import { describe, expect, test } from 'vitest';
import { coverage } from './coverage.ts';
import { runSlice, toldOf } from './testing.ts';

const { blocks, reached, left, slices } = await coverage(['tamper', 'fuzz', 'explore']);
const { tamper, fuzz, explore } = slices;

describe(`${tamper.points} boots of a device that was tampered with, seed ${tamper.seed} (of every list a sample)`, () => {
  test.each(tamper.scenarios)('$name: $points boots break no invariant', ({ name }) => {
    expect(toldOf(tamper, name)).toEqual([]);
  });
});

describe(`${fuzz.points} inputs with seed ${fuzz.seed}, guided by the blocks they reach`, () => {
  test.each(fuzz.scenarios)('$name: $points inputs break no law', ({ name }) => {
    expect(toldOf(fuzz, name)).toEqual([]);
  });

  test.each(fuzz.scenarios)('$name: what reached something new was kept, and led further', ({ counts }) => {
    expect(counts.inputsKept).toBeGreaterThan(20);
    expect(counts.blocksReached).toBeGreaterThan(150);
  });

  // Only of the target with the fewest inputs. The limit ends a run that hangs; it does not measure speed.
  test('the same seed is the same run', { timeout: 600_000 }, async () => {
    const scenario = 'console line';
    const again = await runSlice('fuzz', { scenario });
    expect(again.scenarios[0]).toEqual(fuzz.scenarios.find(({ name }) => name === scenario));
    const other = await runSlice('fuzz', { scenario, seed: 2 });
    expect(other.scenarios[0].counts).not.toEqual(again.scenarios[0].counts);
  });
});

describe(`${explore.points} moves from power-on`, () => {
  test.each(explore.scenarios)('$name: $counts.states states, and no move breaks an invariant', ({ name, counts }) => {
    expect(toldOf(explore, name)).toEqual([]);
    expect(counts.states).toBeGreaterThan(10);
    expect(counts.transitions).toBeGreaterThan(100);
  });

  test('share boots, and a sample is run all the same; a sample of states is moved from two histories', () => {
    const sum = (name: string) => explore.scenarios.reduce((total, { counts }) => total + counts[name], 0);
    expect(sum('shared')).toBeGreaterThan(explore.points / 5);
    expect(sum('checked')).toBeGreaterThan(50);
    expect(sum('twins')).toBeGreaterThan(50);
  });
});

test(`${reached} of the bootloader’s ${blocks} blocks are reached, and each of the others has a reason`, () => {
  const untold = left.filter(({ reason }) => reason === undefined);
  expect(untold.map(({ functionName, file, line, text }) => `${functionName} ${file}:${line} ${text}`)).toEqual([]);
  const assertions = left.filter(({ isAssertion }) => isAssertion).length;
  expect(reached / (blocks - assertions)).toBeGreaterThan(0.85);
});
