// Reads a multiplexer problem: YAML in, `MuxProblem` out, or an error that names file, line, what was found and what was expected.
//
// The text is given, not a path. What must stay true: every number has its unit in its key, every key is known.

import { RefreshTable } from '../../../protocol/multiplexer/table.ts';
import { type Field, parseYaml } from '../../plant/cryostat/field.ts';
import { deadlineOf, driftMicrovoltsPerSecond, type MuxCell, type MuxProblem, type ReservedWindow } from './problem.ts';

const HOUR_NS = 3_600_000_000_000;
const SERVICE_MOST_NS = 1_000_000_000;

const cellKeys = ['bank', 'line', 'tolerance_uV', 'drift_uV_per_s', 'deadline_ns', 'settle_ns', 'write_ns'] as const;

export function parseProblem(text: string, file: string): MuxProblem {
  const top = parseYaml(text, file, 'a multiplexer problem, which begins with `multiplexer: NAME`');
  const found = top.object([
    'multiplexer',
    'about',
    'serves',
    'lines',
    'slot_ns',
    'switch_ns',
    'reserved',
    'defaults',
    'cells',
  ]);
  const need = (key: keyof typeof found): Field => {
    const field = found[key];
    if (!field) throw top.error(`lacks ${key}; add it (docs/multiplexer.md lists the keys)`);
    return field;
  };
  const lines = whole(need('lines'), 1, RefreshTable.LINES_MAX);
  const defaults = found.defaults?.object(cellKeys) ?? {};
  const cells = need('cells')
    .list()
    .flatMap((field) => readCells(field, defaults, lines))
    .map((cell, number) => ({ ...cell.cell, number, field: cell.field }));
  if (cells.length === 0) throw need('cells').error('is empty; expected at least one cell');
  if (cells.length > RefreshTable.CELLS_MAX)
    throw need('cells').error(
      `are ${cells.length}; expected at most ${RefreshTable.CELLS_MAX}: divide them over two boards`,
    );
  const names = new Set<string>();
  for (const { name, field } of cells) {
    if (names.has(name))
      throw field.error(`is called '${name}' like a cell before it; give each cell a name of its own`);
    names.add(name);
  }
  return {
    name: need('multiplexer').text(),
    serves: found.serves?.oneOf(['voltages', 'samples']) ?? 'voltages',
    lines,
    slotNs: whole(need('slot_ns'), 1, SERVICE_MOST_NS),
    switchNs: found.switch_ns ? whole(found.switch_ns, 0, SERVICE_MOST_NS) : 0,
    windows: found.reserved?.list().map(readWindow) ?? [],
    cells: cells.map(({ field: _, ...cell }) => cell),
  };
}

function whole(field: Field, least: number, most: number): number {
  const value = field.number(least, most);
  if (!Number.isInteger(value)) throw field.error(`is ${value}; expected a whole number`);
  return value;
}

/** One entry of the list: a cell, or `count` of them whose names end in their number. */
function readCells(field: Field, defaults: Partial<Record<(typeof cellKeys)[number], Field>>, lines: number) {
  const own = field.object(['name', 'count', ...cellKeys]);
  if (!own.name) throw field.error('lacks name; give the cell one');
  const name = own.name.text();
  const count = own.count ? whole(own.count, 1, RefreshTable.CELLS_MAX) : undefined;
  const of = { ...defaults, ...own };
  const cell: Omit<MuxCell, 'name' | 'number'> = {
    lines: of.line ? [whole(of.line, 0, lines - 1)] : Array.from({ length: lines }, (_, line) => line),
    bank: of.bank ? whole(of.bank, 0, 255) : 0,
    ...readDeadline(field, of, own),
    serviceNs: readService(field, of),
  };
  const namesOf = count === undefined ? [name] : Array.from({ length: count }, (_, i) => `${name}${i}`);
  return namesOf.map((each) => ({ cell: { name: each, ...cell }, field }));
}

type CellFields = Partial<Record<(typeof cellKeys)[number], Field>>;

function readDeadline(
  field: Field,
  all: CellFields,
  own: CellFields,
): { deadlineNs: number; toleranceMicrovolts?: number } {
  // A cell's own tolerance counts more than a deadline among the defaults.
  const direct = own.deadline_ns ?? (own.tolerance_uV || own.drift_uV_per_s ? undefined : all.deadline_ns);
  if (direct) return { deadlineNs: whole(direct, 1, HOUR_NS) };
  if (!all.tolerance_uV || !all.drift_uV_per_s)
    throw field.error('has no deadline; give tolerance_uV and drift_uV_per_s, or deadline_ns');
  const drift = all.drift_uV_per_s.isText()
    ? driftMicrovoltsPerSecond[all.drift_uV_per_s.oneOf(['fresh', 'settled'])]
    : all.drift_uV_per_s.number(1e-3, 1e9);
  const toleranceMicrovolts = all.tolerance_uV.number(1e-3, 1e7);
  const deadline = deadlineOf(toleranceMicrovolts, drift);
  if (deadline < 1 || deadline > HOUR_NS)
    throw field.error(`would have a deadline of ${deadline} ns; expected 1 ns to an hour: check tolerance and drift`);
  return { deadlineNs: deadline, toleranceMicrovolts };
}

function readService(field: Field, of: CellFields): number {
  const settle = of.settle_ns?.number(0, SERVICE_MOST_NS) ?? 0;
  const write = of.write_ns?.number(0, SERVICE_MOST_NS) ?? 0;
  const service = Math.ceil(settle + write);
  if (service < 1) throw field.error('takes no time to serve; give settle_ns, write_ns, or both');
  return service;
}

function readWindow(field: Field): ReservedWindow {
  const keys = field.whole(['name', 'period_ns', 'offset_ns', 'length_ns']);
  const periodNs = whole(keys.period_ns, 1, HOUR_NS);
  return {
    name: keys.name.text(),
    periodNs,
    offsetNs: whole(keys.offset_ns, 0, periodNs - 1),
    lengthNs: whole(keys.length_ns, 1, periodNs - 1),
  };
}
