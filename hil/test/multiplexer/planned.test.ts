// What the planner plans, the firmware takes and executes: it calculates every gap anew, and refuses a plan whose certificate is one slot too good.

import { beforeAll, describe, expect, test } from 'vitest';
import { MultiplexerModule } from '../../../host/board/multiplexer/multiplexer-module.ts';
import { chooser, Random } from '../../../host/board/random.ts';
import { seeds } from '../../../host/board/testing/cases.ts';
import { openProblem } from '../../../host/tools/multiplexer/open-problem.ts';
import { STEPS_A_SECOND } from '../../../host/tools/multiplexer/planner.ts';
import type { MuxProblem } from '../../../host/tools/multiplexer/problem.ts';
import { type MuxTable, tableBytes } from '../../../host/tools/multiplexer/table.ts';
import { planned, randomBoard } from '../../../host/tools/multiplexer/testing.ts';
import { multiplexerModule } from '../../../host/tools/sequencer.ts';
import { MuxLoad } from '../../../protocol/multiplexer/module.ts';

let bytes: Uint8Array;

beforeAll(async () => {
  bytes = await multiplexerModule();
});

/** A multiplexer whose cells hold their value exactly as long as the problem says, and what it makes of the table. */
function taken(problem: MuxProblem, table: MuxTable): { module: MultiplexerModule; outcome: number } {
  const module = new MultiplexerModule(bytes);
  for (const { number, deadlineNs } of problem.cells) {
    const tolerance = Math.max(1, Math.min(100, Math.floor(deadlineNs / 1000)));
    module.configure(number, 'USED', 1);
    module.configure(number, 'TOLERANCE', tolerance);
    expect(module.configure(number, 'SETTLED', Math.floor((tolerance * 1e12) / deadlineNs))).toBe(true);
  }
  const made = tableBytes(table);
  module.stage(made);
  return { module, outcome: module.load(made.length) };
}

const problems = (): [string, MuxProblem][] => [
  ['cells-96', openProblem('cells-96')],
  ...seeds(12).map((seed): [string, MuxProblem] => [`random board ${seed}`, randomBoard(new Random(seed))]),
];

describe('a planned table', () => {
  test('is taken, and executed without a late cell', () => {
    let accepted = 0;
    for (const [name, problem] of problems()) {
      const { plan } = planned(problem, STEPS_A_SECOND / 10, chooser(1));
      if (!plan) continue;
      accepted++;
      const { module, outcome } = taken(problem, plan.table);
      expect(outcome, `${name}: place ${module.figure('LOAD_PLACE')}`).toBe(MuxLoad.GOOD);
      expect(module.start(0)).toBe(true);
      module.run(50 * plan.table.periodSlots * plan.table.slotNs);
      expect(module.figure('LATE'), name).toBe(0);
      expect(module.figure('INVALID'), name).toBe(0);
    }
    expect(accepted).toBeGreaterThan(3);
  });

  test('whose certificate is off by one is refused, and the cell is named', () => {
    const problem = openProblem('cells-96');
    const { plan } = planned(problem, STEPS_A_SECOND, chooser(1));
    for (const by of [-1, 1]) {
      const table = structuredClone(plan?.table as MuxTable);
      table.cells[40].largestGapSlots += by;
      const { module, outcome } = taken(problem, table);
      expect(outcome).toBe(MuxLoad.CERTIFICATE);
      expect(module.figure('LOAD_PLACE')).toBe(table.cells[40].number);
      expect(module.start(0)).toBe(false);
    }
  });
});
