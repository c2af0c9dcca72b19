// Signal lines: a converter that clips gets attenuation, a line that loses its pilot tone is reported.
//
//   peak at full scale twice --> 6 dB more (30 at most)        peak below a quarter for ten looks --> 6 dB less
//   loss 3 dB above where it was in three of the last eight looks --> lost        in none of them --> back
//
// What this file can do for a line ends at its converter: which qubits become unreadable, the readout chain knows. What must stay
// true: attenuation is only taken out when the peak would stay below half of full scale.

import {
  EVENT_ATTENUATED,
  EVENT_SIGNAL_BACK,
  EVENT_SIGNAL_LOST,
  SIGNAL_COUNT,
} from '../../protocol/guest/generated/constants';
import {
  readFrontendAttenuation,
  readFrontendLoss,
  readFrontendPeak,
  writeFrontendAttenuation,
} from '../../protocol/guest/generated/registers';
import { recordEvent } from '../../protocol/guest/record-event';

const FULL_SCALE: u32 = 1000;
const LOW_PEAK: u32 = 250;
const STEP_DECIBELS: u32 = 6;
const MOST_DECIBELS: u32 = 30;
const CLIPS_BEFORE: u32 = 2;
const LOWS_BEFORE: u32 = 10;
const LOST_MILLIDECIBELS: u32 = 3_000;
const LOSSES_BEFORE: u32 = 3;

/** What is known of a signal line. */
@unmanaged
class LineRecord {
  /** Loss when first seen, plus one; 0: not seen yet. */
  usualPlusOne: u32 = 0;
  /** Looks in a row at which the converter clipped, or its peak was low. */
  clips: u32 = 0;
  lows: u32 = 0;
  /** The last eight looks, a one for a loss above the usual. */
  looks: u32 = 0;
  isLost: u32 = 0;
}

const RECORD_SIZE: u32 = 20;
const records = memory.data(<i32>(SIGNAL_COUNT * RECORD_SIZE), 4);

function record(line: u32): LineRecord {
  assert(line < SIGNAL_COUNT, 'a line that there is');
  assert(offsetof<LineRecord>() == RECORD_SIZE, 'room for each record');
  return changetype<LineRecord>(records + <usize>(line * RECORD_SIZE));
}

/** Lines that lose more than they should or clip, one bit each. */
export function impairedSignals(): u32 {
  assert(SIGNAL_COUNT <= 32, 'a bit for every line');
  let lines: u32 = 0;
  for (let line: u32 = 0; line < SIGNAL_COUNT; line++) {
    const entry = record(line);
    if (entry.isLost != 0 || entry.clips >= CLIPS_BEFORE) lines |= 1 << line;
  }
  assert(<u64>lines >> SIGNAL_COUNT == 0, 'lines that there are');
  return lines;
}

export function runFrontend(): void {
  assert(SIGNAL_COUNT != 0, 'there are lines to look at');
  for (let line: u32 = 0; line < SIGNAL_COUNT; line++) {
    watchPeak(line);
    watchLoss(line);
  }
}

function watchPeak(line: u32): void {
  const entry = record(line);
  const peak = readFrontendPeak(line);
  const attenuation = readFrontendAttenuation(line);
  assert(attenuation <= MOST_DECIBELS, 'no more attenuation than this file switches in');
  entry.clips = peak >= FULL_SCALE ? entry.clips + 1 : 0;
  entry.lows = peak < LOW_PEAK && attenuation != 0 ? entry.lows + 1 : 0;
  if (entry.clips >= CLIPS_BEFORE && attenuation + STEP_DECIBELS <= MOST_DECIBELS) {
    attenuate(line, attenuation + STEP_DECIBELS);
    entry.clips = 0;
  } else if (entry.lows >= LOWS_BEFORE) {
    assert(attenuation >= STEP_DECIBELS, 'what is taken out was put in');
    attenuate(line, attenuation - STEP_DECIBELS);
    entry.lows = 0;
  }
}

function attenuate(line: u32, decibels: u32): void {
  assert(decibels <= MOST_DECIBELS && decibels % STEP_DECIBELS == 0, 'whole steps, within the range');
  assert(LOW_PEAK * 2 <= FULL_SCALE / 2, 'what is taken out leaves the peak below half of full scale');
  writeFrontendAttenuation(line, decibels);
  recordEvent(EVENT_ATTENUATED, line, decibels);
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
