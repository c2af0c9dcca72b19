// Which blocks hold the records that are kept, in the order of their numbers, and which blocks are free.
//
// This is in the core's RAM: a reset loses it, and it is made anew from the records. What must stay true: a block belongs to one record or is free;
// records stand in the order of (boot, sequence).

import { TELEMETRY_CLASS_BULK } from '../../protocol/guest/generated/constants';
import { BLOCKS, classOf, FIRST_BLOCK, lookAt, secondOf, Telemetry } from './telemetry-blocks';

/** Where a record is, and what it is found by. */
@unmanaged
export class Place {
  boot: u32 = 0;
  sequence: u32 = 0;
  block: u32 = 0;
  meta: u32 = 0;
}

const RECORDS_MOST: u32 = BLOCKS - FIRST_BLOCK;
const PLACE_SIZE: u32 = 16;

const places: usize = memory.data(<i32>(RECORDS_MOST * PLACE_SIZE), 4);
/** Numbers of free blocks, a byte each. */
const free: usize = memory.data(<i32>RECORDS_MOST);
/** By block, while places are made anew: 1 where a record uses it. */
const used: usize = memory.data(<i32>BLOCKS);
let count: u32 = 0;
let freeCount: u32 = 0;

/** Records that are kept. */
export function recordCount(): u32 {
  assert(count + freeCount <= RECORDS_MOST, 'a block is free or in use');
  return count;
}

export function freeBlocks(): u32 {
  assert(freeCount <= RECORDS_MOST, 'no block is free twice');
  return freeCount;
}

export function placeAt(index: u32): Place {
  assert(index < RECORDS_MOST, 'room for every record');
  assert(offsetof<Place>() == PLACE_SIZE, 'a place fits its room');
  return changetype<Place>(places + <usize>(index * PLACE_SIZE));
}

/** The record at an index below `recordCount`, oldest first, is `shownRecord` then. */
export function showRecord(index: u32): void {
  assert(index < count, 'a record that is kept');
  const isWhole = lookAt(placeAt(index).block);
  assert(isWhole, 'what is kept is whole');
}

/** How many records are numbered up to (boot, sequence). */
export function recordsUpTo(boot: u32, sequence: u32): u32 {
  let index: u32 = 0;
  while (index < count && !isBefore(boot, sequence, placeAt(index))) index++;
  assert(index <= count, 'no more than there are');
  assert(index == count || isBefore(boot, sequence, placeAt(index)), 'the next one is behind');
  return index;
}

function isBefore(boot: u32, sequence: u32, place: Place): bool {
  assert(place.block >= FIRST_BLOCK, 'the place of a record');
  return boot < place.boot || (boot == place.boot && sequence < place.sequence);
}

/** Behind all others. */
export function addLast(record: Telemetry, block: u32): void {
  assert(count == 0 || !isBefore(record.boot, record.sequence, placeAt(count - 1)), 'numbers grow');
  put(count, record, block);
}

/** A record that was found, where it belongs; false where another one has its blocks. */
export function addFound(record: Telemetry, block: u32): bool {
  const second = secondOf(record.meta);
  assert(freeCount == 0, 'places are made anew before blocks are free');
  assert(block >= FIRST_BLOCK && second < BLOCKS, 'blocks of records');
  if (load<u8>(used + block) != 0 || (second != 0 && load<u8>(used + second) != 0)) return false;
  let index = count;
  for (; index > 0 && isBefore(record.boot, record.sequence, placeAt(index - 1)); index--)
    memory.copy(changetype<usize>(placeAt(index)), changetype<usize>(placeAt(index - 1)), PLACE_SIZE);
  put(index, record, block);
  store<u8>(used + block, 1);
  if (second != 0) store<u8>(used + second, 1);
  return true;
}

function put(index: u32, record: Telemetry, block: u32): void {
  const place = placeAt(index);
  assert(index <= count, 'there is no gap');
  place.boot = record.boot;
  place.sequence = record.sequence;
  place.block = block;
  place.meta = record.meta;
  count++;
  assert(count <= RECORDS_MOST, 'a record has a block at least');
}

/** Every block that no record uses is free. */
export function freeOthers(): void {
  assert(freeCount == 0, 'once, when all records are found');
  for (let block = FIRST_BLOCK; block < BLOCKS; block++) if (load<u8>(used + block) == 0) giveBack(block);
  assert(count + freeCount <= RECORDS_MOST, 'a block is free or in use');
}

/** The oldest record of the lowest class. */
export function lowest(): u32 {
  assert(count != 0, 'there are records');
  let found: u32 = 0;
  let least = classOf(placeAt(0).meta);
  for (let index: u32 = 1; index < count && least != TELEMETRY_CLASS_BULK; index++) {
    const level = classOf(placeAt(index).meta);
    if (level >= least) continue;
    least = level;
    found = index;
  }
  assert(found < count, 'one of them');
  return found;
}

export function removeAt(index: u32): void {
  assert(index < count, 'a record that is kept');
  release(index);
  const place = changetype<usize>(placeAt(index));
  count--;
  memory.copy(place, place + PLACE_SIZE, (count - index) * PLACE_SIZE);
  assert(freeCount != 0, 'its blocks are free');
}

/** Removes so many of the oldest. */
export function removeFirst(records: u32): void {
  assert(records <= count, 'records that are kept');
  for (let index: u32 = 0; index < records; index++) release(index);
  count -= records;
  memory.copy(places, places + records * PLACE_SIZE, count * PLACE_SIZE);
  assert(count + freeCount <= RECORDS_MOST, 'a block is free or in use');
}

function release(index: u32): void {
  const place = placeAt(index);
  assert(place.block >= FIRST_BLOCK, 'a block of records');
  giveBack(place.block);
  const second = secondOf(place.meta);
  assert(second == 0 || second >= FIRST_BLOCK, 'and the other one, if there is one');
  if (second != 0) giveBack(second);
}

function giveBack(block: u32): void {
  assert(block >= FIRST_BLOCK && block < BLOCKS, 'a block of records');
  assert(freeCount < RECORDS_MOST, 'no block is free twice');
  store<u8>(free + freeCount, <u8>block);
  freeCount++;
}

export function takeBlock(): u32 {
  assert(freeCount != 0, 'there is room');
  freeCount--;
  const block: u32 = load<u8>(free + freeCount);
  assert(block >= FIRST_BLOCK, 'a block of records');
  return block;
}
