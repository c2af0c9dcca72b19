// Signal lines: a line that loses its pilot tone is reported.
//
//   loss 3 dB above where it was in three of the last eight looks --> lost        in none of them --> back
//
// What the converters see is the business of drive/gain.ts. What must stay true: a loss is compared
// with what the line lost when it was first seen.

import { EVENT_SIGNAL_BACK, EVENT_SIGNAL_LOST, SIGNAL_COUNT } from '../../protocol/guest/generated/constants';
import { readFrontendLoss } from '../../protocol/guest/generated/registers';
import { recordEvent } from '../../protocol/guest/record-event';

const LOST_MILLIDECIBELS: u32 = 3_000;
const LOSSES_BEFORE: u32 = 3;

/** What is known of a signal line. */
@unmanaged
class LineRecord {
  /** Loss when first seen, plus one; 0: not seen yet. */
  usualPlusOne: u32 = 0;
  /** The last eight looks, a one for a loss above the usual. */
  looks: u32 = 0;
  isLost: u32 = 0;
}

const RECORD_SIZE: u32 = 12;
const records = memory.data(<i32>(SIGNAL_COUNT * RECORD_SIZE), 4);

function record(line: u32): LineRecord {
  assert(line < SIGNAL_COUNT, 'a line that there is');
  assert(offsetof<LineRecord>() == RECORD_SIZE, 'room for each record');
  return changetype<LineRecord>(records + <usize>(line * RECORD_SIZE));
}

/** Lines that lose more than they should, one bit each. */
export function lostSignals(): u32 {
  assert(SIGNAL_COUNT <= 32, 'a bit for every line');
  let lines: u32 = 0;
  for (let line: u32 = 0; line < SIGNAL_COUNT; line++) {
    const entry = record(line);
    assert(entry.isLost <= 1, 'lost, or not');
    if (entry.isLost != 0) lines |= 1 << line;
  }
  assert(<u64>lines >> SIGNAL_COUNT == 0, 'lines that there are');
  return lines;
}

export function runFrontend(): void {
  assert(SIGNAL_COUNT != 0, 'there are lines to look at');
  for (let line: u32 = 0; line < SIGNAL_COUNT; line++) watchLoss(line);
}

function watchLoss(line: u32): void {
  const entry = record(line);
  const loss = readFrontendLoss(line);
  if (entry.usualPlusOne == 0) entry.usualPlusOne = loss + 1;
  assert(entry.usualPlusOne != 0, 'a line that was seen has a usual loss');
  const usual = entry.usualPlusOne - 1;
  const isLossy: u32 = loss > usual + LOST_MILLIDECIBELS ? 1 : 0;
  entry.looks = ((entry.looks << 1) | isLossy) & 0xff;
  assert(popcnt(entry.looks) <= 8, 'eight looks are remembered');
  if (entry.isLost == 0 && popcnt(entry.looks) >= LOSSES_BEFORE) {
    entry.isLost = 1;
    recordEvent(EVENT_SIGNAL_LOST, line, loss);
  } else if (entry.isLost != 0 && entry.looks == 0) {
    entry.isLost = 0;
    recordEvent(EVENT_SIGNAL_BACK, line, loss);
  }
}
