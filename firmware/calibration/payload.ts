// The payload of a calibration record: its fields, and whether they are in range. protocol/calibration/record.ts has the layout.
//
// What must stay true: `payloadFault` is asked before a payload comes into force, so that whoever reads a field here need not check it. A payload that a
// client sends is checked by `refusedField`, which is stricter: corrections of the inputs must be ones that the readout can make. Older firmware stored others.

import {
  CALCHANNEL_FLAGS,
  CALCHANNEL_FLAGS_ALL,
  CALCHANNEL_FREQUENCY,
  CALCHANNEL_FREQUENCY_MOST,
  CALCHANNEL_PHASE,
  CALCHANNEL_PHASE_TURN,
  CALCHANNEL_ROTATION_COS,
  CALCHANNEL_ROTATION_ONE,
  CALCHANNEL_ROTATION_SIN,
  CALIBRATION_CHANNEL_COUNT,
  CALIBRATION_CHANNEL_SIZE,
  CALIBRATION_CHANNELS,
  CALIBRATION_LINE_COUNT,
  CALIBRATION_LINE_SIZE,
  CALIBRATION_LINES,
  CALIBRATION_PAYLOAD_SIZE,
  CALIBRATION_SEQUENCER_COUNT,
  CALIBRATION_SEQUENCER_SIZE,
  CALIBRATION_SEQUENCERS,
  CALIBRATION_THERMOMETER_COUNT,
  CALIBRATION_THERMOMETER_SIZE,
  CALIBRATION_THERMOMETERS,
  CALLINE_DELAY,
  CALLINE_DELAY_MOST,
  CALLINE_EVER_MOST,
  CALLINE_GAIN,
  CALLINE_GAIN_MOST,
  CALLINE_IMBALANCE,
  CALLINE_IMBALANCE_MOST,
  CALLINE_OFFSET_I,
  CALLINE_OFFSET_MOST,
  CALLINE_OFFSET_Q,
  CALLINE_SKEW,
  CALLINE_SKEW_MOST,
  CALSEQ_CROSS,
  CALSEQ_GAIN_0,
  CALSEQ_GAIN_1,
  CALSEQ_GAIN_MOST,
  CALSEQ_OFFSET_0,
  CALSEQ_OFFSET_1,
  CALSEQ_OFFSET_MOST,
  CALSEQ_PHASE,
  CALTHERM_OFFSET,
  CALTHERM_OFFSET_MOST,
  CALTHERM_SPARE,
} from '../../protocol/guest/generated/constants';

export const NO_FAULT: u32 = 0xffffffff;

export function linePlace(payload: usize, line: u32): usize {
  assert(line < CALIBRATION_LINE_COUNT, 'a line that there is');
  assert((payload & 7) == 0, 'a payload stands where a word may stand');
  return payload + CALIBRATION_LINES + line * CALIBRATION_LINE_SIZE;
}

export function channelPlace(payload: usize, channel: u32): usize {
  assert(channel < CALIBRATION_CHANNEL_COUNT, 'a channel that there is');
  assert((payload & 7) == 0, 'a payload stands where a word may stand');
  return payload + CALIBRATION_CHANNELS + channel * CALIBRATION_CHANNEL_SIZE;
}

export function sequencerPlace(payload: usize, sequencer: u32): usize {
  assert(sequencer < CALIBRATION_SEQUENCER_COUNT, 'a sequencer that there is');
  return payload + CALIBRATION_SEQUENCERS + sequencer * CALIBRATION_SEQUENCER_SIZE;
}

export function thermometerPlace(payload: usize, thermometer: u32): usize {
  assert(thermometer < CALIBRATION_THERMOMETER_COUNT, 'a thermometer that there is');
  return payload + CALIBRATION_THERMOMETERS + thermometer * CALIBRATION_THERMOMETER_SIZE;
}

/** Offset of the first field that is out of its range, or NO_FAULT. What stands behind the fields known here is not judged. */
export function payloadFault(payload: usize): u32 {
  assert(CALIBRATION_CHANNELS == CALIBRATION_LINES + CALIBRATION_LINE_COUNT * CALIBRATION_LINE_SIZE, 'as it is drawn');
  assert(
    CALIBRATION_PAYLOAD_SIZE == CALIBRATION_THERMOMETERS + CALIBRATION_THERMOMETER_COUNT * CALIBRATION_THERMOMETER_SIZE,
    'the thermometers end the payload',
  );
  let bad: usize = 0;
  for (let line: u32 = 0; bad == 0 && line < CALIBRATION_LINE_COUNT; line++)
    bad = faultInLine(linePlace(payload, line));
  for (let channel: u32 = 0; bad == 0 && channel < CALIBRATION_CHANNEL_COUNT; channel++)
    bad = faultInChannel(channelPlace(payload, channel));
  for (let sequencer: u32 = 0; bad == 0 && sequencer < CALIBRATION_SEQUENCER_COUNT; sequencer++)
    bad = faultInSequencer(sequencerPlace(payload, sequencer));
  for (let thermometer: u32 = 0; bad == 0 && thermometer < CALIBRATION_THERMOMETER_COUNT; thermometer++) {
    const place = thermometerPlace(payload, thermometer);
    if (load<u32>(place, CALTHERM_SPARE) != 0) bad = place + CALTHERM_SPARE;
    if (!within(place + CALTHERM_OFFSET, CALTHERM_OFFSET_MOST)) bad = place + CALTHERM_OFFSET;
  }
  return bad == 0 ? NO_FAULT : <u32>(bad - payload);
}

/** Whether the signed number is no further from zero than `most`. */
function within(place: usize, most: u32): bool {
  assert(<i32>most > 0, 'a bound that a signed number can have');
  assert((place & 3) == 0, 'a field stands where a word may stand');
  const value = load<i32>(place);
  return value >= -(<i32>most) && value <= <i32>most;
}

/** Offset of the first field for which a payload is not stored, or NO_FAULT. */
export function refusedField(payload: usize): u32 {
  const fault = payloadFault(payload);
  assert(CALLINE_OFFSET_MOST <= CALLINE_EVER_MOST, 'what is stored today could always be stored');
  let bad: usize = 0;
  for (let line: u32 = 0; fault == NO_FAULT && bad == 0 && line < CALIBRATION_LINE_COUNT; line++) {
    const place = linePlace(payload, line);
    if (!within(place + CALLINE_OFFSET_I, CALLINE_OFFSET_MOST)) bad = place + CALLINE_OFFSET_I;
    else if (!within(place + CALLINE_OFFSET_Q, CALLINE_OFFSET_MOST)) bad = place + CALLINE_OFFSET_Q;
    else if (!within(place + CALLINE_IMBALANCE, CALLINE_IMBALANCE_MOST)) bad = place + CALLINE_IMBALANCE;
    else if (!within(place + CALLINE_SKEW, CALLINE_SKEW_MOST)) bad = place + CALLINE_SKEW;
  }
  assert(bad == 0 || bad - payload < CALIBRATION_CHANNELS, 'a field of a line');
  return bad == 0 ? fault : <u32>(bad - payload);
}

function faultInLine(line: usize): usize {
  if (!within(line + CALLINE_OFFSET_I, CALLINE_EVER_MOST)) return line + CALLINE_OFFSET_I;
  if (!within(line + CALLINE_OFFSET_Q, CALLINE_EVER_MOST)) return line + CALLINE_OFFSET_Q;
  if (!within(line + CALLINE_GAIN, CALLINE_GAIN_MOST)) return line + CALLINE_GAIN;
  if (!within(line + CALLINE_IMBALANCE, CALLINE_EVER_MOST)) return line + CALLINE_IMBALANCE;
  if (!within(line + CALLINE_SKEW, CALLINE_EVER_MOST)) return line + CALLINE_SKEW;
  assert(CALLINE_DELAY + 4 == CALIBRATION_LINE_SIZE, 'every field of a line was looked at');
  return load<u32>(line, CALLINE_DELAY) > CALLINE_DELAY_MOST ? line + CALLINE_DELAY : 0;
}

function faultInChannel(channel: usize): usize {
  if ((load<u32>(channel, CALCHANNEL_FLAGS) & ~CALCHANNEL_FLAGS_ALL) != 0) return channel + CALCHANNEL_FLAGS;
  if (!within(channel + CALCHANNEL_FREQUENCY, CALCHANNEL_FREQUENCY_MOST)) return channel + CALCHANNEL_FREQUENCY;
  if (load<u32>(channel, CALCHANNEL_PHASE) >= CALCHANNEL_PHASE_TURN) return channel + CALCHANNEL_PHASE;
  if (!within(channel + CALCHANNEL_ROTATION_COS, CALCHANNEL_ROTATION_ONE)) return channel + CALCHANNEL_ROTATION_COS;
  assert(CALCHANNEL_PHASE_TURN == 4_000_000_000, 'a turn is 4e9 steps, as the oscillators count it');
  return within(channel + CALCHANNEL_ROTATION_SIN, CALCHANNEL_ROTATION_ONE) ? 0 : channel + CALCHANNEL_ROTATION_SIN;
}

function faultInSequencer(sequencer: usize): usize {
  if (!within(sequencer + CALSEQ_GAIN_0, CALSEQ_GAIN_MOST)) return sequencer + CALSEQ_GAIN_0;
  if (!within(sequencer + CALSEQ_GAIN_1, CALSEQ_GAIN_MOST)) return sequencer + CALSEQ_GAIN_1;
  if (!within(sequencer + CALSEQ_CROSS, CALSEQ_GAIN_MOST)) return sequencer + CALSEQ_CROSS;
  if (!within(sequencer + CALSEQ_OFFSET_0, CALSEQ_OFFSET_MOST)) return sequencer + CALSEQ_OFFSET_0;
  if (!within(sequencer + CALSEQ_OFFSET_1, CALSEQ_OFFSET_MOST)) return sequencer + CALSEQ_OFFSET_1;
  assert(CALSEQ_PHASE + 4 == CALIBRATION_SEQUENCER_SIZE, 'every field of a sequencer was looked at');
  return load<u32>(sequencer, CALSEQ_PHASE) >= CALCHANNEL_PHASE_TURN ? sequencer + CALSEQ_PHASE : 0;
}
