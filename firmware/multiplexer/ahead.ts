// A look ahead: by how much the next service of a line may be delayed without any cell of the line missing its deadline.
//
// The services are followed in the order of the table, each as early as it can be. Idle time of the table absorbs a delay; where all of it is
// absorbed, no later service is affected. What must stay true: the answer is exact for the services it follows, so it names the same moment
// whenever it is asked. Cells that are served beside the table (extras.ts) are not judged by it.

import { dueOf } from './drift';
import { globals, Line, NO_BANK } from './layout';
import { plannedCell, plannedStart, switchTime } from './table';

/** Nanoseconds, at most `limit`, by which the next service of a line could begin later than `start`; below 0: `start` is too late. */
export function slackFrom(line: Line, start: i64, limit: i64): i64 {
  assert(line.entries > 0, 'a line that has services');
  const all = globals();
  all.lookAhead++;
  let begin = start;
  let slack = limit;
  let idle: i64 = 0;
  for (let ahead: u32 = 0; ahead < line.entries; ahead++) {
    const cell = plannedCell(line, ahead);
    // A delay never grows on its way, so of two services of a cell the second is delayed no more than the first: the table's gap holds.
    const isFirst = cell.lookAhead != all.lookAhead;
    if (isFirst && cell.extra == 0) slack = min(slack, dueOf(cell) - begin + idle);
    if (slack < 0) return slack;
    cell.lookAhead = all.lookAhead;
    const ready = begin + <i64>cell.serviceNs + switchTime(cell.bank, plannedCell(line, ahead + 1).bank);
    begin = max(plannedStart(line, ahead + 1), ready);
    idle += begin - ready;
    if (idle > 0 && idle >= slack) return slack;
  }
  assert(slack <= limit, 'no more than what was asked for');
  return slack;
}

/** Whether all services of a line are still in time when the line, at a bank, becomes free only at `free`. */
export function canBear(line: Line, free: i64, bank: u32): bool {
  if (line.entries == 0) return true;
  const planned = plannedStart(line, 0);
  const start = free + switchTime(bank, plannedCell(line, 0).bank);
  assert(free >= 0, 'times are counted from the release');
  assert(bank != NO_BANK, 'a line that has served a cell is at its bank');
  return start <= planned || slackFrom(line, start, 0) >= 0;
}
