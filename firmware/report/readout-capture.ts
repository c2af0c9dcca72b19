// Raw samples over SMP (group 68, protocol/smp/readout.ts): a capture of a line or of the test tone, and what was captured, in pieces.
//
// What must stay true: all samples are added up in pieces, so that no other work waits for it; when another capture comes between the pieces, the checksum is
// begun anew. A client that has all pieces knows by the checksum that they are of one capture.

import { fieldsOk, readUnsigned } from '../../protocol/guest/cbor-fields';
import { writeBytes, writeText, writeUnsignedField } from '../../protocol/guest/cbor-writer';
import { crc32 } from '../../protocol/guest/crc32';
import {
  MGMT_EINVAL,
  READOUT_COMMAND_CAPTURE_LINE,
  READOUT_COMMAND_CAPTURE_TONE,
  READOUT_FIGURE_SCOPE_CLIPPED,
  READOUT_FIGURE_SCOPE_COUNT,
  READOUT_FIGURE_SCOPE_LINE,
  READOUT_LINES,
  READOUT_SCOPE_MAX,
  READOUT_SETTING_SCOPE_LENGTH,
  RO_ERR_INDEX,
  RO_ERR_NO_OFFSET,
  RO_ERR_VALUE,
  ROCMD_CAPTURE_MAX,
} from '../../protocol/guest/generated/constants';
import { READOUT_SCOPE_DATA_COUNT } from '../../protocol/guest/generated/registers';
import { openRequest } from '../../protocol/guest/smp/request';
import { STATUS_AGAIN, STATUS_GROUP } from '../../protocol/guest/smp/status';
import { driveInputs } from '../drive/inputs';
import { commandReadout, copyScope, readoutFigure, setReadout } from '../drive/readout';

const ABSENT: u64 = u64.MAX_VALUE;
const TEST_TONE: u64 = 1;
const piece: usize = memory.data(<i32>(ROCMD_CAPTURE_MAX << 2), 8);
// Of the checksum under way: samples there are, those that are in it, and itself.
let count: u32 = 0;
let summed: u32 = 0;
let sum: u32 = 0;

export function answerCapture(): u32 {
  openRequest();
  const line = readUnsigned('line', 0);
  const source = readUnsigned('source', 0);
  const length = readUnsigned('length', ABSENT);
  if (!fieldsOk() || source > TEST_TONE) return MGMT_EINVAL;
  if (line >= READOUT_LINES) return STATUS_GROUP + RO_ERR_INDEX;
  if (length != ABSENT && length - 1 >= READOUT_SCOPE_MAX) return STATUS_GROUP + RO_ERR_VALUE;
  driveInputs(true);
  if (length != ABSENT) {
    const isSet = setReadout(READOUT_SETTING_SCOPE_LENGTH, 0, <u32>length);
    assert(isSet, 'the range here is that of the setting');
  }
  const command = source == TEST_TONE ? READOUT_COMMAND_CAPTURE_TONE : READOUT_COMMAND_CAPTURE_LINE;
  const isDone = commandReadout(command, <u32>line);
  assert(isDone && readoutFigure(READOUT_FIGURE_SCOPE_COUNT, 0) != 0, 'a capture is complete when it returns');
  writeUnsignedField('len', readoutFigure(READOUT_FIGURE_SCOPE_COUNT, 0));
  writeUnsignedField('clip', readoutFigure(READOUT_FIGURE_SCOPE_CLIPPED, 0));
  return 0;
}

export function answerCaptured(step: u32): u32 {
  openRequest();
  const offset = readUnsigned('off', 0);
  if (!fieldsOk()) return MGMT_EINVAL;
  if (step == 0) driveInputs(true);
  const captured = readoutFigure(READOUT_FIGURE_SCOPE_COUNT, 0);
  assert(captured <= READOUT_SCOPE_MAX, 'what the scope memory holds');
  if (offset > captured) return STATUS_GROUP + RO_ERR_NO_OFFSET;
  if (offset == 0) {
    if (step == 0 || captured != count) beginSum(captured);
    if (summed < count) {
      addPiece();
      return STATUS_AGAIN;
    }
    writeUnsignedField('crc', sum);
  }
  const length = min<u32>(ROCMD_CAPTURE_MAX, captured - <u32>offset);
  assert(<u32>offset + length <= captured, 'samples that were captured');
  copyPiece(<u32>offset, length);
  writeUnsignedField('off', offset);
  writeUnsignedField('len', captured);
  writeUnsignedField('line', readoutFigure(READOUT_FIGURE_SCOPE_LINE, 0));
  writeUnsignedField('clip', readoutFigure(READOUT_FIGURE_SCOPE_CLIPPED, 0));
  writeText('data');
  writeBytes(piece, length << 2);
  return 0;
}

function beginSum(captured: u32): void {
  assert(captured <= READOUT_SCOPE_MAX, 'what the scope memory holds');
  count = captured;
  summed = 0;
  sum = 0;
}

function addPiece(): void {
  assert(summed < count, 'there is something to be added');
  const length = min<u32>(ROCMD_CAPTURE_MAX, count - summed);
  copyPiece(summed, length);
  sum = crc32(sum, piece, length << 2);
  summed += length;
  assert(summed <= count, 'no more is added than there is');
}

function copyPiece(offset: u32, length: u32): void {
  assert(length <= ROCMD_CAPTURE_MAX, 'a piece has room for it');
  for (let done: u32 = 0; done < length; done += READOUT_SCOPE_DATA_COUNT)
    copyScope(offset + done, piece + (done << 2), min<u32>(READOUT_SCOPE_DATA_COUNT, length - done));
  assert(ROCMD_CAPTURE_MAX % READOUT_SCOPE_DATA_COUNT == 0, 'a piece is whole windows');
}
