// Group OS: echo, task and memory statistics, reset, MCUmgr parameters, application and bootloader info.

import { fieldsOk, findText } from '../cbor-fields';
import { cborContent, cborContentLength } from '../cbor-reader';
import { writeInteger, writeText, writeTextBytes, writeTextField, writeUnsignedField } from '../cbor-writer';
import {
  GROUP_OS,
  MGMT_EINVAL,
  MGMT_ENOTSUP,
  OS_BOOTLOADER_INFO,
  OS_ECHO,
  OS_ERR_QUERY_YIELDS_NO_ANSWER,
  OS_INFO,
  OS_MPSTAT,
  OS_PARAMS,
  OS_RESET,
  OS_TASKSTAT,
  SMP_BUFFER_COUNT,
  SMP_BUFFER_SIZE,
  SMP_OP_READ,
  SMP_OP_WRITE,
} from '../generated/constants';
import { equalsLiteral } from '../literal';
import { FRAME_COUNT } from './frames';
import { registerGroup } from './groups';
import { answerInfo } from './os-info';
import { answerMemoryPools, answerTasks } from './os-statistics';
import { openRequest } from './request';
import { answerReset } from './reset';
import { STATUS_GROUP } from './status';

/** The bootloader's mode in MCUboot's numbers: images run in place, and one that is not confirmed is reverted. */
const MODE_DIRECT_XIP_REVERT: i32 = 5;

export function registerOs(): void {
  assert(OS_INFO < OS_BOOTLOADER_INFO && OS_PARAMS < OS_BOOTLOADER_INFO, 'bootloader info is the last command');
  registerGroup(GROUP_OS, 'os mgmt', OS_BOOTLOADER_INFO + 1, answerOs);
}

function answerOs(operation: u32, command: u32, step: u32): u32 {
  assert(step == 0, 'every answer here is given at once');
  if (command == OS_ECHO) return answerEcho();
  if (operation == SMP_OP_WRITE) return command == OS_RESET ? answerReset() : MGMT_ENOTSUP;
  assert(operation == SMP_OP_READ, 'the server lets two operations through');
  if (command == OS_TASKSTAT) return answerTasks();
  if (command == OS_MPSTAT) return answerMemoryPools();
  if (command == OS_PARAMS) return answerParameters();
  if (command == OS_INFO) return answerInfo();
  return command == OS_BOOTLOADER_INFO ? answerBootloaderInfo() : MGMT_ENOTSUP;
}

function answerEcho(): u32 {
  openRequest();
  const text = findText('d');
  if (!fieldsOk()) return MGMT_EINVAL;
  assert(text == 0 || cborContentLength(text) < SMP_BUFFER_SIZE, 'a text is shorter than its request');
  writeText('r');
  if (text == 0) writeText('');
  else writeTextBytes(cborContent(text), cborContentLength(text));
  return 0;
}

function answerParameters(): u32 {
  assert(SMP_BUFFER_COUNT < FRAME_COUNT, 'one buffer more than promised: a packet that never ends takes one');
  writeUnsignedField('buf_size', SMP_BUFFER_SIZE);
  writeUnsignedField('buf_count', SMP_BUFFER_COUNT);
  return 0;
}

function answerBootloaderInfo(): u32 {
  openRequest();
  const query = findText('query');
  if (!fieldsOk()) return MGMT_EINVAL;
  assert(query == 0 || cborContentLength(query) < SMP_BUFFER_SIZE, 'a text is shorter than its request');
  if (query == 0) {
    // The name of the bootloader whose images are booted here: clients refuse others.
    writeTextField('bootloader', 'MCUboot');
    return 0;
  }
  if (!equalsLiteral(cborContent(query), cborContentLength(query), 'mode')) {
    return STATUS_GROUP + OS_ERR_QUERY_YIELDS_NO_ANSWER;
  }
  writeText('mode');
  writeInteger(MODE_DIRECT_XIP_REVERT);
  return 0;
}
