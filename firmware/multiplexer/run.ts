// Runs the lines: the table, pulse windows, what is served beside the table, and the monitor of deadlines, in the order of time.
//
//   no pulse window    a service begins when it is planned, or when its line is free
//   pulse window       it waits for the end, as long as every service behind it can bear that, and at most CREDIT wait on a line
//   an edge of a marker is applied at its time, before what begins at that time (marks.ts)
//   calm               whole periods are passed over at once, where the caller allows it (calm.ts)
//
// What must stay true: waiting never makes a cell miss a deadline that the table keeps; the monitor looks at every moment at which a cell
// could become late, whether a table runs or not; and how a run is cut up changes nothing.

import {
  MUX_CREDIT,
  MUX_RUN_BUDGET,
  MUX_RUN_LATE,
  MUX_RUN_SERVICE,
  MUX_RUN_UNTIL,
  MUX_TABLE_LINES_MAX,
} from '../../protocol/guest/generated/constants';
import { slackFrom } from './ahead';
import { nextPeriod, passOver } from './calm';
import { tryChange } from './change';
import { extraStart } from './extras';
import { globals, Line, lineAt, NEVER } from './layout';
import { applyEdge, nextEdge } from './marks';
import { findLate, refreshDue, serve } from './service';
import { advanceHead, plannedCell, plannedNumber, plannedStart, switchTime } from './table';
import { judgeUses } from './uses';

const NO_LINE: u32 = 0xffff_ffff;

/**
 * Services that begin before `until`; MUX_RUN_*. `bad`: the number, from now, of the next bank change that connects the wrong cell, which the caller
 * knows; calm periods before it are passed over. 0: every service is executed.
 */
export function runLines(until: i64, budget: u32, bad: u32): u32 {
  const all = globals();
  const badAt: u64 = bad == 0 ? 0 : all.switches + bad;
  assert(until >= all.now, 'time goes forward');
  for (let left = budget; left > 0; left--) {
    if (all.pending != 0) tryChange();
    const end = min(until, nextEdge());
    assert(end >= all.now, 'an edge is applied at its time');
    if (badAt > all.switches) passOver(end, badAt);
    const who = nextLine();
    const when = who == NO_LINE ? NEVER : timeOf(who);
    assert(when >= all.now, 'what is next is not in the past');
    if (all.earliestDue < min(when, end - 1)) {
      all.now = max(all.now, all.earliestDue + 1);
      if (findLate(all.now)) return MUX_RUN_LATE;
      continue;
    }
    if (when >= end) {
      all.now = end;
      if (end == until) {
        judgeUses();
        return MUX_RUN_UNTIL;
      }
      applyEdge();
      continue;
    }
    all.now = when;
    if (act(who) && all.readback != 0) return MUX_RUN_SERVICE;
  }
  return MUX_RUN_BUDGET;
}

/** The line that does something next; of two at once the one with the lower number. */
function nextLine(): u32 {
  let best = NO_LINE;
  let earliest = NEVER;
  if (globals().running == 0) return NO_LINE;
  for (let index: u32 = 0; index < MUX_TABLE_LINES_MAX; index++) {
    if (lineAt(index).entries == 0) continue;
    const time = timeOf(index);
    if (time >= earliest) continue;
    best = index;
    earliest = time;
  }
  assert(best == NO_LINE || earliest < NEVER, 'a line that does something');
  assert(earliest >= globals().now, 'what is next is not in the past');
  return best;
}

function timeOf(index: u32): i64 {
  const time = min(extraStart(index), plannedTime(lineAt(index)));
  assert(time < NEVER, 'a line that has services goes on');
  return time;
}

/** When the next service of the table can begin, or, in a pulse window, when it can wait no longer. */
function plannedTime(line: Line): i64 {
  const ready = readyTime(line);
  assert(globals().quiet <= 1, 'a pulse window is open, or not');
  return globals().quiet == 0 ? ready : ready + waitFrom(line, ready);
}

function readyTime(line: Line): i64 {
  assert(line.entries > 0, 'a line that has services');
  assert(globals().running == 1, 'a table is executed');
  const free = line.free + switchTime(line.bank, plannedCell(line, 0).bank);
  return max(max(plannedStart(line, 0), free), globals().now);
}

/** Nanoseconds that the next service of a line may wait from `ready` on, in a pulse window. */
function waitFrom(line: Line, ready: i64): i64 {
  // The look ahead follows the services of one period.
  const full = plannedStart(line, min(MUX_CREDIT, line.entries));
  if (full <= ready) return 0;
  assert(globals().quiet != 0, 'only a pulse window has a service wait');
  const wait = slackFrom(line, ready, full - ready);
  assert(wait <= full - ready, 'no longer than the credit');
  return max(wait, 0);
}

/** Does what a line does now; true when that was a service. */
function act(index: u32): bool {
  const all = globals();
  const line = lineAt(index);
  if (extraStart(index) == all.now) {
    serve(index, line.candidate, all.now);
    all.extraServices++;
    return true;
  }
  assert(plannedTime(line) == all.now, 'it is time for the table');
  const planned = plannedStart(line, 0);
  if (all.quiet != 0) all.forced++;
  else if (planned >= all.quietFrom && planned < all.quietTo) all.postponed++;
  serve(index, plannedNumber(line, 0), all.now);
  advanceHead(line);
  // At the end of a period the monitor looks at every cell, so that what it knows depends on nothing that lies behind.
  if (line.head == 0 && nextPeriod() != NEVER) refreshDue();
  assert(line.head < line.entries, 'the next service is one of the table');
  return true;
}
