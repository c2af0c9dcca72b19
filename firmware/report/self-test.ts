// The self-test of a converter line over SMP (group 68, protocol/smp/readout.ts).
//
// What must stay true: it is refused while a sequencer plays into the line, because the test tone is switched onto the converter for it.

import { fieldsOk, readUnsigned } from '../../protocol/guest/cbor-fields';
import { writeUnsignedField } from '../../protocol/guest/cbor-writer';
import {
  MGMT_EBUSY,
  MGMT_EINVAL,
  READOUT_LINES,
  RO_ERR_CAPTURED,
  RO_ERR_INDEX,
  RO_ERR_PLAYED,
} from '../../protocol/guest/generated/constants';
import { openRequest } from '../../protocol/guest/smp/request';
import { STATUS_GROUP } from '../../protocol/guest/smp/status';
import { beginSelfTest, isScopeFree, isTested, readoutEnob, selfTestRuns } from '../drive/self-test';
import { playersOf } from '../pulse/corrections';

const ABSENT: u64 = u64.MAX_VALUE;

/** Starts the test of a line; 0, or the status that says why not. */
export function startSelfTest(line: u32): u32 {
  if (line >= READOUT_LINES) return STATUS_GROUP + RO_ERR_INDEX;
  if (selfTestRuns()) return MGMT_EBUSY;
  if (playersOf(line) != 0) return STATUS_GROUP + RO_ERR_PLAYED;
  if (!isScopeFree()) return STATUS_GROUP + RO_ERR_CAPTURED;
  assert(playersOf(line) == 0, 'no sequencer has started meanwhile');
  beginSelfTest(line);
  assert(selfTestRuns(), 'it takes some pieces');
  return 0;
}

export function answerSelfTest(): u32 {
  openRequest();
  const line = readUnsigned('line', ABSENT);
  if (!fieldsOk() || line == ABSENT) return MGMT_EINVAL;
  assert(READOUT_LINES < <u32>i32.MAX_VALUE, 'a line that is too large stays too large');
  return startSelfTest(<u32>min<u64>(line, READOUT_LINES));
}

export function answerTested(): u32 {
  openRequest();
  const line = readUnsigned('line', ABSENT);
  if (!fieldsOk() || line == ABSENT) return MGMT_EINVAL;
  if (line >= READOUT_LINES) return STATUS_GROUP + RO_ERR_INDEX;
  writeUnsignedField('running', selfTestRuns() ? 1 : 0);
  if (isTested(<u32>line)) writeUnsignedField('bits', readoutEnob(<u32>line));
  assert(READOUT_LINES != 0, 'there are lines to be tested');
  return 0;
}
