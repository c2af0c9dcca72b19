// Passing over calm periods is the same as executing each service: bit by bit, in the memory of the module and in the cells, whatever comes between and
// wherever a run is cut.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { movingFigures } from '../../../host/board/multiplexer/bank.ts';
import { cases } from '../../../host/board/testing/cases.ts';
import { compileGuest } from '../../../host/tools/guest.ts';
import { multiplexerModule, multiplexerSource } from '../../../host/tools/sequencer.ts';
import { compared } from './calm-runs.ts';
import { calmCanaries } from './canaries.ts';

test('periods that are passed over leave the state that executing them leaves, bit by bit', async () => {
  const bytes = await multiplexerModule();
  let [services, executed, wrong, calm] = [0, 0, 0, 0];
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 31 }), (seed) => {
      const found = compared(bytes, seed, movingFigures);
      expect(found.difference).toBeUndefined();
      services += found.services;
      executed += found.executed;
      wrong += found.wrong;
      calm += found.calm;
    }),
    cases(250),
  );
  // Most services were passed over, and the calm was disturbed often.
  expect(executed / services).toBeLessThan(0.3);
  expect(Math.min(wrong, calm)).toBeGreaterThan(300);
});

test.each(calmCanaries)('a multiplexer that %s is caught', async (_name, change, from = 1) => {
  const bytes = await compileGuest(multiplexerSource, { changes: [change] });
  let caught = 0;
  for (let seed = from; seed < from + 60 && caught === 0; seed++) {
    try {
      if (compared(bytes, seed, movingFigures).difference !== undefined) caught++;
    } catch (trap) {
      // Its own assertions may see it first.
      if (!(trap instanceof WebAssembly.RuntimeError)) throw trap;
      caught++;
    }
  }
  expect(caught).toBe(1);
});
