// Group ENUM: which groups this device answers, in the order of their registration.

import { fieldsOk, findField, readUnsigned } from '../cbor-fields';
import { CBOR_ARRAY, CBOR_UNSIGNED, cborArgument, cborCount, cborFirst, cborKind, cborSkip } from '../cbor-reader';
import {
  writeArrayStart,
  writeBooleanField,
  writeEnd,
  writeMapStart,
  writeText,
  writeTextField,
  writeUnsigned,
  writeUnsignedField,
} from '../cbor-writer';
import {
  ENUM_COUNT,
  ENUM_DETAILS,
  ENUM_ERR_INDEX_TOO_LARGE,
  ENUM_LIST,
  ENUM_SINGLE,
  GROUP_ENUM,
  MGMT_EINVAL,
  MGMT_ENOTSUP,
  SMP_OP_READ,
  SMP_OP_WRITE,
} from '../generated/constants';
import { groupAt, groupCount, registerGroup } from './groups';
import { openRequest } from './request';
import { STATUS_GROUP } from './status';

export function registerEnumeration(): void {
  assert(
    ENUM_COUNT < ENUM_DETAILS && ENUM_LIST < ENUM_DETAILS && ENUM_SINGLE < ENUM_DETAILS,
    'details is the last command',
  );
  registerGroup(GROUP_ENUM, 'enum mgmt', ENUM_DETAILS + 1, answerEnumeration);
}

function answerEnumeration(operation: u32, command: u32, step: u32): u32 {
  assert(step == 0, 'every answer here is given at once');
  assert(operation == SMP_OP_READ || operation == SMP_OP_WRITE, 'the server lets two operations through');
  if (operation != SMP_OP_READ) return MGMT_ENOTSUP;
  if (command == ENUM_COUNT) {
    writeUnsignedField('count', groupCount());
    return 0;
  }
  if (command == ENUM_LIST) return answerList();
  if (command == ENUM_SINGLE) return answerSingle();
  return command == ENUM_DETAILS ? answerDetails() : MGMT_ENOTSUP;
}

function answerList(): u32 {
  assert(groupCount() != 0, 'this group is one of the list');
  writeText('groups');
  writeArrayStart();
  for (let index: u32 = 0; index < groupCount(); index++) writeUnsigned(groupAt(index).number);
  writeEnd();
  return 0;
}

function answerSingle(): u32 {
  assert(groupCount() != 0, 'this group is one of the list');
  openRequest();
  const index = readUnsigned('index', 0);
  if (!fieldsOk()) return MGMT_EINVAL;
  if (index >= groupCount()) return STATUS_GROUP + ENUM_ERR_INDEX_TOO_LARGE;
  writeUnsignedField('group', groupAt(<u32>index).number);
  if (index == groupCount() - 1) writeBooleanField('end', true);
  return 0;
}

function answerDetails(): u32 {
  assert(groupCount() != 0, 'this group is one of the list');
  openRequest();
  const wanted = findField('groups');
  if (!fieldsOk() || (wanted != 0 && !isListOfGroups(wanted))) return MGMT_EINVAL;
  writeText('groups');
  writeArrayStart();
  for (let index: u32 = 0; index < groupCount(); index++) {
    const entry = groupAt(index);
    if (wanted != 0 && !lists(wanted, entry.number)) continue;
    writeMapStart();
    writeUnsignedField('group', entry.number);
    writeTextField('name', entry.name);
    writeUnsignedField('handlers', entry.commands);
    writeEnd();
  }
  writeEnd();
  return 0;
}

function isListOfGroups(item: usize): bool {
  if (cborKind(item) != CBOR_ARRAY) return false;
  assert(item != 0, 'a field that is there');
  let group = cborFirst(item);
  for (let left = cborCount(item); left > 0; left--, group = cborSkip(group)) {
    if (cborKind(group) != CBOR_UNSIGNED) return false;
  }
  return true;
}

function lists(item: usize, group: u32): bool {
  assert(cborKind(item) == CBOR_ARRAY, 'a list that was looked at');
  assert(group <= 0xffff, 'a group number has 16 bits');
  let listed = cborFirst(item);
  for (let left = cborCount(item); left > 0; left--, listed = cborSkip(listed)) {
    assert(cborKind(listed) == CBOR_UNSIGNED, 'whose entries are numbers');
    if (cborArgument(listed) == group) return true;
  }
  return false;
}
