// Every block of the bootloader is reached by the slices of the proofs, or has a reason why not. The slice of `tamper` that is part of every test run is
// run here, because it takes long and its blocks are counted on the way. The full proof: coldrig prove tamper

import { describe, expect, test } from 'vitest';
import { coverage } from './coverage.ts';
import { toldOf } from './testing.ts';

const { blocks, reached, left, slices } = await coverage(['tamper', 'fuzz', 'explore']);
const { tamper } = slices;

describe(`${tamper.points} boots of a device that was tampered with, seed ${tamper.seed} (of every list a sample)`, () => {
  test.each(tamper.scenarios)('$name: $points boots break no invariant', ({ name }) => {
    expect(toldOf(tamper, name)).toEqual([]);
  });
});

test(`${reached} of the bootloader’s ${blocks} blocks are reached, and each of the others has a reason`, () => {
  const untold = left.filter(({ reason }) => reason === undefined);
  expect(untold.map(({ functionName, file, line, text }) => `${functionName} ${file}:${line} ${text}`)).toEqual([]);
  const assertions = left.filter(({ isAssertion }) => isAssertion).length;
  expect(reached / (blocks - assertions)).toBeGreaterThan(0.85);
});
