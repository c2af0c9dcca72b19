// One fault is injected while the bootloader decides: the slice of the proof that is part of every test run. The full proof: coldrig prove glitch

import { describe, expect, test } from 'vitest';
import { checkImage, makeGlitchable } from '../../../host/board/cpu/cpu.ts';
import { bootloaderFor, canaries } from '../canaries/canaries.ts';
import { runSlice, toldOf } from '../testing.ts';
import { attacks } from './attacks.ts';
import { countExecutions } from './executions.ts';
import { copies, slice } from './glitch.ts';

const result = await runSlice('glitch');

describe(`${result.points} glitches with seed ${result.seed} (one site in ${slice.sites})`, () => {
  test.each(result.scenarios)('$name: none of $points runs it', ({ name }) => {
    expect(toldOf(result, name)).toEqual([]);
  });
});

test('sites of every kind are executed while the bootloader decides', async () => {
  const glitchable = makeGlitchable(checkImage(await bootloaderFor({})), copies);
  const executions = countExecutions(glitchable, attacks[0], 1);
  const executed = glitchable.sites.filter((_, number) => executions[number] > 0);
  const count = (kind: string) => executed.filter((site) => site.kind === kind).length;
  expect(count('branch')).toBeGreaterThan(200);
  expect(count('call')).toBeGreaterThan(100);
  expect(count('read')).toBeGreaterThan(10);
  expect(count('copy')).toBeGreaterThan(5);
});

test('a canary that another proof catches has room for glitch sites as well', async () => {
  const canary = canaries.find(({ breaks, caughtBy }) => breaks !== 'firmware' && caughtBy.proof === 'power');
  const broken = await bootloaderFor({ canary: canary?.name }, { small: true });
  const executions = countExecutions(makeGlitchable(checkImage(broken), copies), attacks[0], 1);
  expect(executions.filter((count) => count > 0).length).toBeGreaterThan(300);
});
