import { crc32 } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { RefreshTable } from '../../../../protocol/multiplexer/table.ts';
import { chooser, Random } from '../../../board/random.ts';
import { seeds } from '../../../board/testing/cases.ts';
import { openProblem } from '../open-problem.ts';
import type { MuxProblem } from '../problem.ts';
import { type MuxTable, tableBytes, tableJson } from '../table.ts';
import { planned, randomUnits, unitProblem } from '../testing.ts';
import { readTable } from './read.ts';
import { verifyTable } from './verify.ts';

let problem: MuxProblem;
let good: MuxTable;
beforeAll(() => {
  problem = openProblem('cells-96');
  good = planned(problem, 10_000_000, chooser(1)).plan?.table as MuxTable;
});

/** What is said of the table once something in it was changed. */
function saysOf(change: (table: MuxTable) => void, against: MuxProblem | 'nothing' = problem): string {
  const table = structuredClone(good);
  change(table);
  const { accepted, violations } = verifyTable(
    readTable(tableBytes(table)),
    against === 'nothing' ? undefined : against,
  );
  expect(accepted).toBe(violations.length === 0);
  return violations.map(({ cell, text, amountNs }) => `${cell}: ${text} (${amountNs} ns)`).join('\n');
}

describe('the verifier', () => {
  it('says the same of the binary and of the JSON', () => {
    expect(verifyTable(readTable(tableBytes(good)), problem)).toEqual(
      verifyTable(readTable(Buffer.from(tableJson(good))), problem),
    );
    expect(saysOf(() => {})).toBe('');
  });

  it.each([1, -1])('refuses a certificate that is off by %i', (by) => {
    expect(
      saysOf((table) => {
        table.cells[7].largestGapSlots += by;
      }),
    ).toContain('P7: its certificate says');
  });

  it('refuses a table without one of its services, and names the cell', () => {
    expect(
      saysOf((table) => {
        table.lines[0].splice(5, 1);
      }),
    ).toMatch(/: it is never served/);
  });

  it('refuses services that overlap, with the amount', () => {
    expect(
      saysOf((table) => {
        table.lines[0][3].startSlot -= 1;
      }),
    ).toMatch(/it begins before the service of \w+ ends \(100 ns\)/);
  });

  it('refuses a switch that is too short', () => {
    const at = good.lines[0].findIndex(
      ({ cell }, i) => i > 0 && good.cells[cell].bank !== good.cells[good.lines[0][i - 1].cell].bank,
    );
    const before = good.lines[0][at - 1];
    const ready = before.startSlot + good.cells[before.cell].serviceSlots + good.switchSlots;
    expect(
      saysOf((table) => {
        table.lines[0][at].startSlot = ready - 2;
      }),
    ).toMatch(/and the switch to bank \d end \(200 ns\)/);
  });

  it('refuses a service in a reserved window, with the amount', () => {
    expect(
      saysOf((table) => {
        for (const entry of table.lines[1]) entry.startSlot += 300;
      }),
    ).toContain("the reserved window 'pulses and readout'");
    expect(
      saysOf((table) => {
        for (const entry of table.lines[1]) entry.startSlot += 300;
      }, 'nothing'),
    ).toBe('');
  });

  it('refuses more time than the problem allows, a service too short, a bank or a line that is not the cell’s, and a cell left out', () => {
    expect(
      saysOf((table) => {
        table.cells[0].deadlineSlots += 1;
      }),
    ).toContain('the table allows it more time');
    expect(
      saysOf((table) => {
        table.cells[0].serviceSlots -= 1;
      }),
    ).toContain('its service is shorter');
    expect(
      saysOf((table) => {
        table.cells[0].bank = 3;
      }),
    ).toContain('its bank is 3; the problem says 0');
    expect(
      saysOf((table) => {
        table.cells[0].line ^= 1;
      }),
    ).toContain('but belongs to line');
    expect(
      saysOf((table) => {
        table.cells[95].number = 200;
      }),
    ).toMatch(/the cell is not in the table[\s\S]*the problem has no such cell/);
    expect(
      saysOf((table) => {
        table.periodSlots += 1;
      }),
    ).toContain('is no multiple of that of the reserved window');
  });

  it('refuses any table of units in which two services changed places and a gap grew', () => {
    let changed = 0;
    for (const seed of seeds(100)) {
      const random = new Random(seed);
      const units = unitProblem(randomUnits(random, 0.75));
      const table = planned(units, 10_000_000, chooser(seed)).plan?.table as MuxTable;
      const entries = table.lines[0];
      const [a, b] = [random.below(entries.length), random.below(entries.length)];
      [entries[a].cell, entries[b].cell] = [entries[b].cell, entries[a].cell];
      const largest = largestGaps(table);
      const { accepted, cells } = verifyTable(readTable(tableBytes(table)), units);
      expect(cells.map(({ largestGapNs }) => largestGapNs)).toEqual(largest);
      expect(accepted).toBe(largest.every((gap, i) => gap === table.cells[i].largestGapSlots));
      if (!accepted) changed++;
    }
    expect(changed).toBeGreaterThan(20);
  });
});

/** The plainest way to say it: stand on every slot of a service and count to the next. */
function largestGaps({ cells, lines, periodSlots }: MuxTable): number[] {
  const served = new Map(lines[0].map(({ startSlot, cell }) => [startSlot, cell]));
  return cells.map((_, cell) => {
    let largest = 0;
    let waited = 0;
    for (let slot = 0; slot < 3 * periodSlots; slot++) {
      waited++;
      if (served.get(slot % periodSlots) !== cell) continue;
      if (slot >= periodSlots) largest = Math.max(largest, waited);
      waited = 0;
    }
    return largest === 0 ? Number.POSITIVE_INFINITY : largest;
  });
}

describe('a table file', () => {
  it('is refused with one bit changed, cut, or longer', () => {
    const bytes = tableBytes(good);
    for (const seed of seeds(50)) {
      const wrong = bytes.slice();
      const at = new Random(seed).below(8 * bytes.length);
      wrong[at >> 3] ^= 1 << (at & 7);
      expect(() => readTable(wrong)).toThrow();
    }
    expect(() => readTable(bytes.slice(0, -4))).toThrow('it was cut or joined');
    expect(() => readTable(Buffer.concat([bytes, Buffer.alloc(8)]))).toThrow('it was cut or joined');
    expect(() => readTable(Buffer.from('{"format":"x"}'))).toThrow('its format is "x"');
    expect(() => readTable(Buffer.from(''))).toThrow('it is no table');
  });

  it('has the layout that its description gives', () => {
    const view = new DataView(tableBytes(good).buffer);
    expect(view.getUint32(RefreshTable.LENGTH, true)).toBe(view.byteLength);
    expect(view.getUint32(RefreshTable.CRC, true)).toBe(crc32(new Uint8Array(view.buffer).subarray(16)));
    expect(view.getUint32(RefreshTable.PERIOD, true)).toBe(good.periodSlots);
    const cells = RefreshTable.HEADER_SIZE + 2 * RefreshTable.LINE_SIZE;
    expect(view.getUint32(cells + 40 * RefreshTable.CELL_SIZE + RefreshTable.CELL_GAP, true)).toBe(
      good.cells[40].largestGapSlots,
    );
  });
});
