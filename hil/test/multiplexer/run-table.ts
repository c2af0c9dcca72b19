// Runs a table on the multiplexer’s own module, through pulse windows and in pieces, and looks at the services independently of it.

import { expect } from 'vitest';
import { MultiplexerModule, type Service } from '../../../host/board/multiplexer/multiplexer-module.ts';
import { chooser } from '../../../host/board/random.ts';
import { MuxLoad } from '../../../protocol/multiplexer/module.ts';
import { loadTable, type RandomTable } from './random-tables.ts';

export interface Edge {
  timeNs: number;
  isQuiet: boolean;
}

/** Executes a table for so many periods; services in the order of time. */
export function ran(
  bytes: Uint8Array,
  random: RandomTable,
  periods: number,
  edges: Edge[] = [],
  cuts: number[] = [],
): { services: Service[]; module: MultiplexerModule } {
  const module = new MultiplexerModule(bytes);
  expect(loadTable(module, random)).toBe(MuxLoad.GOOD);
  module.configure(0, 'READBACK', 1);
  module.configure(0, 'WINDOW_MARKERS', 1);
  // All of them beforehand: a sequencer runs ahead of time.
  for (const { timeNs, isQuiet } of edges) module.mark(0, isQuiet ? 1 : 0, timeNs);
  const services: Service[] = [];
  const listener = {
    served: (service: Service) => {
      services.push(service);
      return service.cell;
    },
  };
  module.start(0);
  const end = periods * random.table.period * random.table.slotNs;
  for (const timeNs of cuts.sort((a, b) => a - b)) module.run(Math.min(timeNs, end), listener);
  module.run(end, listener);
  return { services, module };
}

/** Pulse windows of random lengths, up to several periods. */
export function randomEdges(seed: number, { table }: RandomTable, periods: number): Edge[] {
  const pick = chooser(seed);
  const edges: Edge[] = [];
  const period = table.period * table.slotNs;
  for (let at = 0; at < periods * period; ) {
    at += 1 + pick(pick(2) === 0 ? period : 4 * table.slotNs);
    edges.push({ timeNs: at, isQuiet: edges.length % 2 === 0 });
  }
  return edges;
}

/** What an independent look at the services finds wrong. */
export function faults(
  { table, toleranceMicrovolts, drifts }: RandomTable,
  services: Service[],
  endNs: number,
): string[] {
  const found: string[] = [];
  const rows = new Map(
    table.cells.map((cell, row) => [cell.cell, { ...cell, deadlineNs: (toleranceMicrovolts * 1e12) / drifts[row] }]),
  );
  const last = new Map<number, number>();
  const lines = new Map<number, { free: number; bank: number }>();
  for (const { line, cell, startNs, spanNs } of services) {
    const row = rows.get(cell);
    if (row?.line !== line) found.push(`cell ${cell} served on line ${line}`);
    const before = lines.get(line);
    const change = before === undefined || before.bank === row?.bank ? 0 : table.switch * table.slotNs;
    if (before && startNs < before.free + change)
      found.push(`line ${line} at ${startNs} ns, free at ${before.free} + ${change} ns`);
    lines.set(line, { free: startNs + spanNs, bank: row?.bank ?? -1 });
    const gap = startNs - (last.get(cell) ?? startNs);
    if (row && gap > row.deadlineNs) found.push(`cell ${cell}: ${gap} ns, holds ${row.deadlineNs} ns`);
    last.set(cell, startNs);
  }
  for (const [cell, { deadlineNs }] of rows)
    if (endNs - (last.get(cell) ?? 0) > deadlineNs + 1) found.push(`cell ${cell} was left at ${last.get(cell)} ns`);
  return found;
}
