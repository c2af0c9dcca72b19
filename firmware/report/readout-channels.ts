// Settings, figures and statistics of the readout over SMP (group 68, protocol/smp/readout.ts).
//
// What must stay true: what a client sets or reads is what is in force with the record: the record's corrections are brought to the readout before, and do not
// replace what the client has set afterwards. Ranges of values are the readout's own check.

import { fieldsOk, readUnsigned } from '../../protocol/guest/cbor-fields';
import { writeBytes, writeInteger, writeText, writeUnsignedField } from '../../protocol/guest/cbor-writer';
import {
  MGMT_EINVAL,
  READOUT_CHANNELS,
  READOUT_CLEAR_COUNTERS,
  READOUT_CLEAR_SCOPE,
  READOUT_CLEAR_STATISTICS,
  READOUT_COMMAND_CLEAR_SCOPE,
  READOUT_COMMAND_CLEAR_STATISTICS,
  READOUT_FIGURE_CLIPPED_I,
  READOUT_FIGURE_CLIPPED_Q,
  READOUT_FIGURE_MOMENTS_0,
  READOUT_FIGURE_MOMENTS_1,
  READOUT_FIGURE_PEAK_I,
  READOUT_FIGURE_PEAK_Q,
  READOUT_FIGURE_SETTINGS,
  READOUT_FIGURE_SUM_I_HIGH,
  READOUT_FIGURE_SUM_I_LOW,
  READOUT_FIGURE_SUM_Q_HIGH,
  READOUT_FIGURE_SUM_Q_LOW,
  READOUT_FIGURE_WINDOWS,
  READOUT_LINES,
  READOUT_MOMENT_END,
  READOUT_SETTING_LENGTH,
  READOUT_SETTING_PHASE,
  READOUT_SETTING_TOGETHER,
  READOUT_TONES,
  RO_ERR_INDEX,
  RO_ERR_SETTING,
  RO_ERR_VALUE,
} from '../../protocol/guest/generated/constants';
import { openRequest } from '../../protocol/guest/smp/request';
import { STATUS_GROUP } from '../../protocol/guest/smp/status';
import { NO_SNR, readoutSnr } from '../drive/fidelity';
import { driveInputs } from '../drive/inputs';
import { commandReadout, readoutFigure, readoutReleased, setReadout } from '../drive/readout';

const ABSENT: u64 = u64.MAX_VALUE;
const MOMENTS_SIZE: u32 = READOUT_MOMENT_END << 2;
const moments: usize = memory.data(<i32>MOMENTS_SIZE, 4);

/** Channels or lines that a setting has. */
function placesOf(setting: u32): u32 {
  assert(READOUT_SETTING_PHASE < READOUT_SETTING_TOGETHER, 'settings of channels, then those of lines');
  assert(READOUT_SETTING_TOGETHER < READOUT_SETTING_LENGTH, 'and then those of all');
  if (setting <= READOUT_SETTING_PHASE) return READOUT_CHANNELS;
  return setting <= READOUT_SETTING_TOGETHER ? READOUT_LINES : 1;
}

/** 0, or why there is no such setting. */
function settingFault(setting: u64, index: u64): u32 {
  assert(READOUT_LINES * READOUT_TONES == READOUT_CHANNELS, 'a channel is line * 8 + tone');
  if (setting > READOUT_SETTING_LENGTH) return STATUS_GROUP + RO_ERR_SETTING;
  const places = placesOf(<u32>setting);
  assert(places != 0, 'a setting is of something');
  return index >= places ? STATUS_GROUP + RO_ERR_INDEX : 0;
}

export function answerConfigure(): u32 {
  openRequest();
  const setting = readUnsigned('setting', ABSENT);
  const index = readUnsigned('index', 0);
  const value = readUnsigned('value', ABSENT);
  if (!fieldsOk() || setting == ABSENT || value == ABSENT) return MGMT_EINVAL;
  const fault = settingFault(setting, index);
  if (fault != 0) return fault;
  if (value > u32.MAX_VALUE) return STATUS_GROUP + RO_ERR_VALUE;
  driveInputs(true);
  assert(readoutReleased(), 'what is set now is not lost');
  const isSet = setReadout(<u32>setting, <u32>index, <u32>value);
  assert(!isSet || settingNow(<u32>setting, <u32>index) == <u32>value, 'what was set is in force');
  return isSet ? 0 : STATUS_GROUP + RO_ERR_VALUE;
}

export function answerSetting(): u32 {
  openRequest();
  const setting = readUnsigned('setting', ABSENT);
  const index = readUnsigned('index', 0);
  if (!fieldsOk() || setting == ABSENT) return MGMT_EINVAL;
  const fault = settingFault(setting, index);
  if (fault != 0) return fault;
  driveInputs(true);
  assert(readoutReleased(), 'there are settings once it is released');
  writeUnsignedField('value', settingNow(<u32>setting, <u32>index));
  return 0;
}

function settingNow(setting: u32, index: u32): u32 {
  assert(setting <= READOUT_SETTING_LENGTH && index < placesOf(setting), 'a setting that there is');
  return readoutFigure(READOUT_FIGURE_SETTINGS + setting, index);
}

export function answerChannel(): u32 {
  openRequest();
  const number = readUnsigned('channel', ABSENT);
  if (!fieldsOk() || number == ABSENT) return MGMT_EINVAL;
  if (number >= READOUT_CHANNELS) return STATUS_GROUP + RO_ERR_INDEX;
  driveInputs(true);
  const channel = <u32>number;
  const line = channel / READOUT_TONES;
  assert(line < READOUT_LINES, 'a channel that there is');
  writeText('i');
  writeInteger(wide(channel, READOUT_FIGURE_SUM_I_LOW, READOUT_FIGURE_SUM_I_HIGH));
  writeText('q');
  writeInteger(wide(channel, READOUT_FIGURE_SUM_Q_LOW, READOUT_FIGURE_SUM_Q_HIGH));
  writeUnsignedField('windows', readoutFigure(READOUT_FIGURE_WINDOWS, line));
  writeUnsignedField('clipi', readoutFigure(READOUT_FIGURE_CLIPPED_I, line));
  writeUnsignedField('clipq', readoutFigure(READOUT_FIGURE_CLIPPED_Q, line));
  writeUnsignedField('peaki', readoutFigure(READOUT_FIGURE_PEAK_I, line));
  writeUnsignedField('peakq', readoutFigure(READOUT_FIGURE_PEAK_Q, line));
  if (readoutSnr(channel) != NO_SNR) {
    writeText('snr');
    writeInteger(readoutSnr(channel));
  }
  writeText('zero');
  writeMoments(READOUT_FIGURE_MOMENTS_0, channel);
  writeText('one');
  writeMoments(READOUT_FIGURE_MOMENTS_1, channel);
  return 0;
}

function wide(channel: u32, low: u32, high: u32): i64 {
  assert(high == low + 1, 'two words of one figure');
  assert(channel < READOUT_CHANNELS, 'a channel that there is');
  return <i64>(((<u64>readoutFigure(high, channel)) << 32) | <u64>readoutFigure(low, channel));
}

function writeMoments(first: u32, channel: u32): void {
  assert(first == READOUT_FIGURE_MOMENTS_0 || first == READOUT_FIGURE_MOMENTS_1, 'statistics of one of two states');
  assert(channel < READOUT_CHANNELS, 'a channel that there is');
  for (let moment: u32 = 0; moment < READOUT_MOMENT_END; moment++)
    store<u32>(moments + (moment << 2), readoutFigure(first + moment, channel));
  writeBytes(moments, MOMENTS_SIZE);
}

export function answerClear(): u32 {
  openRequest();
  const what = readUnsigned('what', ABSENT);
  const line = readUnsigned('line', 0);
  if (!fieldsOk() || what > READOUT_CLEAR_SCOPE) return MGMT_EINVAL;
  if (line >= READOUT_LINES) return STATUS_GROUP + RO_ERR_INDEX;
  assert(READOUT_CLEAR_STATISTICS == 0 && READOUT_CLEAR_COUNTERS == 1, 'commands and what they clear have one order');
  const command = READOUT_COMMAND_CLEAR_STATISTICS + <u32>what;
  assert(command <= READOUT_COMMAND_CLEAR_SCOPE, 'a command that clears');
  const isDone = commandReadout(command, <u32>line);
  assert(isDone, 'a command and a line that there are');
  return 0;
}
