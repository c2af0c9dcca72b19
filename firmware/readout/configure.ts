// Settings of the readout (protocol/readout/module.ts). Every value is checked here, wherever it comes from.
//
// What must stay true: no correction is so large that an integration could overflow (turn.ts has the bounds).

import { TURN } from '../../protocol/guest/angle';
import {
  READOUT_CHANNELS,
  READOUT_DIAGONAL_LEAST,
  READOUT_DIAGONAL_MOST,
  READOUT_LINES,
  READOUT_OFFSET_MOST,
  READOUT_OTHER_MOST,
  READOUT_SCOPE_MAX,
  READOUT_SETTING_FREQUENCY,
  READOUT_SETTING_LENGTH,
  READOUT_SETTING_MATRIX_II,
  READOUT_SETTING_MATRIX_IQ,
  READOUT_SETTING_MATRIX_QI,
  READOUT_SETTING_MATRIX_QQ,
  READOUT_SETTING_OFFSET_I,
  READOUT_SETTING_OFFSET_Q,
  READOUT_SETTING_PHASE,
  READOUT_SETTING_SCOPE_LENGTH,
  READOUT_SETTING_SCOPE_SEQUENCER,
  READOUT_SETTING_TOGETHER,
  READOUT_SETTING_TONE_AMPLITUDE,
  READOUT_SETTING_TONE_FREQUENCY,
  READOUT_TONES,
  READOUT_WINDOW_MAX,
} from '../../protocol/guest/generated/constants';
import { channelAt, globals, lineAt } from './layout';

const FREQUENCY_MOST: i32 = 2_000_000_000;
const MATRIX_ONE: i32 = 65536;
const AMPLITUDE_MOST: u32 = 65535;
const SEQUENCERS: u32 = 6;
const WINDOW_LEAST: u32 = 4;
const USUAL_LENGTH: u32 = 1000;

/** As after a reset of the chip: no correction. */
export function resetSettings(): void {
  for (let index: u32 = 0; index < READOUT_LINES; index++) {
    const line = lineAt(index);
    line.matrixII = MATRIX_ONE;
    line.matrixQQ = MATRIX_ONE;
    assert(line.together == 0 && line.offsetI == 0, 'memory is zero at a reset');
  }
  globals().scopeLength = READOUT_SCOPE_MAX;
  globals().measureLength = USUAL_LENGTH;
}

/** False when there is no such setting, channel or line, or the value is out of range. */
export function configureReadout(index: u32, setting: u32, value: u32): bool {
  assert(globals().fed == globals().length, 'no window is under way');
  if (setting <= READOUT_SETTING_PHASE) return index < READOUT_CHANNELS && configureChannel(index, setting, value);
  if (setting <= READOUT_SETTING_TOGETHER) return index < READOUT_LINES && configureLine(index, setting, value);
  return index == 0 && configureAll(setting, value);
}

function configureChannel(index: u32, setting: u32, value: u32): bool {
  const channel = channelAt(index);
  assert(setting == READOUT_SETTING_FREQUENCY || setting == READOUT_SETTING_PHASE, 'a setting of a channel');
  if (setting == READOUT_SETTING_PHASE) {
    if (value >= TURN) return false;
    channel.phase = value;
    return true;
  }
  if (!isWithin(value, -FREQUENCY_MOST, FREQUENCY_MOST)) return false;
  channel.frequency = <i32>value;
  return true;
}

function configureLine(index: u32, setting: u32, value: u32): bool {
  const line = lineAt(index);
  if (!mayBeOfLine(setting, value)) return false;
  switch (setting) {
    case READOUT_SETTING_OFFSET_I:
      line.offsetI = <i32>value;
      break;
    case READOUT_SETTING_OFFSET_Q:
      line.offsetQ = <i32>value;
      break;
    case READOUT_SETTING_MATRIX_II:
      line.matrixII = <i32>value;
      break;
    case READOUT_SETTING_MATRIX_IQ:
      line.matrixIQ = <i32>value;
      break;
    case READOUT_SETTING_MATRIX_QI:
      line.matrixQI = <i32>value;
      break;
    case READOUT_SETTING_MATRIX_QQ:
      line.matrixQQ = <i32>value;
      break;
    default:
      assert(setting == READOUT_SETTING_TOGETHER, 'a setting of a line');
      line.together = value;
  }
  return true;
}

function mayBeOfLine(setting: u32, value: u32): bool {
  assert(setting > READOUT_SETTING_PHASE && setting <= READOUT_SETTING_TOGETHER, 'a setting of a line');
  if (setting <= READOUT_SETTING_OFFSET_Q) return isWithin(value, -(<i32>READOUT_OFFSET_MOST), READOUT_OFFSET_MOST);
  if (setting == READOUT_SETTING_TOGETHER) return value >> READOUT_TONES == 0;
  const isDiagonal = setting == READOUT_SETTING_MATRIX_II || setting == READOUT_SETTING_MATRIX_QQ;
  return isDiagonal
    ? isWithin(value, READOUT_DIAGONAL_LEAST, READOUT_DIAGONAL_MOST)
    : isWithin(value, -(<i32>READOUT_OTHER_MOST), READOUT_OTHER_MOST);
}

function configureAll(setting: u32, value: u32): bool {
  const all = globals();
  switch (setting) {
    case READOUT_SETTING_TONE_FREQUENCY:
      if (!isWithin(value, -FREQUENCY_MOST, FREQUENCY_MOST)) return false;
      all.toneFrequency = <i32>value;
      return true;
    case READOUT_SETTING_TONE_AMPLITUDE:
      if (value > AMPLITUDE_MOST) return false;
      all.toneAmplitude = value;
      return true;
    case READOUT_SETTING_SCOPE_SEQUENCER:
      if (value > SEQUENCERS) return false;
      all.scopeSequencer = value;
      return true;
    case READOUT_SETTING_SCOPE_LENGTH:
      if (value - 1 >= READOUT_SCOPE_MAX) return false;
      all.scopeLength = value;
      return true;
    case READOUT_SETTING_LENGTH:
      if (value < WINDOW_LEAST || value > READOUT_WINDOW_MAX) return false;
      all.measureLength = value;
      return true;
    default:
      return false;
  }
}

/** A setting as it was set last; 0 where there is none such. */
export function settingOf(setting: u32, index: u32): u32 {
  assert(READOUT_SETTING_PHASE < READOUT_SETTING_TOGETHER, 'settings of channels, then those of lines');
  if (setting > READOUT_SETTING_TOGETHER) return index == 0 ? settingOfAll(setting) : 0;
  if (setting > READOUT_SETTING_PHASE) return index < READOUT_LINES ? settingOfLine(setting, index) : 0;
  if (index >= READOUT_CHANNELS) return 0;
  const channel = channelAt(index);
  assert(channel.phase < TURN, 'it was checked when it was set');
  return setting == READOUT_SETTING_PHASE ? channel.phase : channel.frequency;
}

function settingOfLine(setting: u32, index: u32): u32 {
  const line = lineAt(index);
  assert(line.matrixII != 0 && line.matrixQQ != 0, 'no correction takes a signal away');
  switch (setting) {
    case READOUT_SETTING_OFFSET_I:
      return line.offsetI;
    case READOUT_SETTING_OFFSET_Q:
      return line.offsetQ;
    case READOUT_SETTING_MATRIX_II:
      return line.matrixII;
    case READOUT_SETTING_MATRIX_IQ:
      return line.matrixIQ;
    case READOUT_SETTING_MATRIX_QI:
      return line.matrixQI;
    case READOUT_SETTING_MATRIX_QQ:
      return line.matrixQQ;
    default:
      assert(setting == READOUT_SETTING_TOGETHER, 'a setting of a line');
      return line.together;
  }
}

function settingOfAll(setting: u32): u32 {
  const all = globals();
  assert(all.scopeLength != 0 && all.measureLength != 0, 'no length is zero');
  switch (setting) {
    case READOUT_SETTING_TONE_FREQUENCY:
      return all.toneFrequency;
    case READOUT_SETTING_TONE_AMPLITUDE:
      return all.toneAmplitude;
    case READOUT_SETTING_SCOPE_SEQUENCER:
      return all.scopeSequencer;
    case READOUT_SETTING_SCOPE_LENGTH:
      return all.scopeLength;
    case READOUT_SETTING_LENGTH:
      return all.measureLength;
    default:
      return 0;
  }
}

function isWithin(value: u32, least: i32, most: i32): bool {
  assert(least <= most, 'a range');
  return <i32>value >= least && <i32>value <= most;
}
