// SMP group 69: telemetry records (protocol/smp/telemetry.ts).
//
// What must stay true: a read changes nothing that another read shows; a record is told whole or not at all.

import { fieldsOk, readUnsigned } from '../../protocol/guest/cbor-fields';
import {
  writeArrayStart,
  writeBooleanField,
  writeEnd,
  writeText,
  writeUnsigned,
  writeUnsignedField,
} from '../../protocol/guest/cbor-writer';
import {
  GROUP_TELEMETRY,
  MGMT_EINVAL,
  MGMT_ENOTSUP,
  SMP_BUFFER_SIZE,
  SMP_HEADER_SIZE,
  SMP_OP_READ,
  SMP_OP_WRITE,
  TEL_ERR_NOT_TOLD,
  TELCMD_COUNT,
  TELCMD_RECORDS,
  TELEMETRY_BODY_WORDS_MAX,
  TELEMETRY_SCHEMA_VERSION,
} from '../../protocol/guest/generated/constants';
import { registerGroup } from '../../protocol/guest/smp/groups';
import { openRequest } from '../../protocol/guest/smp/request';
import { STATUS_GROUP } from '../../protocol/guest/smp/status';
import { takeAllEntries } from './telemetry';
import { classOf, keptState, kindOf, shownBody, shownRecord, wordsOf } from './telemetry-blocks';
import { recordCount, recordsUpTo, showRecord } from './telemetry-places';
import { acknowledge, wasGiven } from './telemetry-ring';

const ABSENT: u64 = u64.MAX_VALUE;
/** Most bytes of a number, of a record without its body, and of everything in an answer that is no record. */
const WORD_SIZE: u32 = 5;
const RECORD_SIZE: u32 = 2 + 6 * WORD_SIZE;
const ANSWER_SIZE: u32 = 64;

export function registerTelemetry(): void {
  assert(GROUP_TELEMETRY >= 64, 'groups below 64 are not ours to give');
  assert(TELCMD_COUNT > TELCMD_RECORDS, 'every command is counted');
  assert(
    SMP_HEADER_SIZE + ANSWER_SIZE + RECORD_SIZE + TELEMETRY_BODY_WORDS_MAX * WORD_SIZE <= SMP_BUFFER_SIZE,
    'an answer has room for the longest record',
  );
  registerGroup(GROUP_TELEMETRY, 'telemetry', TELCMD_COUNT, answerTelemetry);
}

function answerTelemetry(operation: u32, command: u32, step: u32): u32 {
  assert(step == 0, 'every answer here is given at once');
  assert(operation == SMP_OP_READ || operation == SMP_OP_WRITE, 'the server passes on reads and writes only');
  return command == TELCMD_RECORDS ? answerRecords(operation == SMP_OP_WRITE) : MGMT_ENOTSUP;
}

function answerRecords(acknowledges: bool): u32 {
  openRequest();
  const boot = readUnsigned('boot', ABSENT);
  const sequence = readUnsigned('seq', ABSENT);
  const most = readUnsigned('max', 0);
  const isPlaced = boot <= u32.MAX_VALUE && sequence <= u32.MAX_VALUE;
  if (!fieldsOk() || most > u32.MAX_VALUE) return MGMT_EINVAL;
  if (!isPlaced && (acknowledges || boot != ABSENT || sequence != ABSENT)) return MGMT_EINVAL;
  takeAllEntries();
  if (acknowledges && !wasGiven(<u32>boot, <u32>sequence)) return STATUS_GROUP + TEL_ERR_NOT_TOLD;
  if (acknowledges) acknowledge(<u32>boot, <u32>sequence);
  const state = keptState();
  writeUnsignedField('schema', TELEMETRY_SCHEMA_VERSION);
  writeUnsignedField('boot', state.boot);
  writeUnsignedField('next', state.sequence);
  const first = isPlaced ? recordsUpTo(<u32>boot, <u32>sequence) : 0;
  writeText('records');
  const end = writeRecords(first, most == 0 ? u32.MAX_VALUE : <u32>most);
  assert(end <= recordCount(), 'records that are kept');
  writeBooleanField('more', end < recordCount());
  return 0;
}

/** Writes records from this index on, as many as fit, and returns the index behind the last one. */
function writeRecords(first: u32, most: u32): u32 {
  assert(first <= recordCount(), 'records that are kept');
  let room: u32 = SMP_BUFFER_SIZE - SMP_HEADER_SIZE - ANSWER_SIZE;
  let index = first;
  writeArrayStart();
  for (; index < recordCount() && index - first < most; index++) {
    showRecord(index);
    const size = RECORD_SIZE + wordsOf(shownRecord().meta) * WORD_SIZE;
    if (size > room) break;
    room -= size;
    writeRecord();
  }
  writeEnd();
  assert(index > first || most == 0 || index == recordCount(), 'an answer comes further');
  return index;
}

function writeRecord(): void {
  const record = shownRecord();
  writeArrayStart();
  writeUnsigned(kindOf(record.meta));
  writeUnsigned(classOf(record.meta));
  writeUnsigned(record.boot);
  writeUnsigned(record.sequence);
  writeUnsigned(record.timeLow);
  writeUnsigned(record.timeHigh);
  assert(wordsOf(record.meta) <= TELEMETRY_BODY_WORDS_MAX, 'a body that was counted');
  assert(wasGiven(record.boot, record.sequence), 'a record that was made');
  for (let word: u32 = 0; word < wordsOf(record.meta); word++) writeUnsigned(shownBody(word));
  writeEnd();
}
