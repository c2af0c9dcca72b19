// Upload of a sequence: chunks in order into the staging area. When the last has come, the sequencer checks the whole.
//
//   off 0            a new upload, whatever was under way
//   off expected     taken; the reply says where the next begins
//   any other        dropped; the reply says what is expected, or 0 when nothing is under way
//
// What must stay true: one upload at a time; a sequence that is refused leaves the sequencer as it was.

import { fieldsOk, findBytes, readUnsigned } from '../../protocol/guest/cbor-fields';
import { cborContent, cborContentLength } from '../../protocol/guest/cbor-reader';
import { writeUnsignedField } from '../../protocol/guest/cbor-writer';
import { copyToBus } from '../../protocol/guest/dma';
import {
  EVENT_SEQUENCER_LOADED,
  MGMT_EINVAL,
  SEQ_ERR_BINS,
  SEQ_ERR_BUSY,
  SEQ_ERR_CRC,
  SEQ_ERR_HEADER,
  SEQ_ERR_INSTRUCTION,
  SEQ_ERR_LENGTH,
  SEQ_ERR_MIXED,
  SEQ_ERR_NO_OFFSET,
  SEQ_ERR_NO_SEQUENCER,
  SEQ_ERR_ROW,
  SEQ_ERR_SIZE,
  SEQ_ERR_UNKNOWN,
  SEQUENCER_LOAD_BINS,
  SEQUENCER_LOAD_CRC,
  SEQUENCER_LOAD_GOOD,
  SEQUENCER_LOAD_HEADER,
  SEQUENCER_LOAD_INSTRUCTION,
  SEQUENCER_LOAD_MIXED,
  SEQUENCER_LOAD_ROW,
  SEQUENCER_LOAD_RUNNING,
  SEQUENCER_LOAD_SIZE,
} from '../../protocol/guest/generated/constants';
import {
  readSequencerBusy,
  readSequencerResult,
  SEQUENCER_STAGE_DATA,
  SEQUENCER_STAGE_DATA_COUNT,
  SEQUENCER_STAGE_OFFSET_OFFSET,
  writeSequencerLoad,
  writeSequencerLoadCrc,
  writeSequencerLoadLength,
  writeSequencerStageOffset,
} from '../../protocol/guest/generated/registers';
import { recordEvent } from '../../protocol/guest/record-event';
import { openRequest } from '../../protocol/guest/smp/request';
import { STATUS_GROUP } from '../../protocol/guest/smp/status';
import { releaseSequencers, SEQUENCER_COUNT } from './sequencers';

const ABSENT: u64 = u64.MAX_VALUE;
/** What a sequence with every part as large as it may be takes; the staging area is a little larger. */
const LENGTH_MAX: u64 = 0x7_0000;
const WORD_MASK: u32 = 3;

// The upload under way: none while `total` is 0.
let sequencer: u32 = 0;
let total: u32 = 0;
let expected: u32 = 0;
let checksum: u32 = 0;

export function answerSequenceUpload(): u32 {
  openRequest();
  const number = readUnsigned('seq', 0);
  const offset = readUnsigned('off', ABSENT);
  const length = readUnsigned('len', ABSENT);
  const crc = readUnsigned('crc', ABSENT);
  const data = findBytes('data');
  if (!fieldsOk()) return MGMT_EINVAL;
  if (number >= SEQUENCER_COUNT) return STATUS_GROUP + SEQ_ERR_NO_SEQUENCER;
  if (offset == ABSENT) return STATUS_GROUP + SEQ_ERR_NO_OFFSET;
  if (offset == 0) {
    if (length == ABSENT || length == 0 || length > LENGTH_MAX || crc > u32.MAX_VALUE)
      return STATUS_GROUP + SEQ_ERR_LENGTH;
    const status = begin(<u32>number, <u32>length, <u32>crc);
    if (status != 0) return status;
  }
  assert(expected <= total || total == 0, 'an upload takes no more than it said');
  if (offset == expected && number == sequencer && total != 0 && data != 0) {
    const status = take(cborContent(data), cborContentLength(data));
    if (status != 0) return status;
  }
  writeUnsignedField('off', expected);
  return 0;
}

function begin(number: u32, length: u32, crc: u32): u32 {
  assert(number < SEQUENCER_COUNT, 'a sequencer that there is');
  assert(length != 0 && <u64>length <= LENGTH_MAX, 'a length that the staging area holds');
  releaseSequencers();
  if ((readSequencerBusy() & (1 << number)) != 0) return STATUS_GROUP + SEQ_ERR_BUSY;
  assert(<u64>length <= <u64>SEQUENCER_STAGE_OFFSET_OFFSET + 1, 'every offset of it has a place in its register');
  sequencer = number;
  total = length;
  expected = 0;
  checksum = crc;
  return 0;
}

function take(chunk: usize, length: u32): u32 {
  assert(total != 0 && expected < total, 'an upload is under way, and not at its end');
  assert((expected & WORD_MASK) == 0, 'what was taken is whole words');
  if ((length & WORD_MASK) != 0 || length > total - expected) {
    total = 0;
    return STATUS_GROUP + SEQ_ERR_LENGTH;
  }
  const window = SEQUENCER_STAGE_DATA_COUNT << 2;
  for (let done: u32 = 0; done < length; done += window) {
    assert(expected + done <= SEQUENCER_STAGE_OFFSET_OFFSET, 'an offset that its register holds');
    writeSequencerStageOffset(expected + done);
    copyToBus(SEQUENCER_STAGE_DATA, chunk + done, min<u32>(window, length - done));
  }
  expected += length;
  assert(expected <= total, 'an upload takes no more than it said');
  return expected == total ? loadWhole() : 0;
}

function loadWhole(): u32 {
  assert(total != 0 && expected == total, 'the whole sequence is staged');
  assert(sequencer < SEQUENCER_COUNT, 'a sequencer that there is');
  writeSequencerLoadLength(total);
  writeSequencerLoadCrc(checksum);
  writeSequencerLoad(sequencer);
  total = 0;
  assert((expected & WORD_MASK) == 0, 'a sequence is whole words');
  const outcome = readSequencerResult();
  if (outcome != SEQUENCER_LOAD_GOOD) return STATUS_GROUP + refusal(outcome);
  recordEvent(EVENT_SEQUENCER_LOADED, sequencer, expected);
  return 0;
}

function refusal(outcome: u32): u32 {
  assert(outcome != SEQUENCER_LOAD_GOOD, 'a sequence that was taken is not refused');
  switch (outcome) {
    case SEQUENCER_LOAD_RUNNING:
      return SEQ_ERR_BUSY;
    case SEQUENCER_LOAD_SIZE:
      return SEQ_ERR_SIZE;
    case SEQUENCER_LOAD_CRC:
      return SEQ_ERR_CRC;
    case SEQUENCER_LOAD_HEADER:
      return SEQ_ERR_HEADER;
    case SEQUENCER_LOAD_INSTRUCTION:
      return SEQ_ERR_INSTRUCTION;
    case SEQUENCER_LOAD_ROW:
      return SEQ_ERR_ROW;
    case SEQUENCER_LOAD_BINS:
      return SEQ_ERR_BINS;
    case SEQUENCER_LOAD_MIXED:
      return SEQ_ERR_MIXED;
    default:
      return SEQ_ERR_UNKNOWN;
  }
}
