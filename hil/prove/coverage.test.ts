// Every block of the bootloader is reached by the slices of the proofs, or has a reason why not.

import { expect, test } from 'vitest';
import { coverage } from './coverage.ts';

const { blocks, reached, left } = await coverage(['tamper', 'fuzz', 'explore']);

test(`${reached} of the bootloader’s ${blocks} blocks are reached, and each of the others has a reason`, () => {
  const untold = left.filter(({ reason }) => reason === undefined);
  expect(untold.map(({ functionName, file, line, text }) => `${functionName} ${file}:${line} ${text}`)).toEqual([]);
  const assertions = left.filter(({ isAssertion }) => isAssertion).length;
  expect(reached / (blocks - assertions)).toBeGreaterThan(0.85);
});
