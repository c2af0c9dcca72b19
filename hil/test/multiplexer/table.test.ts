// The multiplexer’s own module against random tables: it takes what is right and refuses what is wrong by name, executes it, and no cell is ever
// late, whatever pulse windows come and however the run is cut up.

import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { MultiplexerModule, type Service } from '../../../host/board/multiplexer/multiplexer-module.ts';
import { chooser } from '../../../host/board/random.ts';
import { cases } from '../../../host/board/testing/cases.ts';
import { multiplexerModule } from '../../../host/tools/sequencer.ts';
import { MuxLoad, MuxWrite } from '../../../protocol/multiplexer/module.ts';
import { RefreshTable } from '../../../protocol/multiplexer/table.ts';
import { loadTable, type RandomTable, randomTable } from './random-tables.ts';
import { faults, ran, randomEdges } from './run-table.ts';
import { tableBytes } from './table-bytes.ts';

const seeds = fc.integer({ min: 0, max: 2 ** 31 });
let bytes: Uint8Array;

beforeAll(async () => {
  bytes = await multiplexerModule();
});

describe('a table that is good', () => {
  test('is executed as it is written: every service at its slot, every cell in time', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const random = randomTable(seed);
        const { table } = random;
        const { services, module } = ran(bytes, random, 5);
        // The first services of all come as soon as there is room; afterwards nothing is served beside the table.
        const periodNs = table.period * table.slotNs;
        const planned = (period: number) =>
          table.lines.flatMap((line, index) =>
            line.map(([start, row]) => [index, table.cells[row].cell, start * table.slotNs + period * periodNs]),
          );
        const third = services.filter(({ startNs }) => startNs >= 3 * periodNs && startNs < 4 * periodNs);
        expect(third.map(({ line, cell, startNs }) => [line, cell, startNs]).sort()).toEqual(planned(3).sort());
        expect(module.figure('LATE')).toBe(0);
        expect(module.figure('INVALID')).toBe(0);
        expect(faults(random, services, 5 * periodNs)).toEqual([]);
      }),
      cases(100),
    );
  });

  test('keeps every deadline whatever pulse windows come', () => {
    let postponed = 0;
    fc.assert(
      fc.property(seeds, (seed) => {
        const random = randomTable(seed);
        const periods = 12;
        const { services, module } = ran(bytes, random, periods, randomEdges(seed, random, periods));
        postponed += module.figure('POSTPONED');
        expect(module.figure('LATE')).toBe(0);
        expect(faults(random, services, periods * random.table.period * random.table.slotNs)).toEqual([]);
      }),
      cases(200),
    );
    expect(postponed).toBeGreaterThan(500);
  });

  test('does the same however the run is cut up', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const random = randomTable(seed);
        const edges = randomEdges(seed, random, 6);
        const pick = chooser(seed + 1);
        const cuts = Array.from({ length: 50 }, () => pick(6 * random.table.period * random.table.slotNs));
        expect(ran(bytes, random, 6, edges, cuts).services).toEqual(ran(bytes, random, 6, edges).services);
      }),
      cases(100),
    );
  });

  test('waits in a pulse window at most eight services a line, and leaves no window out of need alone', () => {
    // Ten cells of a line, deadlines twice as long as the period: eight services wait, the ninth goes.
    const cells = Array.from({ length: 10 }, (_, cell) => ({ cell, line: 0, bank: 0, service: 1 }));
    const table = {
      slotNs: 1000,
      period: 100,
      switch: 0,
      cells,
      lines: [cells.map(({ cell }): [number, number] => [cell * 10, cell])],
    };
    const random = {
      table,
      bytes: tableBytes(table),
      toleranceMicrovolts: 4,
      drifts: cells.map(() => Math.floor((4 * 1e12) / 200_000)),
    };
    const { services, module } = ran(bytes, random, 3, [
      { timeNs: 105_000, isQuiet: true },
      { timeNs: 195_500, isQuiet: false },
    ]);
    const starts = services.filter(({ startNs }) => startNs >= 105_000).map(({ startNs }) => startNs);
    // Planned at 110, 120 ... 190 us: the first is forced when the ninth behind it would wait, at 190 us; the others follow the window.
    expect(starts.slice(0, 3)).toEqual([190_000, 195_500, 196_500]);
    expect(module.figure('POSTPONED')).toBe(8);
    expect(module.figure('FORCED')).toBe(1);
  });
});

describe('a table that is wrong is refused by name', () => {
  const wrong = (change: (table: RandomTable['table'], view: DataView) => void, afterwards = false) => {
    const random = randomTable(5);
    const table = structuredClone(random.table);
    const view = new DataView(tableBytes(table).buffer);
    change(table, view);
    const made = afterwards ? new Uint8Array(view.buffer) : tableBytes(table);
    const module = new MultiplexerModule(bytes);
    const outcome = loadTable(module, { ...random, bytes: made });
    expect(module.start(0)).toBe(outcome === MuxLoad.GOOD);
    return { outcome, place: module.figure('LOAD_PLACE'), excess: module.figure('LOAD_EXCESS'), random };
  };

  test('its bytes', () => {
    expect(wrong((_, view) => view.setUint8(60, view.getUint8(60) ^ 1), true).outcome).toBe(MuxLoad.CRC);
    expect(wrong((_, view) => view.setUint32(RefreshTable.MAGIC, 1, true), true).outcome).toBe(MuxLoad.HEADER);
    expect(wrong((_, view) => view.setUint32(RefreshTable.LENGTH, 100, true), true).outcome).toBe(MuxLoad.SIZE);
    const counted = (_: unknown, view: DataView) => {
      view.setUint32(RefreshTable.ENTRIES, 70_000, true);
      view.setUint32(RefreshTable.CRC, crc32(new Uint8Array(view.buffer, RefreshTable.CRC + 4)), true);
    };
    expect(wrong(counted, true).outcome).toBe(MuxLoad.SIZE);
  });

  test('a certificate that is one slot too good', () => {
    const { outcome, place, random } = wrong((table) => {
      const last = table.cells.length - 1;
      table.cells[last].gap = (randomGap(table, last) as number) - 1;
    });
    expect(outcome).toBe(MuxLoad.CERTIFICATE);
    expect(place).toBe(random.table.cells.at(-1)?.cell);
  });

  test('a service left out, two that overlap, one of another line', () => {
    const forgetful = (table: RandomTable['table']) => {
      const [[, row]] = table.lines[0];
      table.lines[0] = table.lines[0].filter(([, of]) => of !== row);
    };
    expect(wrong(forgetful).outcome).toBe(MuxLoad.NOT_SERVED);
    expect(
      wrong((table) => {
        table.lines[0][1][0] = table.lines[0][0][0];
      }).outcome,
    ).toBe(MuxLoad.ENTRY);
    expect(
      wrong((table) => {
        table.cells[0].line = 7;
      }).outcome,
    ).toBe(MuxLoad.CELL);
    expect(
      wrong((table) => {
        table.cells[0].cell = table.cells[1].cell;
      }).outcome,
    ).toBe(MuxLoad.CELL);
    expect(
      wrong((table) => {
        table.period = Math.max(...table.lines.flat().map(([start]) => start));
      }).outcome,
    ).toBe(MuxLoad.ENTRY);
  });

  test('a gap that is longer than the cell holds its voltage, by how much', () => {
    const random = randomTable(5);
    const module = new MultiplexerModule(bytes);
    random.drifts[2] *= 4;
    expect(loadTable(module, random)).toBe(MuxLoad.DEADLINE);
    expect(module.figure('LOAD_PLACE')).toBe(random.table.cells[2].cell);
    const gap = (randomGap(random.table, 2) as number) * random.table.slotNs;
    expect(module.figure('LOAD_EXCESS')).toBe(
      Math.floor((gap - Math.floor((random.toleranceMicrovolts * 1e12) / random.drifts[2])) / 1000),
    );
  });
});

function randomGap(table: RandomTable['table'], row: number): number | undefined {
  const starts = table.lines.flat().flatMap(([start, of]) => (of === row ? [start] : []));
  return Math.max(...starts.map((start, index) => (starts[index + 1] ?? starts[0] + table.period) - start));
}

describe('another table', () => {
  test('comes into force without a missed deadline, or is discarded and the first goes on', () => {
    let [changed, givenUp] = [0, 0];
    fc.assert(
      fc.property(seeds, (seed) => {
        const first = randomTable(seed);
        const other = rearranged(first, seed);
        const { module } = ran(bytes, first, 3);
        const [from, until] = [3, 12].map((periods) => periods * first.table.period * first.table.slotNs);
        module.stage(other.bytes);
        expect(module.load(other.bytes.length)).toBe(MuxLoad.GOOD);
        expect(module.load(other.bytes.length)).toBe(MuxLoad.BUSY);
        const services: Service[] = [];
        module.run(until, { served: (service) => services.push(service) && service.cell });
        expect(services.every(({ startNs }) => startNs >= from)).toBe(true);
        expect(module.figure('LATE')).toBe(0);
        expect(module.figure('PENDING')).toBe(0);
        expect(module.figure('TABLES') + module.figure('GIVEN_UP')).toBe(2);
        changed += module.figure('TABLES') - 1;
        givenUp += module.figure('GIVEN_UP');
      }),
      cases(100),
    );
    expect(changed).toBeGreaterThan(8 * givenUp);
  });
});

/** The same services, each line from another one on: the gaps stay, and the moments do not fit. */
function rearranged(random: RandomTable, seed: number): RandomTable {
  const pick = chooser(seed + 2);
  const { period } = random.table;
  const lines = random.table.lines.map((services) => {
    const turn = pick(services.length);
    const [origin] = services[turn];
    const turned = [...services.slice(turn), ...services.slice(0, turn)];
    return turned.map(([start, row]): [number, number] => [(start - origin + period) % period, row]);
  });
  return { ...random, bytes: tableBytes({ ...random.table, lines }) };
}

describe('a new value', () => {
  test('is stored by the next service, and what it leaves of drift is made up for', () => {
    const cells = Array.from({ length: 8 }, (_, cell) => ({ cell, line: 0, bank: 0, service: 10 }));
    // 100 ms period, a millivolt of tolerance at 60 uV/s: 16 s. A step of 1,000 codes drifts 549 uV/s: 1.6 s. The largest, 18 mV/s: 54 ms.
    const table = {
      slotNs: 1000,
      period: 100_000,
      switch: 0,
      cells,
      lines: [cells.map(({ cell }): [number, number] => [cell * 10_000, cell])],
    };
    const random = { table, bytes: tableBytes(table), toleranceMicrovolts: 1000, drifts: cells.map(() => 60_000) };
    const module = new MultiplexerModule(bytes);
    expect(loadTable(module, random)).toBe(MuxLoad.GOOD);
    module.start(0);
    module.run(1e9);
    expect(module.figure('EXTRA')).toBe(8);
    expect(module.write(3, 32_768, 1e9)).toBe(MuxWrite.CODE);
    expect(module.write(9, 5, 1e9)).toBe(MuxWrite.CELL);
    expect(module.write(3, 32_767, 1e9)).toBe(MuxWrite.TAKEN);
    module.run(1.001e9);
    expect(module.figure('CELL_CODE', 3)).toBe(32_767);
    expect(module.figure('CELL_DEADLINE', 3)).toBeLessThan(56_000);
    expect(module.figure('CELL_DEADLINE', 3)).toBeGreaterThan(54_000);
    module.run(200e9);
    expect(module.figure('LATE')).toBe(0);
    expect(module.figure('CELL_GAP', 3)).toBeLessThan(100_000 * 2);
    expect(module.figure('EXTRA')).toBeGreaterThan(100);
    const after = module.figure('EXTRA');
    module.run(300e9);
    expect(module.figure('EXTRA')).toBe(after);
  });
});
