// What the calibration record says of the converter lines and of the tones on them, brought to the settings of the readout.
//
//   record: offsets, gain g, imbalance e, skew s of a line    y = (I, Q), offsets taken off:   I' = (1 + g) I
//                                                                                              Q' = (1 + g) (Q / ((1 + e) cos s) + I tan s)
//   record: frequency and phase of a channel's tone, where they are calibrated
//
// Settings that a client makes last until the next record is in force. What must stay true: whoever acquires from a converter gets the corrections of the
// record in force; a correction that is larger than the readout can make is made as far as possible, and is reported.

import { cosineOf, sineOf, TURN } from '../../protocol/guest/angle';
import {
  CALCHANNEL_FLAG_TONE,
  CALCHANNEL_FLAGS,
  CALCHANNEL_FREQUENCY,
  CALCHANNEL_PHASE,
  CALIBRATION_CHANNEL_COUNT,
  CALIBRATION_LINE_COUNT,
  CALLINE_EVER_MOST,
  CALLINE_GAIN,
  CALLINE_IMBALANCE,
  CALLINE_OFFSET_I,
  CALLINE_OFFSET_MOST,
  CALLINE_OFFSET_Q,
  CALLINE_SKEW,
  EVENT_CORRECTION_LIMITED,
  READOUT_DIAGONAL_LEAST,
  READOUT_DIAGONAL_MOST,
  READOUT_OTHER_MOST,
  READOUT_SETTING_FREQUENCY,
  READOUT_SETTING_MATRIX_II,
  READOUT_SETTING_MATRIX_IQ,
  READOUT_SETTING_MATRIX_QI,
  READOUT_SETTING_MATRIX_QQ,
  READOUT_SETTING_OFFSET_I,
  READOUT_SETTING_OFFSET_Q,
  READOUT_SETTING_PHASE,
} from '../../protocol/guest/generated/constants';
import { recordEvent } from '../../protocol/guest/record-event';
import { channelPlace, linePlace } from '../calibration/payload';
import { calibrationChanges, calibrationPayload } from '../calibration/store';
import { readoutReleased, releaseReadout, setReadout } from './readout';

/** 1 in the record, as a power of two, and in the sines. */
const RECORD_BITS: i64 = 20;
const SINE_BITS: i64 = 30;
const MATRIX_BITS: i64 = 16;
/** Units of 1/4e9 turn in a radian. */
const UNITS_PER_RADIAN: i64 = 636_619_772;

/** The record whose corrections the readout has: the number of its coming into force; 0: none. */
let ofChange: u32 = 0;

/** Releases the readout where it is wanted, and brings the record in force to it where it does not have it. */
export function driveInputs(isWanted: bool): void {
  // Held in reset it loses its settings.
  if (!readoutReleased()) ofChange = 0;
  if (isWanted) releaseReadout();
  const changes = calibrationChanges();
  if (ofChange == changes || !readoutReleased()) return;
  assert(changes > ofChange, 'a record that comes into force is counted');
  ofChange = changes;
  const payload = calibrationPayload();
  for (let line: u32 = 0; line < CALIBRATION_LINE_COUNT; line++) correctLine(line, linePlace(payload, line));
  for (let channel: u32 = 0; channel < CALIBRATION_CHANNEL_COUNT; channel++)
    tune(channel, channelPlace(payload, channel));
  assert(readoutReleased(), 'what was corrected works');
}

function correctLine(line: u32, place: usize): void {
  const offset: i64 = CALLINE_OFFSET_MOST;
  limited(line, READOUT_SETTING_OFFSET_I, load<i32>(place, CALLINE_OFFSET_I), -offset, offset);
  limited(line, READOUT_SETTING_OFFSET_Q, load<i32>(place, CALLINE_OFFSET_Q), -offset, offset);
  const gain = ((<i64>1) << RECORD_BITS) + <i64>load<i32>(place, CALLINE_GAIN);
  const imbalance = ((<i64>1) << RECORD_BITS) + <i64>load<i32>(place, CALLINE_IMBALANCE);
  const skew = phaseOf(load<i32>(place, CALLINE_SKEW));
  const cosine = <i64>cosineOf(skew);
  assert(gain > 0 && imbalance > 0, 'no correction turns a signal over');
  assert(cosine > (<i64>1) << (SINE_BITS - 1), 'I and Q are no line');
  const ii = rounded(gain, RECORD_BITS - MATRIX_BITS);
  const qi = divided(gain * <i64>sineOf(skew), cosine << (RECORD_BITS - MATRIX_BITS));
  const qq = divided(divided(gain << (MATRIX_BITS + RECORD_BITS), imbalance) << (SINE_BITS - RECORD_BITS), cosine);
  limited(line, READOUT_SETTING_MATRIX_II, ii, READOUT_DIAGONAL_LEAST, READOUT_DIAGONAL_MOST);
  limited(line, READOUT_SETTING_MATRIX_IQ, 0, -(<i64>READOUT_OTHER_MOST), READOUT_OTHER_MOST);
  limited(line, READOUT_SETTING_MATRIX_QI, qi, -(<i64>READOUT_OTHER_MOST), READOUT_OTHER_MOST);
  limited(line, READOUT_SETTING_MATRIX_QQ, qq, READOUT_DIAGONAL_LEAST, READOUT_DIAGONAL_MOST);
}

/** Of an angle in 1/2^20 rad, in 1/4e9 turn. */
function phaseOf(skew: i32): u32 {
  assert(abs(skew) <= <i32>CALLINE_EVER_MOST, 'the record was judged when it came into force');
  const units = rounded(<i64>skew * UNITS_PER_RADIAN, RECORD_BITS);
  assert(abs(units) < <i64>TURN / 8, 'half a radian is less than an eighth of a turn');
  return <u32>(units < 0 ? units + <i64>TURN : units);
}

function rounded(value: i64, bits: i64): i64 {
  assert(bits > 0 && bits < 62, 'bits to be left out');
  return (value + ((<i64>1) << (bits - 1))) >> bits;
}

function divided(value: i64, by: i64): i64 {
  assert(by > 0, 'a divisor');
  assert(abs(value) < i64.MAX_VALUE - by, 'and a dividend that can be rounded');
  return (value + (value < 0 ? -by : by) / 2) / by;
}

/** Sets the value. Where it is out of range, sets the end of the range and reports that. */
function limited(line: u32, setting: u32, value: i64, least: i64, most: i64): void {
  assert(least < most, 'a range');
  const given = max(least, min(most, value));
  if (given != value) recordEvent(EVENT_CORRECTION_LIMITED, line, setting);
  const isSet = setReadout(setting, line, <u32>(<i32>given));
  assert(isSet, 'the ranges here are those of the settings');
}

/** A tone that was never calibrated stays where it was set. */
function tune(channel: u32, place: usize): void {
  assert(channel < CALIBRATION_CHANNEL_COUNT, 'a channel of the record');
  if ((load<u32>(place, CALCHANNEL_FLAGS) & CALCHANNEL_FLAG_TONE) == 0) return;
  assert(load<u32>(place, CALCHANNEL_PHASE) < TURN, 'the record was judged when it came into force');
  const isSet =
    setReadout(READOUT_SETTING_FREQUENCY, channel, load<u32>(place, CALCHANNEL_FREQUENCY)) &&
    setReadout(READOUT_SETTING_PHASE, channel, load<u32>(place, CALCHANNEL_PHASE));
  assert(isSet, 'the record was judged by the ranges of the settings');
}
