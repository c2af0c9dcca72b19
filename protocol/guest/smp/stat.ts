// Group STAT: named groups of counters. A guest lists its counters at start; they are read where they are.
//
//   set       0 name (literal)   4 first counter   8 how many
//   counter   0 name (literal)   4 where its u32 is

import { fieldsOk, findText } from '../cbor-fields';
import { cborContent, cborContentLength } from '../cbor-reader';
import {
  writeArrayStart,
  writeEnd,
  writeMapStart,
  writeText,
  writeTextField,
  writeUnsignedField,
} from '../cbor-writer';
import {
  GROUP_STAT,
  MGMT_EINVAL,
  MGMT_ENOTSUP,
  SMP_OP_READ,
  STAT_ERR_INVALID_STAT_NAME,
  STAT_LIST,
  STAT_READ,
} from '../generated/constants';
import { equalsLiteral } from '../literal';
import { registerGroup } from './groups';
import { openRequest } from './request';
import { STATUS_GROUP } from './status';

const SETS_MAX: u32 = 8;
const COUNTERS_MAX: u32 = 64;
const SET_SIZE: u32 = 12;
const COUNTER_SIZE: u32 = 8;
const sets: usize = memory.data(<i32>(SETS_MAX * SET_SIZE), 4);
const counters: usize = memory.data(<i32>(COUNTERS_MAX * COUNTER_SIZE), 4);
let setCount: u32 = 0;
let counterCount: u32 = 0;

export function registerStat(): void {
  registerGroup(GROUP_STAT, 'stat mgmt', STAT_LIST + 1, answerStat);
}

/** Opens a named set; the counters added from here on belong to it. */
export function addStatistics(name: string): void {
  assert(setCount < SETS_MAX, 'room for every set');
  const set = sets + setCount++ * SET_SIZE;
  store<u32>(set, changetype<u32>(name));
  store<u32>(set, counterCount, 4);
  store<u32>(set, 0, 8);
}

/** Adds a counter, a u32 at `address`, to the set that was opened last. */
export function addCounter(name: string, address: usize): void {
  assert(setCount > 0 && counterCount < COUNTERS_MAX, 'a set to belong to, and room');
  const set = sets + (setCount - 1) * SET_SIZE;
  const counter = counters + counterCount++ * COUNTER_SIZE;
  store<u32>(counter, changetype<u32>(name));
  store<u32>(counter, <u32>address, 4);
  store<u32>(set, load<u32>(set, 8) + 1, 8);
}

function setName(set: usize): string {
  return changetype<string>(<usize>load<u32>(set));
}

function answerStat(operation: u32, command: u32, _step: u32): u32 {
  if (operation != SMP_OP_READ) return MGMT_ENOTSUP;
  if (command == STAT_READ) return answerRead();
  return command == STAT_LIST ? answerList() : MGMT_ENOTSUP;
}

function answerRead(): u32 {
  openRequest();
  const name = findText('name');
  if (!fieldsOk()) return MGMT_EINVAL;
  const set: usize = name == 0 ? 0 : findSet(cborContent(name), cborContentLength(name));
  if (set == 0) return STATUS_GROUP + STAT_ERR_INVALID_STAT_NAME;
  writeTextField('name', setName(set));
  writeText('fields');
  writeMapStart();
  const first = load<u32>(set, 4);
  const count = load<u32>(set, 8);
  for (let index: u32 = first; index < first + count; index++) {
    const counter = counters + index * COUNTER_SIZE;
    writeUnsignedField(changetype<string>(<usize>load<u32>(counter)), load<u32>(<usize>load<u32>(counter, 4)));
  }
  writeEnd();
  return 0;
}

function findSet(pointer: usize, length: u32): usize {
  for (let index: u32 = 0; index < setCount; index++) {
    const set = sets + index * SET_SIZE;
    if (equalsLiteral(pointer, length, setName(set))) return set;
  }
  return 0;
}

function answerList(): u32 {
  writeText('stat_list');
  writeArrayStart();
  for (let index: u32 = 0; index < setCount; index++) writeText(setName(sets + index * SET_SIZE));
  writeEnd();
  return 0;
}
