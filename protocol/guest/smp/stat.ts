// Group STAT: named groups of counters. A guest lists its counters at start; they are read where they are.

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
  SMP_OP_WRITE,
  STAT_ERR_INVALID_STAT_NAME,
  STAT_LIST,
  STAT_READ,
} from '../generated/constants';
import { equalsLiteral } from '../literal';
import { isInRam } from '../ram';
import { registerGroup } from './groups';
import { openRequest } from './request';
import { STATUS_GROUP } from './status';

const SETS_MAX: u32 = 8;
const COUNTERS_MAX: u32 = 64;
const SET_SIZE: u32 = 12;
const COUNTER_SIZE: u32 = 8;

/** A named set of counters. They stand one behind the other in `counters`. */
@unmanaged
class StatisticsSet {
  name!: string;
  first: u32 = 0;
  count: u32 = 0;
}

@unmanaged
class Counter {
  name!: string;
  /** Where its u32 is. */
  address: u32 = 0;
}

const sets: usize = memory.data(<i32>(SETS_MAX * SET_SIZE), 4);
const counters: usize = memory.data(<i32>(COUNTERS_MAX * COUNTER_SIZE), 4);
let setCount: u32 = 0;
let counterCount: u32 = 0;

function setAt(index: u32): StatisticsSet {
  assert(index < setCount, 'a set that was opened');
  assert(offsetof<StatisticsSet>() <= SET_SIZE, 'a set fits its place');
  return changetype<StatisticsSet>(sets + <usize>(index * SET_SIZE));
}

function counterAt(index: u32): Counter {
  assert(index < counterCount, 'a counter that was added');
  assert(offsetof<Counter>() <= COUNTER_SIZE, 'a counter fits its place');
  return changetype<Counter>(counters + <usize>(index * COUNTER_SIZE));
}

export function registerStat(): void {
  assert(STAT_READ < STAT_LIST, 'the list is the last command');
  registerGroup(GROUP_STAT, 'stat mgmt', STAT_LIST + 1, answerStat);
}

/** Opens a named set; the counters added from here on belong to it. */
export function addStatistics(name: string): void {
  assert(setCount < SETS_MAX, 'room for every set');
  assert(name.length != 0, 'a set has a name');
  setCount++;
  const set = setAt(setCount - 1);
  set.name = name;
  set.first = counterCount;
  set.count = 0;
}

/** Adds a counter, a u32 at `address`, to the set that was opened last. */
export function addCounter(name: string, address: usize): void {
  assert(setCount > 0 && counterCount < COUNTERS_MAX, 'a set to belong to, and room');
  assert(name.length != 0, 'a counter has a name');
  assert((address & 3) == 0 && isInRam(address, 4), 'a counter is a word in memory');
  counterCount++;
  const counter = counterAt(counterCount - 1);
  counter.name = name;
  counter.address = <u32>address;
  const set = setAt(setCount - 1);
  set.count++;
  assert(set.first + set.count == counterCount, 'the counters of a set stand one behind the other');
}

function answerStat(operation: u32, command: u32, step: u32): u32 {
  assert(step == 0, 'every answer here is given at once');
  assert(operation == SMP_OP_READ || operation == SMP_OP_WRITE, 'the server lets two operations through');
  if (operation != SMP_OP_READ) return MGMT_ENOTSUP;
  if (command == STAT_READ) return answerRead();
  return command == STAT_LIST ? answerList() : MGMT_ENOTSUP;
}

function answerRead(): u32 {
  openRequest();
  const name = findText('name');
  if (!fieldsOk()) return MGMT_EINVAL;
  let set: StatisticsSet | null = null;
  if (name != 0) set = findSet(cborContent(name), cborContentLength(name));
  if (set == null) return STATUS_GROUP + STAT_ERR_INVALID_STAT_NAME;
  writeTextField('name', set.name);
  writeText('fields');
  writeMapStart();
  assert(set.first + set.count <= counterCount, 'a set has counters that there are');
  for (let index = set.first; index < set.first + set.count; index++) {
    const counter = counterAt(index);
    writeUnsignedField(counter.name, load<u32>(<usize>counter.address));
  }
  writeEnd();
  return 0;
}

function findSet(pointer: usize, length: u32): StatisticsSet | null {
  assert(setCount <= SETS_MAX, 'no more sets than there is room for');
  for (let index: u32 = 0; index < setCount; index++) {
    const set = setAt(index);
    if (equalsLiteral(pointer, length, set.name)) return set;
  }
  return null;
}

function answerList(): u32 {
  assert(setCount <= SETS_MAX, 'no more sets than there is room for');
  writeText('stat_list');
  writeArrayStart();
  for (let index: u32 = 0; index < setCount; index++) writeText(setAt(index).name);
  writeEnd();
  return 0;
}
