// The owner of the attenuators in front of the converters (FRONTEND.ATTENUATION): automatic gain control.
//
//   clips in two looks in a row           --> 6 dB more (30 at most)
//   a peak below a quarter in ten looks   --> 6 dB less: it is then below a half
//
// A look, once a second, is at the clip counters and peaks of the converters, where windows were measured since the last one; otherwise at what the front end
// shows of the line at rest. What clipped in windows may be the readout itself, so that a line at rest says nothing about it: only windows take its attenuation
// back. What the sums lose by the attenuation, the sequencers make up for (pulse/attenuation.ts). What must stay true: no other file writes the register; at
// most one step a look and line.

import {
  EVENT_ATTENUATED,
  READOUT_COMMAND_CLEAR_STATISTICS,
  READOUT_COMMAND_TAKE_PEAK,
  READOUT_FIGURE_CLIPPED_I,
  READOUT_FIGURE_CLIPPED_Q,
  READOUT_FIGURE_RECENT_PEAK,
  READOUT_FIGURE_WINDOWS,
  READOUT_FULL_SCALE,
  READOUT_LINES,
  SIGNAL_COUNT,
  SIGNAL_READOUT_RETURN,
} from '../../protocol/guest/generated/constants';
import {
  readFrontendAttenuation,
  readFrontendPeak,
  writeFrontendAttenuation,
} from '../../protocol/guest/generated/registers';
import { recordEvent } from '../../protocol/guest/record-event';
import { stateClipping } from '../in-force/statement';
import { commandReadout, readoutFigure, readoutReleased } from './readout';

/** Of the front end's peaks. */
const FULL_SCALE: u32 = 1000;
const LOW_PEAK: u32 = 250;
/** Noise alone may clip a sample now and then. This many samples in a window are more than noise. */
const CLIPPED_A_WINDOW: u32 = 4;
const STEP_DECIBELS: u32 = 6;
const MOST_DECIBELS: u32 = 30;
const CLIPS_BEFORE: u32 = 2;
const LOWS_BEFORE: u32 = 10;

/** What a look has seen. */
const NOTHING: u32 = 0;
const USUAL: u32 = 1;
const LOW: u32 = 2;
const CLIPS: u32 = 3;

/** What is known of a signal line. */
@unmanaged
class GainRecord {
  /** Looks in a row at which the converter clipped, or its peak was low. */
  clips: u32 = 0;
  lows: u32 = 0;
  /** 1: what clipped last was measured in windows. */
  byWindows: u32 = 0;
}

/** Of a converter line, at the last look. */
@unmanaged
class Seen {
  windows: u32 = 0;
  clipped: u32 = 0;
}

const RECORD_SIZE: u32 = 12;
const records = memory.data(<i32>(SIGNAL_COUNT * RECORD_SIZE), 4);
const SEEN_SIZE: u32 = 8;
const seen = memory.data(<i32>(READOUT_LINES * SEEN_SIZE), 4);

function record(line: u32): GainRecord {
  assert(line < SIGNAL_COUNT, 'a line that there is');
  assert(offsetof<GainRecord>() == RECORD_SIZE, 'room for each record');
  assert((records & 3) == 0, 'a record begins where a word may stand');
  return changetype<GainRecord>(records + <usize>(line * RECORD_SIZE));
}

function seenOf(line: u32): Seen {
  assert(line < READOUT_LINES, 'a line of the readout');
  assert(offsetof<Seen>() == SEEN_SIZE, 'room for each');
  return changetype<Seen>(seen + <usize>(line * SEEN_SIZE));
}

export function runGain(): void {
  assert(SIGNAL_READOUT_RETURN < SIGNAL_COUNT, 'the converters of the readout are behind a signal line');
  assert(MOST_DECIBELS % STEP_DECIBELS == 0, 'the most is whole steps');
  for (let line: u32 = 0; line < SIGNAL_COUNT; line++) control(line);
}

function control(line: u32): void {
  const entry = record(line);
  const inWindows = line == SIGNAL_READOUT_RETURN ? lookAtWindows() : NOTHING;
  const isMeasured = inWindows != NOTHING;
  const found = isMeasured ? inWindows : lookAtRest(line);
  const attenuation = readFrontendAttenuation(line);
  assert(attenuation <= MOST_DECIBELS, 'no more attenuation than this file switches in');
  if (found == CLIPS) {
    entry.clips++;
    entry.lows = 0;
    entry.byWindows = isMeasured ? 1 : 0;
  } else if (isMeasured || entry.byWindows == 0) {
    entry.clips = 0;
    entry.lows = found == LOW && attenuation != 0 ? entry.lows + 1 : 0;
  }
  stateClipping(line, entry.clips >= CLIPS_BEFORE);
  if (entry.clips >= CLIPS_BEFORE && attenuation + STEP_DECIBELS <= MOST_DECIBELS) {
    attenuate(line, attenuation + STEP_DECIBELS);
    entry.clips = 0;
  } else if (entry.lows >= LOWS_BEFORE) {
    assert(attenuation >= STEP_DECIBELS, 'what is taken out was put in');
    attenuate(line, attenuation - STEP_DECIBELS);
    entry.lows = 0;
  }
}

/** What the front end shows of a line on which nothing is measured. */
function lookAtRest(line: u32): u32 {
  assert(line < SIGNAL_COUNT, 'a line that there is');
  const peak = readFrontendPeak(line);
  assert(peak <= FULL_SCALE, 'a converter shows no more');
  if (peak >= FULL_SCALE) return CLIPS;
  return peak < LOW_PEAK ? LOW : USUAL;
}

/** What the converters counted in the windows since the last look; NOTHING when there was none. */
function lookAtWindows(): u32 {
  if (!readoutReleased()) return NOTHING;
  assert(NOTHING < USUAL && USUAL > NOTHING && LOW < CLIPS, 'what needs more attenuation counts more');
  let found = NOTHING;
  for (let line: u32 = 0; line < READOUT_LINES; line++) found = max(found, lookAtLine(line));
  assert(found <= CLIPS, 'the attenuator is one for both lines, so that the one that needs more counts');
  return found;
}

function lookAtLine(line: u32): u32 {
  const last = seenOf(line);
  const windows = readoutFigure(READOUT_FIGURE_WINDOWS, line);
  const clipped = saturated(
    readoutFigure(READOUT_FIGURE_CLIPPED_I, line),
    readoutFigure(READOUT_FIGURE_CLIPPED_Q, line),
  );
  const measured = windows - last.windows;
  // A client may have cleared the counters meanwhile.
  const more = clipped >= last.clipped ? clipped - last.clipped : clipped;
  last.windows = windows;
  last.clipped = clipped;
  if (measured == 0) return NOTHING;
  const isTaken = commandReadout(READOUT_COMMAND_TAKE_PEAK, line);
  assert(isTaken, 'a command and a line that there are');
  if (<u64>more > <u64>measured * CLIPPED_A_WINDOW) return CLIPS;
  const peak = readoutFigure(READOUT_FIGURE_RECENT_PEAK, line);
  assert(peak <= READOUT_FULL_SCALE, 'a peak is a magnitude of a code');
  return peak * FULL_SCALE < READOUT_FULL_SCALE * LOW_PEAK ? LOW : USUAL;
}

function saturated(one: u32, other: u32): u32 {
  const sum = other > u32.MAX_VALUE - one ? u32.MAX_VALUE : one + other;
  assert(sum >= one && sum >= other, 'it does not begin again at zero');
  return sum;
}

function attenuate(line: u32, decibels: u32): void {
  assert(decibels <= MOST_DECIBELS && decibels % STEP_DECIBELS == 0, 'whole steps, within the range');
  assert(LOW_PEAK * 2 <= FULL_SCALE / 2, 'what is taken out leaves the peak below half of full scale');
  writeFrontendAttenuation(line, decibels);
  recordEvent(EVENT_ATTENUATED, line, decibels);
  if (line != SIGNAL_READOUT_RETURN || !readoutReleased()) return;
  // Levels from before and after the step cannot be compared.
  for (let converter: u32 = 0; converter < READOUT_LINES; converter++)
    commandReadout(READOUT_COMMAND_CLEAR_STATISTICS, converter);
}
