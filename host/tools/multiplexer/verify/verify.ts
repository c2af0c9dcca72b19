// Judges a table service by service, as a line would execute it: who is served when, what a bank switch takes, what lies in a reserved window, and
// how long each cell waits, around the end as well.
//
// With a problem, times are judged in nanoseconds against what the problem asks; without one, against the deadlines the table itself has. What
// must stay true: no code is shared with the planner (types alone), so that one mistake cannot be in both.

import type { MuxProblem } from '../problem.ts';
import type { ReadCell, ReadTable } from './read.ts';

export interface Violation {
  cell: string;
  line: number;
  /** Where in the period. */
  slot: number;
  /** By how much, in nanoseconds; 0 where it is no matter of time. */
  amountNs: number;
  /** What is wrong there, in words. */
  text: string;
}

export interface Verdict {
  accepted: boolean;
  cells: { name: string; deadlineNs: number; largestGapNs: number }[];
  /** In the order they were met. */
  violations: Violation[];
}

export function verifyTable(table: ReadTable, problem?: MuxProblem): Verdict {
  const judge = new Judge(table, problem);
  return judge.verdict();
}

class Judge {
  private readonly violations: Violation[] = [];
  private readonly table: ReadTable;
  private readonly problem: MuxProblem | undefined;

  constructor(table: ReadTable, problem?: MuxProblem) {
    this.table = table;
    this.problem = problem;
  }

  verdict(): Verdict {
    const { table } = this;
    if (table.periodSlots < 1 || table.slotNs < 1) {
      this.blame('', 0, 0, 0, `a period of ${table.periodSlots} slots of ${table.slotNs} ns is none`);
      return { accepted: false, cells: [], violations: this.violations };
    }
    this.againstProblem();
    const starts = new Map<number, number[]>();
    table.lines.forEach((_, line) => {
      this.walk(line, starts);
    });
    const cells = table.cells.map((cell, row) => this.wait(cell, row, starts.get(row) ?? []));
    return { accepted: this.violations.length === 0, cells, violations: this.violations };
  }

  private blame(cell: string, line: number, slot: number, amountNs: number, text: string): void {
    this.violations.push({ cell, line, slot, amountNs, text });
  }

  /** Cells, services and switches as the problem has them, and windows that repeat with the table. */
  private againstProblem(): void {
    const { table, problem } = this;
    const numbers = new Set<number>();
    for (const cell of table.cells) {
      if (numbers.has(cell.number))
        this.blame(cell.name, cell.line, 0, 0, `cell ${cell.number} has two rows in the table`);
      numbers.add(cell.number);
    }
    if (!problem) return;
    const short = problem.switchNs - table.switchSlots * table.slotNs;
    if (short > 0) this.blame('', 0, 0, short, 'the table leaves less for a bank switch than the problem asks');
    for (const asked of problem.cells) {
      const row = table.cells.find(({ number }) => number === asked.number);
      if (!row) {
        this.blame(asked.name, 0, 0, 0, 'the cell is not in the table');
        continue;
      }
      row.name = asked.name;
      const missing = asked.serviceNs - row.serviceSlots * table.slotNs;
      if (missing > 0) this.blame(row.name, row.line, 0, missing, 'its service is shorter than settling and writing');
      if (!asked.lines.includes(row.line)) this.blame(row.name, row.line, 0, 0, `line ${row.line} may not serve it`);
      if (row.bank !== asked.bank)
        this.blame(row.name, row.line, 0, 0, `its bank is ${row.bank}; the problem says ${asked.bank}`);
    }
    for (const cell of table.cells) {
      if (!problem.cells.some(({ number }) => number === cell.number))
        this.blame(cell.name, cell.line, 0, 0, 'the problem has no such cell');
    }
    for (const { name, periodNs } of problem.windows) {
      const rest = (table.periodSlots * table.slotNs) % periodNs;
      if (rest !== 0)
        this.blame(
          '',
          0,
          0,
          rest,
          `the period is no multiple of that of the reserved window '${name}', which moves from one to the next`,
        );
    }
  }

  /** One period of a line, and on into the next one's first service. */
  private walk(line: number, starts: Map<number, number[]>): void {
    const { table } = this;
    const entries = table.lines[line];
    for (let i = 0; i < entries.length; i++) {
      const { startSlot, cell: row } = entries[i];
      const cell = table.cells[row];
      if (!cell) {
        this.blame(`row ${row}`, line, startSlot, 0, `the table has ${table.cells.length} cells`);
        continue;
      }
      if (cell.line !== line)
        this.blame(cell.name, line, startSlot, 0, `it is served by line ${line}, but belongs to line ${cell.line}`);
      if (startSlot >= table.periodSlots)
        this.blame(cell.name, line, startSlot, 0, `it begins after the period of ${table.periodSlots} slots`);
      const list = starts.get(row);
      if (list) list.push(startSlot);
      else starts.set(row, [startSlot]);
      const isFirst = i === 0;
      const before = entries[isFirst ? entries.length - 1 : i - 1];
      const other = table.cells[before.cell];
      if (!other) continue;
      const isSwitch = other.bank !== cell.bank;
      const readyAt = before.startSlot + other.serviceSlots + (isSwitch ? table.switchSlots : 0);
      const startsAt = startSlot + (isFirst ? table.periodSlots : 0);
      if (readyAt > startsAt) {
        const what = isSwitch
          ? `the service of ${other.name} and the switch to bank ${cell.bank} end`
          : `the service of ${other.name} ends`;
        this.blame(cell.name, line, startSlot, (readyAt - startsAt) * table.slotNs, `it begins before ${what}`);
      }
      this.againstWindows(cell, line, startSlot, isSwitch ? table.switchSlots : 0);
    }
  }

  private againstWindows(cell: ReadCell, line: number, startSlot: number, switchSlots: number): void {
    const { slotNs } = this.table;
    const [from, to] = [(startSlot - switchSlots) * slotNs, (startSlot + cell.serviceSlots) * slotNs];
    for (const { name, periodNs, offsetNs, lengthNs } of this.problem?.windows ?? []) {
      // The window that began last before `to`.
      const began = Math.floor((to - 1 - offsetNs) / periodNs) * periodNs + offsetNs;
      const overlap = Math.min(to, began + lengthNs) - Math.max(from, began);
      if (overlap > 0)
        this.blame(cell.name, line, startSlot, overlap, `its service or switch lies in the reserved window '${name}'`);
    }
  }

  private wait(cell: ReadCell, row: number, starts: number[]): Verdict['cells'][number] {
    const { table } = this;
    const asked = this.problem?.cells.find(({ number }) => number === cell.number);
    const deadlineNs = asked?.deadlineNs ?? cell.deadlineSlots * table.slotNs;
    let largest = starts.length === 0 ? Number.POSITIVE_INFINITY : 0;
    let at = 0;
    for (let i = 0; i < starts.length; i++) {
      const next = i + 1 < starts.length ? starts[i + 1] : starts[0] + table.periodSlots;
      if (next <= starts[i])
        this.blame(cell.name, cell.line, starts[i], 0, 'its services are not in the order of time');
      if (next - starts[i] <= largest) continue;
      largest = next - starts[i];
      at = starts[i];
    }
    const gapNs = largest * table.slotNs;
    if (starts.length === 0) this.blame(cell.name, cell.line, 0, 0, `it is never served (row ${row})`);
    else if (gapNs > deadlineNs)
      this.blame(
        cell.name,
        cell.line,
        at,
        gapNs - deadlineNs,
        `it waits ${gapNs} ns for its next service; its deadline is ${deadlineNs} ns`,
      );
    if (starts.length > 0 && largest !== cell.largestGapSlots) {
      const difference = Math.abs(largest - cell.largestGapSlots) * table.slotNs;
      this.blame(
        cell.name,
        cell.line,
        at,
        difference,
        `its certificate says ${cell.largestGapSlots} slots; its largest gap is ${largest}`,
      );
    }
    if (cell.deadlineSlots * table.slotNs > deadlineNs) {
      this.blame(
        cell.name,
        cell.line,
        0,
        cell.deadlineSlots * table.slotNs - deadlineNs,
        'the table allows it more time than the problem does',
      );
    }
    return { name: cell.name, deadlineNs, largestGapNs: gapNs };
  }
}
