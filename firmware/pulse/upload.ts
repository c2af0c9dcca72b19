// Upload of a sequence: chunks into the staging area (protocol/guest/smp/chunks.ts). When the last has come, the sequencer checks the whole.
//
// What must stay true: one upload at a time; a sequence that is refused leaves the sequencer as it was.

import { fieldsOk, findBytes, readUnsigned } from '../../protocol/guest/cbor-fields';
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
import {
  beginChunks,
  CHUNK_LAST,
  CHUNK_REFUSED,
  CHUNKS_SIZE,
  Chunks,
  chunksAt,
  takeChunk,
} from '../../protocol/guest/smp/chunks';
import { openRequest } from '../../protocol/guest/smp/request';
import { STATUS_GROUP } from '../../protocol/guest/smp/status';
import { releaseSequencers } from './release';
import { SEQUENCER_COUNT } from './sequencers';

const ABSENT: u64 = u64.MAX_VALUE;
/** Bytes of the largest sequence that there can be; the staging area is a little larger. */
const LENGTH_MAX: u64 = 0x7_0000;
const WORD_MASK: u64 = 3;

const upload: usize = memory.data(<i32>CHUNKS_SIZE, 4);
// Of the upload under way.
let sequencer: u32 = 0;
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
  const chunks = chunksAt(upload);
  if (offset == 0) {
    if (length == ABSENT || length == 0 || length > LENGTH_MAX || (length & WORD_MASK) != 0 || crc > u32.MAX_VALUE)
      return STATUS_GROUP + SEQ_ERR_LENGTH;
    const status = begin(chunks, <u32>number, <u32>length, <u32>crc);
    if (status != 0) return status;
  }
  assert((<u64>chunks.total & WORD_MASK) == 0 && chunks.total <= LENGTH_MAX, 'a sequence is whole words, and fits');
  assert(chunks.total == 0 || chunks.expected < chunks.total, 'an upload under way is not at its end');
  // Chunks for another sequencer than the one of this upload are dropped.
  switch (takeChunk(chunks, number == sequencer ? offset : ABSENT, data, stageSequence)) {
    case CHUNK_REFUSED:
      return STATUS_GROUP + SEQ_ERR_LENGTH;
    case CHUNK_LAST: {
      const status = loadWhole(chunks.expected);
      if (status != 0) return status;
      break;
    }
    default:
      break;
  }
  writeUnsignedField('off', chunks.expected);
  return 0;
}

function begin(chunks: Chunks, number: u32, length: u32, crc: u32): u32 {
  assert(number < SEQUENCER_COUNT, 'a sequencer that there is');
  assert(length != 0 && <u64>length <= LENGTH_MAX, 'a length that the staging area holds');
  releaseSequencers();
  if ((readSequencerBusy() & (1 << number)) != 0) return STATUS_GROUP + SEQ_ERR_BUSY;
  assert(<u64>length <= <u64>SEQUENCER_STAGE_OFFSET_OFFSET + 1, 'every offset of it has a place in its register');
  sequencer = number;
  checksum = crc;
  beginChunks(chunks, length);
  assert(chunks.total == length && chunks.expected == 0, 'an upload begins at its first byte');
  return 0;
}

function stageSequence(offset: u32, chunk: usize, length: u32): void {
  assert(offset <= SEQUENCER_STAGE_OFFSET_OFFSET, 'an offset that its register holds');
  assert(length <= SEQUENCER_STAGE_DATA_COUNT << 2, 'what the window shows');
  writeSequencerStageOffset(offset);
  copyToBus(SEQUENCER_STAGE_DATA, chunk, length);
}

function loadWhole(length: u32): u32 {
  assert(length != 0 && (<u64>length & WORD_MASK) == 0, 'a whole sequence is staged');
  assert(sequencer < SEQUENCER_COUNT, 'a sequencer that there is');
  writeSequencerLoadLength(length);
  writeSequencerLoadCrc(checksum);
  writeSequencerLoad(sequencer);
  const outcome = readSequencerResult();
  if (outcome != SEQUENCER_LOAD_GOOD) return STATUS_GROUP + refusal(outcome);
  recordEvent(EVENT_SEQUENCER_LOADED, sequencer, length);
  return 0;
}

function refusal(outcome: u32): u32 {
  assert(outcome != SEQUENCER_LOAD_GOOD, 'a sequence that was taken is not refused');
  assert(outcome <= SEQUENCER_LOAD_MIXED, 'an outcome of the table');
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
