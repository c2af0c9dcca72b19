// Leaves out services that nobody needs: a rule serves in every slot, and each service takes time from pulses. A service goes when the gap that
// it leaves is still kept; those that save a switch go first.
//
// What must stay true: gaps stay within the deadlines, and every cell keeps one service.

import type { MuxTable, TableEntry } from './table.ts';

/** Drops what is not needed. The certificate must be calculated anew. */
export function thin(table: MuxTable): void {
  table.lines = table.lines.map((entries) => thinLine(entries, table));
}

function thinLine(entries: TableEntry[], { cells, periodSlots }: MuxTable): TableEntry[] {
  const of = new Map<number, number[]>();
  entries.forEach(({ cell }, at) => {
    const list = of.get(cell);
    if (list) list.push(at);
    else of.set(cell, [at]);
  });
  const isKept = new Uint8Array(entries.length);
  for (const [cell, list] of of) {
    // From the first on always the farthest that is still in time: no choice needs fewer from there.
    const deadline = cells[cell].deadlineSlots;
    const start = (turn: number) =>
      entries[list[turn % list.length]].startSlot + (turn >= list.length ? periodSlots : 0);
    let at = 0;
    isKept[list[0]] = 1;
    while (start(list.length) - start(at) > deadline) {
      let next = at + 1;
      while (next + 1 < list.length && start(next + 1) - start(at) <= deadline) next++;
      isKept[list[next]] = 1;
      at = next;
    }
  }
  return entries.filter((_, at) => isKept[at] === 1);
}
