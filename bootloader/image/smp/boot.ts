// Group BOOT: the boot log, the boot record, the last fault, what the fuses say. protocol/smp/boot.ts has the bodies.

import { fieldsOk, readUnsigned } from '../../../protocol/guest/cbor-fields';
import {
  writeArrayStart,
  writeBooleanField,
  writeBytes,
  writeEnd,
  writeMapStart,
  writeText,
  writeTextBytes,
  writeUnsignedField,
} from '../../../protocol/guest/cbor-writer';
import { copyFromBus } from '../../../protocol/guest/dma';
import { purposesOf, revokedKeys, validKeys } from '../../../protocol/guest/fuse-read';
import {
  BOOT_ERR_NO_RECORD,
  BOOT_FAULT,
  BOOT_LOG,
  BOOT_RECORD,
  BOOT_TOKEN,
  BOOT_TRUST,
  FUSE_BOARD_ID,
  FUSE_KEY_COUNT,
  FUSE_LIFECYCLE,
  FUSE_SERIAL,
  GROUP_BOOT,
  HANDOVER_BOOT_RECORD,
  HANDOVER_BOOT_RECORD_SIZE,
  HANDOVER_BOOT_RECORD_SIZE_MAX,
  HANDOVER_MAGIC,
  HANDOVER_MAGIC_VALUE,
  MGMT_EINVAL,
  MGMT_ENOTSUP,
  SMP_OP_READ,
  SMP_OP_WRITE,
} from '../../../protocol/guest/generated/constants';
import {
  FUSES_WORD,
  RESET_FAULT_FUNCTION,
  RESET_FAULT_FUNCTION_COUNT,
  RESET_MAILBOX,
  RESET_MAILBOX_COUNT,
  readFusesWord,
  readResetFaultAddress,
  readResetFaultCause,
  readResetFaultCount,
  readResetFaultCycleHigh,
  readResetFaultCycleLow,
  readResetMailbox,
} from '../../../protocol/guest/generated/registers';
import { registerGroup } from '../../../protocol/guest/smp/groups';
import { openRequest, requestIsEmpty } from '../../../protocol/guest/smp/request';
import { STATUS_GROUP } from '../../../protocol/guest/smp/status';
import { cellsLeft, securityCounter } from '../security-counter';
import { answerBootLog } from './boot-log';
import { answerToken } from './boot-token';

const SERIAL_SIZE: u32 = 16;
/** Room for a boot record; the name of a function and a serial number are shorter. */
const bytes: usize = memory.data(<i32>HANDOVER_BOOT_RECORD_SIZE_MAX, 4);

export function registerBoot(): void {
  assert(BOOT_LOG < BOOT_TOKEN && BOOT_TRUST < BOOT_TOKEN, 'token is the last command');
  registerGroup(GROUP_BOOT, 'boot mgmt', BOOT_TOKEN + 1, answerBoot);
}

function answerBoot(operation: u32, command: u32, step: u32): u32 {
  assert(operation == SMP_OP_READ || operation == SMP_OP_WRITE, 'the server lets two operations through');
  assert(step == 0 || command == BOOT_TOKEN, 'every other answer is given at once');
  if (operation != SMP_OP_READ) return command == BOOT_TOKEN ? answerToken(step) : MGMT_ENOTSUP;
  if (command == BOOT_LOG) return answerLog();
  if (command == BOOT_RECORD) return answerRecord();
  if (command == BOOT_FAULT) return answerFault();
  return command == BOOT_TRUST ? answerTrust() : MGMT_ENOTSUP;
}

function answerLog(): u32 {
  let from: u64 = u64.MAX_VALUE;
  let count: u64 = u64.MAX_VALUE;
  if (!requestIsEmpty()) {
    openRequest();
    from = readUnsigned('from', u64.MAX_VALUE);
    count = readUnsigned('count', u64.MAX_VALUE);
    if (!fieldsOk()) return MGMT_EINVAL;
  }
  answerBootLog(from, count);
  return 0;
}

function answerRecord(): u32 {
  if (readResetMailbox(HANDOVER_MAGIC) != HANDOVER_MAGIC_VALUE) return STATUS_GROUP + BOOT_ERR_NO_RECORD;
  const size = min<u32>(readResetMailbox(HANDOVER_BOOT_RECORD_SIZE), HANDOVER_BOOT_RECORD_SIZE_MAX);
  assert(
    HANDOVER_BOOT_RECORD + (HANDOVER_BOOT_RECORD_SIZE_MAX >> 2) <= RESET_MAILBOX_COUNT,
    'the record is in the mailbox',
  );
  copyFromBus(bytes, RESET_MAILBOX + (HANDOVER_BOOT_RECORD << 2), HANDOVER_BOOT_RECORD_SIZE_MAX);
  writeText('record');
  writeBytes(bytes, size);
  return 0;
}

function answerFault(): u32 {
  writeUnsignedField('count', readResetFaultCount());
  writeUnsignedField('cause', readResetFaultCause());
  writeUnsignedField('address', readResetFaultAddress());
  writeUnsignedField('cycle', ((<u64>readResetFaultCycleHigh()) << 32) | readResetFaultCycleLow());
  const room = RESET_FAULT_FUNCTION_COUNT << 2;
  assert(room <= HANDOVER_BOOT_RECORD_SIZE_MAX, 'a name fits');
  copyFromBus(bytes, RESET_FAULT_FUNCTION, room);
  let length: u32 = 0;
  while (length < room && load<u8>(bytes + length) != 0) length++;
  assert(length <= room, 'a name ends in its room');
  writeText('function');
  writeTextBytes(bytes, length);
  return 0;
}

function answerTrust(): u32 {
  assert(SERIAL_SIZE <= HANDOVER_BOOT_RECORD_SIZE_MAX, 'a serial number fits');
  assert(FUSE_KEY_COUNT <= 32, 'each key has a bit');
  copyFromBus(bytes, FUSES_WORD + (FUSE_SERIAL << 2), SERIAL_SIZE);
  writeText('serial');
  writeBytes(bytes, SERIAL_SIZE);
  writeUnsignedField('board', readFusesWord(FUSE_BOARD_ID));
  writeUnsignedField('lifecycle', readFusesWord(FUSE_LIFECYCLE));
  writeUnsignedField('counter', securityCounter());
  writeUnsignedField('cells', cellsLeft());
  writeText('keys');
  writeArrayStart();
  for (let key: u32 = 0; key < FUSE_KEY_COUNT; key++) {
    if (((validKeys() >> key) & 1) == 0) continue;
    writeMapStart();
    writeUnsignedField('key', key);
    writeUnsignedField('purposes', purposesOf(1 << key));
    writeBooleanField('revoked', ((revokedKeys() >> key) & 1) != 0);
    writeEnd();
  }
  writeEnd();
  return 0;
}
