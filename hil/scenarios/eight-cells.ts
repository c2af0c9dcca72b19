// A refresh table for eight cells behind two lines, each served once in 2 ms.

import { tableBytes } from '../../host/tools/multiplexer/table.ts';

const CELLS = 8;
const PERIOD_SLOTS = 2000;

/** `shiftSlots`: all services so much later in the period, which leaves every gap as it is; `serviceSlots`: of 500 that a line has for each cell. */
export function eightCells({ shiftSlots = 0, serviceSlots = 10 } = {}): { bytes: Uint8Array; cells: number } {
  const cells = Array.from({ length: CELLS }, (_, number) => ({
    ...{ name: `${number}`, number, line: number % 2, bank: 0, serviceSlots },
    ...{ largestGapSlots: PERIOD_SLOTS, deadlineSlots: 5000 },
  }));
  const line = (of: number) =>
    cells.flatMap((each, place) =>
      each.line === of ? [{ startSlot: Math.floor(place / 2) * 500 + shiftSlots, cell: place }] : [],
    );
  const table = { name: 'eight', slotNs: 1000, periodSlots: PERIOD_SLOTS, switchSlots: 2, cells };
  return { bytes: tableBytes({ ...table, lines: [line(0), line(1)] }), cells: CELLS };
}
