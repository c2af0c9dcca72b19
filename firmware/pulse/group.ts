// SMP group 64: the sequencers (protocol/smp/sequencer.ts). Upload has a file of its own.

import { fieldsOk, readUnsigned } from '../../protocol/guest/cbor-fields';
import { writeBytes, writeInteger, writeText, writeUnsignedField } from '../../protocol/guest/cbor-writer';
import { copyFromBus } from '../../protocol/guest/dma';
import {
  EVENT_SEQUENCER_STARTED,
  GROUP_SEQUENCER,
  MGMT_EINVAL,
  MGMT_ENOTSUP,
  SEQ_CLEAR,
  SEQ_CONFIGURE,
  SEQ_COUNT,
  SEQ_ERR_BUSY,
  SEQ_ERR_NO_BIN,
  SEQ_ERR_NO_SEQUENCER,
  SEQ_ERR_NOT_LOADED,
  SEQ_ERR_SETTING,
  SEQ_RESULTS,
  SEQ_RESULTS_MAX,
  SEQ_START,
  SEQ_STATE,
  SEQ_STOP,
  SEQ_UPLOAD,
  SEQUENCER_FIGURE_EXECUTED_HIGH,
  SEQUENCER_FIGURE_EXECUTED_LOW,
  SEQUENCER_FIGURE_FAULT_INDEX,
  SEQUENCER_FIGURE_FAULT_TIME_HIGH,
  SEQUENCER_FIGURE_FAULT_TIME_LOW,
  SEQUENCER_FIGURE_FLAGS,
  SEQUENCER_FIGURE_GAIN_STEPS,
  SEQUENCER_FIGURE_INSTRUCTIONS,
  SEQUENCER_FIGURE_LEAST_SLACK,
  SEQUENCER_FIGURE_STATE,
  SEQUENCER_FIGURE_TIME_HIGH,
  SEQUENCER_FIGURE_TIME_LOW,
  SEQUENCER_FIGURE_WAITING,
  SEQUENCER_SETTING_CORRECTION_CROSS,
  SEQUENCER_STATE_STOPPED,
  SMP_OP_READ,
  SMP_OP_WRITE,
} from '../../protocol/guest/generated/constants';
import {
  ACQUISITION_BIN_BIN,
  ACQUISITION_RESULT,
  ACQUISITION_SELECT_ACQUISITION,
  ACQUISITION_SELECT_ACQUISITION_SHIFT,
  readAcquisitionBins,
  readSequencerBusy,
  readSequencerResult,
  writeAcquisitionBin,
  writeAcquisitionClear,
  writeAcquisitionSelect,
  writeSequencerArm,
  writeSequencerStart,
  writeSequencerStop,
  writeSequencerValue,
} from '../../protocol/guest/generated/registers';
import { recordEvent } from '../../protocol/guest/record-event';
import { registerGroup } from '../../protocol/guest/smp/groups';
import { openRequest } from '../../protocol/guest/smp/request';
import { STATUS_GROUP } from '../../protocol/guest/smp/status';
import { correctSequencers, noteSetting } from './corrections';
import { releaseSequencers } from './release';
import { SEQUENCER_COUNT, selectItem, sequencerFigure, sequencersReleased } from './sequencers';
import { answerSequenceUpload } from './upload';

const ABSENT: u64 = u64.MAX_VALUE;
const ALL: u64 = (1 << SEQUENCER_COUNT) - 1;
const ACQUISITIONS: u32 = 32;
const BIN_SIZE: u32 = 24;
const results: usize = memory.data(<i32>(SEQ_RESULTS_MAX * BIN_SIZE), 8);

export function registerSequencers(): void {
  assert(SEQ_COUNT > SEQ_UPLOAD && SEQ_COUNT > SEQ_RESULTS, 'every command is counted');
  registerGroup(GROUP_SEQUENCER, 'sequencer mgmt', SEQ_COUNT, answerSequencers);
}

function answerSequencers(operation: u32, command: u32, step: u32): u32 {
  assert(step == 0, 'every answer here is given at once');
  if (operation == SMP_OP_READ) {
    if (command == SEQ_STATE) return answerState();
    return command == SEQ_RESULTS ? answerResults() : MGMT_ENOTSUP;
  }
  assert(operation == SMP_OP_WRITE, 'the server passes on reads and writes only');
  switch (command) {
    case SEQ_UPLOAD:
      return answerSequenceUpload();
    case SEQ_CONFIGURE:
      return answerConfigure();
    case SEQ_START:
      return answerStart();
    case SEQ_STOP:
      return answerStop();
    case SEQ_CLEAR:
      return answerClear();
    default:
      return MGMT_ENOTSUP;
  }
}

function answerConfigure(): u32 {
  openRequest();
  const sequencer = readUnsigned('seq', 0);
  const setting = readUnsigned('setting', ABSENT);
  const value = readUnsigned('value', ABSENT);
  const index = readUnsigned('index', 0);
  if (!fieldsOk() || setting > u8.MAX_VALUE || value > u32.MAX_VALUE || index > u16.MAX_VALUE) return MGMT_EINVAL;
  if (sequencer >= SEQUENCER_COUNT) return STATUS_GROUP + SEQ_ERR_NO_SEQUENCER;
  // From here on settings are the firmware's: they follow from the calibration record, the clock and the attenuation.
  if (setting >= SEQUENCER_SETTING_CORRECTION_CROSS) return STATUS_GROUP + SEQ_ERR_SETTING;
  releaseSequencers();
  if ((readSequencerBusy() & (1 << (<u32>sequencer))) != 0) return STATUS_GROUP + SEQ_ERR_BUSY;
  assert(setting != ABSENT && value != ABSENT, 'a setting and its value were sent');
  assert(sequencersReleased(), 'only a sequencer that is released takes a setting');
  selectItem(<u32>sequencer, <u32>setting, <u32>index);
  writeSequencerValue(<u32>value);
  if (readSequencerResult() != 0) return STATUS_GROUP + SEQ_ERR_SETTING;
  noteSetting(<u32>sequencer, <u32>setting, <u32>value);
  return 0;
}

function answerStart(): u32 {
  openRequest();
  const mask = readUnsigned('mask', 0);
  if (!fieldsOk() || mask == 0) return MGMT_EINVAL;
  if (mask > ALL) return STATUS_GROUP + SEQ_ERR_NO_SEQUENCER;
  releaseSequencers();
  if ((readSequencerBusy() & <u32>mask) != 0) return STATUS_GROUP + SEQ_ERR_BUSY;
  for (let sequencer: u32 = 0; sequencer < SEQUENCER_COUNT; sequencer++) {
    const starts = (<u32>mask & (1 << sequencer)) != 0;
    if (starts && sequencerFigure(sequencer, SEQUENCER_FIGURE_INSTRUCTIONS) == 0)
      return STATUS_GROUP + SEQ_ERR_NOT_LOADED;
  }
  assert((mask & ~ALL) == 0 && mask != 0, 'sequencers that there are, one at least');
  assert((readSequencerBusy() & <u32>mask) == 0, 'only a sequencer that is not busy is armed');
  correctSequencers();
  writeSequencerArm(<u32>mask);
  writeSequencerStart(<u32>mask);
  recordEvent(EVENT_SEQUENCER_STARTED, <u32>mask, 0);
  return 0;
}

function answerStop(): u32 {
  openRequest();
  const mask = readUnsigned('mask', 0);
  if (!fieldsOk() || mask == 0) return MGMT_EINVAL;
  if (mask > ALL) return STATUS_GROUP + SEQ_ERR_NO_SEQUENCER;
  releaseSequencers();
  assert((mask & ~ALL) == 0 && mask != 0, 'sequencers that there are, one at least');
  writeSequencerStop(<u32>mask);
  return 0;
}

function answerClear(): u32 {
  openRequest();
  const sequencer = readUnsigned('seq', 0);
  if (!fieldsOk()) return MGMT_EINVAL;
  if (sequencer >= SEQUENCER_COUNT) return STATUS_GROUP + SEQ_ERR_NO_SEQUENCER;
  releaseSequencers();
  assert(sequencer < SEQUENCER_COUNT, 'a sequencer that there is');
  writeAcquisitionClear(<u32>sequencer);
  return 0;
}

function answerState(): u32 {
  openRequest();
  const number = readUnsigned('seq', 0);
  if (!fieldsOk()) return MGMT_EINVAL;
  if (number >= SEQUENCER_COUNT) return STATUS_GROUP + SEQ_ERR_NO_SEQUENCER;
  const sequencer = <u32>number;
  releaseSequencers();
  const state = sequencerFigure(sequencer, SEQUENCER_FIGURE_STATE);
  assert(state <= SEQUENCER_STATE_STOPPED, 'a state of the table');
  assert(sequencersReleased(), 'only a sequencer that is released has a state');
  writeUnsignedField('state', state);
  writeUnsignedField('flags', sequencerFigure(sequencer, SEQUENCER_FIGURE_FLAGS));
  writeUnsignedField('time', wide(sequencer, SEQUENCER_FIGURE_TIME_LOW, SEQUENCER_FIGURE_TIME_HIGH));
  writeUnsignedField('executed', wide(sequencer, SEQUENCER_FIGURE_EXECUTED_LOW, SEQUENCER_FIGURE_EXECUTED_HIGH));
  writeText('slack');
  writeInteger(<i32>sequencerFigure(sequencer, SEQUENCER_FIGURE_LEAST_SLACK));
  writeUnsignedField('index', sequencerFigure(sequencer, SEQUENCER_FIGURE_FAULT_INDEX));
  writeUnsignedField('due', wide(sequencer, SEQUENCER_FIGURE_FAULT_TIME_LOW, SEQUENCER_FIGURE_FAULT_TIME_HIGH));
  writeUnsignedField('loaded', sequencerFigure(sequencer, SEQUENCER_FIGURE_INSTRUCTIONS));
  writeUnsignedField('waiting', sequencerFigure(sequencer, SEQUENCER_FIGURE_WAITING));
  writeUnsignedField('steps', sequencerFigure(sequencer, SEQUENCER_FIGURE_GAIN_STEPS));
  return 0;
}

function wide(sequencer: u32, low: u32, high: u32): u64 {
  assert(high == low + 1, 'two halves of one figure');
  assert(sequencer < SEQUENCER_COUNT, 'a sequencer that there is');
  return <u64>sequencerFigure(sequencer, low) | ((<u64>sequencerFigure(sequencer, high)) << 32);
}

function answerResults(): u32 {
  openRequest();
  const sequencer = readUnsigned('seq', 0);
  const acquisition = readUnsigned('acq', 0);
  const first = readUnsigned('bin', 0);
  const wanted = readUnsigned('count', SEQ_RESULTS_MAX);
  if (!fieldsOk() || acquisition >= ACQUISITIONS) return MGMT_EINVAL;
  if (sequencer >= SEQUENCER_COUNT) return STATUS_GROUP + SEQ_ERR_NO_SEQUENCER;
  releaseSequencers();
  assert(
    ACQUISITION_SELECT_ACQUISITION >> ACQUISITION_SELECT_ACQUISITION_SHIFT == ACQUISITIONS - 1,
    'every acquisition has a place in its register',
  );
  writeAcquisitionSelect(<u32>sequencer | ((<u32>acquisition) << ACQUISITION_SELECT_ACQUISITION_SHIFT));
  const bins = readAcquisitionBins();
  if (first >= bins) return STATUS_GROUP + SEQ_ERR_NO_BIN;
  const count = min<u32>(<u32>min<u64>(wanted, SEQ_RESULTS_MAX), bins - <u32>first);
  assert(count <= SEQ_RESULTS_MAX && <u32>first + count <= bins, 'bins that there are, and room for them');
  assert(bins - 1 <= ACQUISITION_BIN_BIN, 'a bin that its register can name');
  for (let bin: u32 = 0; bin < count; bin++) {
    writeAcquisitionBin(<u32>first + bin);
    copyFromBus(results + bin * BIN_SIZE, ACQUISITION_RESULT, BIN_SIZE);
  }
  writeUnsignedField('bins', bins);
  writeText('data');
  writeBytes(results, count * BIN_SIZE);
  return 0;
}
