// Canaries of "waiting never makes a cell late": a multiplexer whose look ahead is wrong in one place, on the tables and pulse windows of table.test.ts.
// Each must be caught there, by the monitor and by the look at the services from outside; the true one is not.

import { describe, expect, test } from 'vitest';
import { compileGuest } from '../../../host/tools/guest.ts';
import { multiplexerSource } from '../../../host/tools/sequencer.ts';
import { lateCanaries } from './canaries.ts';
import { randomTable } from './random-tables.ts';
import { faults, ran, randomEdges } from './run-table.ts';

const seeds = 60;
const periods = 12;

/** Tables on which a cell is late, by the monitor, and by the look from outside. */
function caught(bytes: Uint8Array): [byMonitor: number, fromOutside: number] {
  let [byMonitor, fromOutside] = [0, 0];
  for (let seed = 1; seed <= seeds; seed++) {
    const random = randomTable(seed);
    const { services, module } = ran(bytes, random, periods, randomEdges(seed, random, periods));
    if (module.figure('LATE') > 0) byMonitor++;
    if (faults(random, services, periods * random.table.period * random.table.slotNs).length > 0) fromOutside++;
  }
  return [byMonitor, fromOutside];
}

describe('a multiplexer that', () => {
  test('is the true one makes no cell late', async () => {
    expect(caught(await compileGuest(multiplexerSource))).toEqual([0, 0]);
  });

  test.each(lateCanaries)('%s is caught', async (_name, changes) => {
    const [byMonitor, fromOutside] = caught(await compileGuest(multiplexerSource, { changes }));
    expect(byMonitor).toBeGreaterThan(0);
    expect(fromOutside).toBeGreaterThan(0);
  });
});
