// SMP group 68: which command is answered where, and the calibration record (protocol/smp/readout.ts).
//
// What must stay true: one upload at a time; a record that is refused leaves the one in force as it was; the last chunk is answered when flash
// holds the record, and not before.

import { fieldsOk, findBytes, readUnsigned } from '../../protocol/guest/cbor-fields';
import { writeBytes, writeText, writeUnsignedField } from '../../protocol/guest/cbor-writer';
import { crc32 } from '../../protocol/guest/crc32';
import { flashBusy } from '../../protocol/guest/flash-job';
import {
  CALIBRATION_PAYLOAD_MAX,
  GROUP_READOUT,
  MGMT_EBUSY,
  MGMT_EINVAL,
  MGMT_ENOTSUP,
  RO_ERR_CRC,
  RO_ERR_FIELD,
  RO_ERR_FLASH,
  RO_ERR_LENGTH,
  RO_ERR_NO_OFFSET,
  RO_ERR_STALE,
  ROCMD_CAPTURE,
  ROCMD_CHANNEL,
  ROCMD_CLAIM,
  ROCMD_CLEAR,
  ROCMD_CONFIGURE,
  ROCMD_COUNT,
  ROCMD_RECORD,
  ROCMD_SELF_TEST,
  ROCMD_STATE,
  SIGNAL_READOUT_RETURN,
  SMP_OP_READ,
  SMP_OP_WRITE,
} from '../../protocol/guest/generated/constants';
import { readFrontendAttenuation } from '../../protocol/guest/generated/registers';
import {
  beginChunks,
  CHUNK_LAST,
  CHUNK_REFUSED,
  CHUNKS_SIZE,
  chunksAt,
  takeChunk,
} from '../../protocol/guest/smp/chunks';
import { registerGroup } from '../../protocol/guest/smp/groups';
import { openRequest } from '../../protocol/guest/smp/request';
import { STATUS_DEFERRED, STATUS_GROUP } from '../../protocol/guest/smp/status';
import { NO_FAULT, refusedField } from '../calibration/payload';
import {
  calibrationCrc,
  calibrationLength,
  calibrationPayload,
  calibrationSequence,
  draftCalibration,
  draftIsInForce,
  startStore,
  storeBusy,
  storeFailed,
} from '../calibration/store';
import { unreadableChannels } from '../in-force/statement';
import { answerCapture, answerCaptured } from './readout-capture';
import { answerChannel, answerClear, answerConfigure, answerSetting } from './readout-channels';
import { answerClaim, answerClaimState } from './readout-claim';
import { answerSelfTest, answerTested } from './self-test';

const ABSENT: u64 = u64.MAX_VALUE;
const UNIT_MASK: u32 = 7;

const upload: usize = memory.data(<i32>CHUNKS_SIZE, 4);
const staged: usize = memory.data(<i32>CALIBRATION_PAYLOAD_MAX, 8);
// Of the upload under way.
let checksum: u32 = 0;
/** Sequence number of the record that it was made from, or ABSENT. */
let base: u64 = 0;
/** Where the last record that was refused is out of range. */
let faultPlace: u32 = 0xffffffff;

export function registerReadout(): void {
  assert(GROUP_READOUT >= 64, 'groups below 64 are not ours to give');
  assert(ROCMD_COUNT > ROCMD_STATE, 'every command is counted');
  assert(faultPlace == NO_FAULT && chunksAt(upload).total == 0, 'it is registered once, before anything is asked');
  registerGroup(GROUP_READOUT, 'readout', ROCMD_COUNT, answerReadout);
}

function answerReadout(operation: u32, command: u32, step: u32): u32 {
  assert(
    step == 0 || command == ROCMD_RECORD || command == ROCMD_CAPTURE,
    'only what is stored, or added up, takes several steps',
  );
  if (operation == SMP_OP_READ) return answerRead(command, step);
  assert(operation == SMP_OP_WRITE, 'the server passes on reads and writes only');
  switch (command) {
    case ROCMD_RECORD:
      return step == 0 ? answerUpload() : answerStored();
    case ROCMD_CONFIGURE:
      return answerConfigure();
    case ROCMD_CAPTURE:
      return answerCapture();
    case ROCMD_CLEAR:
      return answerClear();
    case ROCMD_CLAIM:
      return answerClaim();
    case ROCMD_SELF_TEST:
      return answerSelfTest();
    default:
      return MGMT_ENOTSUP;
  }
}

function answerRead(command: u32, step: u32): u32 {
  assert(step == 0 || command == ROCMD_CAPTURE, 'of what is read, only a capture takes several steps');
  assert(ROCMD_COUNT > ROCMD_SELF_TEST, 'every command is counted');
  switch (command) {
    case ROCMD_RECORD:
      return answerRecord();
    case ROCMD_STATE:
      return answerState();
    case ROCMD_CONFIGURE:
      return answerSetting();
    case ROCMD_CHANNEL:
      return answerChannel();
    case ROCMD_CAPTURE:
      return answerCaptured(step);
    case ROCMD_CLAIM:
      return answerClaimState();
    case ROCMD_SELF_TEST:
      return answerTested();
    default:
      return MGMT_ENOTSUP;
  }
}

function answerRecord(): u32 {
  openRequest();
  const offset = readUnsigned('off', 0);
  if (!fieldsOk()) return MGMT_EINVAL;
  const length = calibrationLength();
  if (offset > length) return STATUS_GROUP + RO_ERR_NO_OFFSET;
  assert(length <= CALIBRATION_PAYLOAD_MAX, 'a reply has room for the whole payload');
  assert(length == 0 || calibrationSequence() != 0, 'a payload is that of a record');
  writeUnsignedField('off', offset);
  writeUnsignedField('len', length);
  writeUnsignedField('seq', calibrationSequence());
  writeUnsignedField('crc', calibrationCrc());
  writeText('data');
  writeBytes(calibrationPayload() + <u32>offset, length - <u32>offset);
  return 0;
}

function answerState(): u32 {
  assert(faultPlace == NO_FAULT || faultPlace < CALIBRATION_PAYLOAD_MAX, 'a field of the payload');
  writeUnsignedField('seq', calibrationSequence());
  writeUnsignedField('place', faultPlace);
  writeUnsignedField('attenuation', readFrontendAttenuation(SIGNAL_READOUT_RETURN));
  writeUnsignedField('unreadable', unreadableChannels());
  return 0;
}

function answerUpload(): u32 {
  openRequest();
  const offset = readUnsigned('off', ABSENT);
  const length = readUnsigned('len', ABSENT);
  const crc = readUnsigned('crc', ABSENT);
  const madeFrom = readUnsigned('seq', ABSENT);
  const data = findBytes('data');
  if (!fieldsOk()) return MGMT_EINVAL;
  if (offset == ABSENT) return STATUS_GROUP + RO_ERR_NO_OFFSET;
  const chunks = chunksAt(upload);
  if (offset == 0) {
    if (length == 0 || length > CALIBRATION_PAYLOAD_MAX || (<u32>length & UNIT_MASK) != 0 || crc > u32.MAX_VALUE)
      return STATUS_GROUP + RO_ERR_LENGTH;
    beginChunks(chunks, <u32>length);
    checksum = <u32>crc;
    base = madeFrom;
  }
  assert(chunks.total == 0 || chunks.expected < chunks.total, 'an upload under way is not at its end');
  assert(chunks.total <= CALIBRATION_PAYLOAD_MAX, 'there is room for all of it');
  const outcome = takeChunk(chunks, offset, data, stageRecord);
  if (outcome == CHUNK_REFUSED) return STATUS_GROUP + RO_ERR_LENGTH;
  if (outcome == CHUNK_LAST) {
    const status = storeWhole(chunks.expected);
    if (status != 0) return status;
  }
  writeUnsignedField('off', chunks.expected);
  return 0;
}

function stageRecord(offset: u32, chunk: usize, length: u32): void {
  assert(length != 0, 'a piece has bytes');
  assert(offset < CALIBRATION_PAYLOAD_MAX && length <= CALIBRATION_PAYLOAD_MAX - offset, 'and a place');
  memory.copy(staged + offset, chunk, length);
}

/** Judges the whole record and starts to store it. */
function storeWhole(length: u32): u32 {
  assert(length != 0 && length <= CALIBRATION_PAYLOAD_MAX, 'the whole record has come');
  assert((length & UNIT_MASK) == 0, 'a record is whole units');
  if (crc32(0, staged, length) != checksum) return STATUS_GROUP + RO_ERR_CRC;
  if (storeBusy() || flashBusy()) return MGMT_EBUSY;
  const draft = draftCalibration();
  memory.fill(draft, 0, CALIBRATION_PAYLOAD_MAX);
  memory.copy(draft, staged, length);
  faultPlace = refusedField(draft);
  if (faultPlace != NO_FAULT) return STATUS_GROUP + RO_ERR_FIELD;
  // A client that asks a second time, because the answer was lost, gets the same answer.
  if (draftIsInForce(length)) return 0;
  if (base != ABSENT && base != calibrationSequence()) return STATUS_GROUP + RO_ERR_STALE;
  startStore(length);
  assert(storeBusy(), 'a store takes flash operations');
  return STATUS_DEFERRED;
}

function answerStored(): u32 {
  const length = chunksAt(upload).expected;
  assert(length != 0 && chunksAt(upload).total == 0, 'the whole record has come');
  if (storeBusy()) return STATUS_DEFERRED;
  if (storeFailed()) return STATUS_GROUP + RO_ERR_FLASH;
  assert(calibrationLength() == length, 'what is in force is what was sent');
  writeUnsignedField('off', length);
  return 0;
}
