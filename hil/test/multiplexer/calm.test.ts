// Passing over calm periods is the same as executing each service: bit by bit, in the memory of the module and in the cells, whatever comes between and
// wherever a run is cut.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { movingFigures } from '../../../host/board/multiplexer/bank.ts';
import { cases } from '../../../host/board/testing/cases.ts';
import { compileGuest, type SourceChange } from '../../../host/tools/guest.ts';
import { multiplexerModule, multiplexerSource } from '../../../host/tools/sequencer.ts';
import { compared } from './calm-runs.ts';

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

const calm = 'firmware/multiplexer/calm.ts';
/** `from`: the script to begin with, where only few show the fault. */
const canaries: [name: string, change: SourceChange, from?: number][] = [
  [
    'counts the services of one period too many',
    { path: calm, find: '<u64>periods * headerOf', replace: '<u64>(periods + 1) * headerOf' },
  ],
  [
    'moves the cells on by one period too few',
    { path: calm, find: 'cell.last += span', replace: 'cell.last += span - periodNs()' },
  ],
  ['leaves no period to be executed', { path: calm, find: 'switches)) - 1;', replace: 'switches));' }],
  ['goes beyond an edge of a marker', { path: calm, find: '(end - begin) /', replace: '(end + periodNs() - begin) /' }],
  [
    'passes over a bank change that is wrong',
    { path: calm, find: '(badAt - 1 - globals()', replace: '(badAt + 9 - globals()' },
  ],
  [
    'does not look whether a line ended as planned',
    { path: calm, find: 'return line.free == start +', replace: 'return line.free >= start +' },
    287,
  ],
  [
    'does not look whether each cell was served',
    { path: calm, find: 'if (cellOf(line, index).last < before) return false;', replace: '' },
    1026,
  ],
  ['forgets the largest gap', { path: calm, find: 'cell.longestGapNs = max', replace: 'max' }],
];

test.each(canaries)('a multiplexer that %s is caught', async (_name, change, from = 1) => {
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
