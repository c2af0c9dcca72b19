// Which line serves which cell: the heaviest cells first, each to the allowed line that is loaded least, and rather to one that visits its bank anyhow.
//
// A cell has one line, because the device's table gives it one. What must stay true: attempt 0 takes no chances; later attempts move cells at random.

import type { Choose } from './pinwheel/fold.ts';
import type { SlotCell, SlotProblem } from './slots.ts';

export const loadOf = ({ service, deadline }: SlotCell): number => service / Math.max(1, deadline);

export function assignLines({ cells, lines, switchSlots }: SlotProblem, attempt: number, choose: Choose): SlotCell[][] {
  const assigned: SlotCell[][] = Array.from({ length: lines }, () => []);
  const load = new Array<number>(lines).fill(0);
  const banks = Array.from({ length: lines }, () => new Set<number>());
  const order = [...cells].sort((a, b) => a.lines.length - b.lines.length || loadOf(b) - loadOf(a) || a.bank - b.bank);
  for (const cell of order) {
    const visit = switchSlots / Math.max(1, cell.deadline);
    const cost = (line: number) => load[line] + (banks[line].has(cell.bank) ? 0 : visit);
    const sorted = [...cell.lines].sort((a, b) => cost(a) - cost(b) || a - b);
    const line = attempt > 0 && sorted.length > 1 && choose(8) === 0 ? sorted[1] : sorted[0];
    assigned[line].push(cell);
    load[line] = cost(line) + loadOf(cell);
    banks[line].add(cell.bank);
  }
  return assigned;
}
