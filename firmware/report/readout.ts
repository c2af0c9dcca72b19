// SMP group 68: the readout and the calibration record (protocol/smp/readout.ts).
//
// What must stay true: one upload at a time; a record that is refused leaves the one in force as it was; the last chunk is answered when flash
// holds the record, and not before.

import { fieldsOk, findBytes, readUnsigned } from '../../protocol/guest/cbor-fields';
import { cborContent, cborContentLength } from '../../protocol/guest/cbor-reader';
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
  ROCMD_COUNT,
  ROCMD_RECORD,
  ROCMD_STATE,
  SMP_OP_READ,
  SMP_OP_WRITE,
} from '../../protocol/guest/generated/constants';
import { registerGroup } from '../../protocol/guest/smp/groups';
import { openRequest } from '../../protocol/guest/smp/request';
import { STATUS_DEFERRED, STATUS_GROUP } from '../../protocol/guest/smp/status';
import { NO_FAULT, payloadFault } from '../calibration/payload';
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

const ABSENT: u64 = u64.MAX_VALUE;
const WORD_MASK: u32 = 3;
const UNIT_MASK: u32 = 7;

const upload: usize = memory.data(<i32>CALIBRATION_PAYLOAD_MAX, 8);
// The upload under way: none while `total` is 0.
let total: u32 = 0;
let expected: u32 = 0;
let checksum: u32 = 0;
/** Sequence number of the record that it was made from, or ABSENT. */
let base: u64 = 0;
/** Where the last record that was refused is out of range. */
let faultPlace: u32 = 0xffffffff;

export function registerReadout(): void {
  assert(GROUP_READOUT >= 64, 'groups below 64 are not ours to give');
  assert(ROCMD_COUNT > ROCMD_STATE, 'every command is counted');
  assert(faultPlace == NO_FAULT && total == 0, 'it is registered once, before anything is asked');
  registerGroup(GROUP_READOUT, 'readout', ROCMD_COUNT, answerReadout);
}

function answerReadout(operation: u32, command: u32, step: u32): u32 {
  assert(step == 0 || command == ROCMD_RECORD, 'only a record that is being stored takes several steps');
  if (operation == SMP_OP_READ) {
    if (command == ROCMD_RECORD) return answerRecord();
    return command == ROCMD_STATE ? answerState() : MGMT_ENOTSUP;
  }
  assert(operation == SMP_OP_WRITE, 'the server passes on reads and writes only');
  if (command == ROCMD_RECORD) return step == 0 ? answerUpload() : answerStored();
  return MGMT_ENOTSUP;
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
  openRequest();
  if (!fieldsOk()) return MGMT_EINVAL;
  assert(faultPlace == NO_FAULT || faultPlace < CALIBRATION_PAYLOAD_MAX, 'a field of the payload');
  writeUnsignedField('seq', calibrationSequence());
  writeUnsignedField('place', faultPlace);
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
  if (offset == 0) {
    if (length == 0 || length > CALIBRATION_PAYLOAD_MAX || (<u32>length & UNIT_MASK) != 0 || crc > u32.MAX_VALUE)
      return STATUS_GROUP + RO_ERR_LENGTH;
    total = <u32>length;
    expected = 0;
    checksum = <u32>crc;
    base = madeFrom;
  }
  assert(expected <= total || total == 0, 'an upload takes no more than it said');
  if (offset == expected && total != 0 && data != 0) {
    const status = take(cborContent(data), cborContentLength(data));
    if (status != 0) return status;
  }
  writeUnsignedField('off', expected);
  return 0;
}

function take(chunk: usize, length: u32): u32 {
  assert(total != 0 && expected < total, 'an upload is under way, and not at its end');
  assert(total <= CALIBRATION_PAYLOAD_MAX, 'there is room for all of it');
  if ((length & WORD_MASK) != 0 || length > total - expected) {
    total = 0;
    return STATUS_GROUP + RO_ERR_LENGTH;
  }
  if (length != 0) memory.copy(upload + expected, chunk, length);
  expected += length;
  assert(expected <= total, 'an upload takes no more than it said');
  return expected == total ? storeWhole() : 0;
}

/** Judges the whole record and starts to store it. */
function storeWhole(): u32 {
  assert(total != 0 && expected == total, 'the whole record has come');
  assert((total & UNIT_MASK) == 0, 'a record is whole units');
  const length = total;
  total = 0;
  if (crc32(0, upload, length) != checksum) return STATUS_GROUP + RO_ERR_CRC;
  if (storeBusy() || flashBusy()) return MGMT_EBUSY;
  const draft = draftCalibration();
  memory.fill(draft, 0, CALIBRATION_PAYLOAD_MAX);
  memory.copy(draft, upload, length);
  faultPlace = payloadFault(draft);
  if (faultPlace != NO_FAULT) return STATUS_GROUP + RO_ERR_FIELD;
  // Whoever asks a second time, because the answer was lost, has what he asked for.
  if (draftIsInForce(length)) return 0;
  if (base != ABSENT && base != calibrationSequence()) return STATUS_GROUP + RO_ERR_STALE;
  startStore(length);
  assert(storeBusy(), 'a store takes flash operations');
  return STATUS_DEFERRED;
}

function answerStored(): u32 {
  assert(total == 0 && expected != 0, 'the whole record has come');
  if (storeBusy()) return STATUS_DEFERRED;
  if (storeFailed()) return STATUS_GROUP + RO_ERR_FLASH;
  assert(calibrationLength() == expected, 'what is in force is what was sent');
  writeUnsignedField('off', expected);
  return 0;
}
