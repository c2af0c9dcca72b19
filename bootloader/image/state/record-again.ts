// The newest record of the boot-state journal, found by other code than journal.ts. The second decision uses it, because it must not depend
// on what the first one read.
//
// What must stay true: both find the same record. A record counts when its magic, its CRC and its entries are right and it reads the same
// STABLE_READS times; of those the one with the highest sequence counts, and of two with the same sequence the later place. So a
// journal in which nothing went wrong never stops a boot.

import { read32 } from '../../../protocol/guest/bus';
import { copyFromBus } from '../../../protocol/guest/dma';
import {
  MAP_BOOT_STATE_0,
  MAP_BOOT_STATE_1,
  MAP_SECTOR_SIZE,
  POLICY_TRIAL_BOOTS,
  RECORD_EXTENSION_NONE,
  RECORD_EXTENSION_VALUE,
  RECORD_FLAG_EARNED,
  RECORD_MAGIC_VALUE,
  RECORD_NO_SLOT,
  RECORD_SEQUENCE,
  RECORD_SIZE,
  SLOT_CONFIRMED,
  SLOT_REJECTED,
} from '../../../protocol/guest/generated/constants';
import { isInRam } from '../../../protocol/guest/ram';
import { SLOT_COUNT } from '../slots';
import { entryIn, flagsIn, headOf, setFlagsIn, tailOf } from './record';

const PLACES: u32 = (2 * MAP_SECTOR_SIZE) / RECORD_SIZE;
const STABLE_READS: u32 = 8;
/** The reflected polynomial of CRC-32 (IEEE 802.3), and what remains when a message is divided together with its CRC. */
const POLYNOMIAL: u32 = 0xedb88320;
const CRC_REMAINDER: u32 = 0xdebb20e3;

/** The record that is looked at, and behind it the next reading of it. */
const probe: usize = memory.data(<i32>(2 * RECORD_SIZE), 8);

/** Copies the newest valid record to `record`; when there is none, the state of a device without any record. */
export function readRecordAgain(record: usize): void {
  assert(MAP_BOOT_STATE_1 == MAP_BOOT_STATE_0 + MAP_SECTOR_SIZE, 'the journal is one piece of flash');
  assert(
    record != probe && isInRam(record, RECORD_SIZE),
    'there is room for a record, beside the one that is looked at',
  );
  assert(PLACES * RECORD_SIZE == 2 * MAP_SECTOR_SIZE, 'records fill both sectors');
  memory.fill(record, 0, RECORD_SIZE);
  tailOf(record).running = RECORD_NO_SLOT;
  tailOf(record).confirmedLast = <u8>RECORD_NO_SLOT;
  tailOf(record).extension = <u8>RECORD_EXTENSION_VALUE;
  let found: bool = false;
  let newest: u32 = 0;
  // From the last place to the first: the CRC of an older record is as a rule never computed.
  for (let place = PLACES; place-- > 0; ) {
    const at = MAP_BOOT_STATE_0 + place * RECORD_SIZE;
    const sequence = read32(at + RECORD_SEQUENCE);
    if (read32(at) != RECORD_MAGIC_VALUE || (found && sequence <= newest) || !holds(at)) continue;
    found = true;
    newest = sequence;
    memory.copy(record, probe, RECORD_SIZE);
  }
  completeExtension(record);
}

/** Whether a sound record is at this address; it is then in `probe`. */
function holds(at: u32): bool {
  assert(at >= MAP_BOOT_STATE_0 && at < MAP_BOOT_STATE_1 + MAP_SECTOR_SIZE, 'a place of the journal');
  assert((at - MAP_BOOT_STATE_0) % RECORD_SIZE == 0, 'a place begins at a multiple of its size');
  for (let read: u32 = 0; read < STABLE_READS; read++) {
    const reference = probe + (read == 0 ? 0 : RECORD_SIZE);
    copyFromBus(reference, at, RECORD_SIZE);
    if (read != 0 && memory.compare(probe, reference, RECORD_SIZE) != 0) return false;
  }
  const sound = headOf(probe).magic == RECORD_MAGIC_VALUE && remainder(probe, RECORD_SIZE) == CRC_REMAINDER;
  return sound && entryIsSound(0) && entryIsSound(1);
}

function entryIsSound(slot: u32): bool {
  assert(slot < SLOT_COUNT, 'there are two slots');
  const entry = entryIn(probe, slot);
  return <u32>entry.state <= SLOT_REJECTED && <u32>entry.bootsLeft < POLICY_TRIAL_BOOTS;
}

/** Bit by bit, and over the CRC as well: nothing of protocol/guest/crc32.ts is used. */
function remainder(bytes: usize, length: u32): u32 {
  assert(isInRam(bytes, length), 'the bytes are in memory');
  assert(length > sizeof<u32>(), 'a message stands in front of its CRC');
  let state: u32 = 0xffffffff;
  for (let index: u32 = 0; index < length; index++) {
    state ^= load<u8>(bytes + index);
    for (let bit: u32 = 0; bit < 8; bit++) state = (state >> 1) ^ (POLYNOMIAL & (0 - (state & 1)));
  }
  return state;
}

/** Fills in what a record implies: CONFIRMED means EARNED; and code that did not know the extension left its bytes erased. */
function completeExtension(record: usize): void {
  assert(isInRam(record, RECORD_SIZE), 'a whole record is in memory');
  const tail = tailOf(record);
  const isOld = <u32>tail.extension == RECORD_EXTENSION_NONE;
  if (isOld) tail.confirmedLast = <u8>RECORD_NO_SLOT;
  for (let slot: u32 = 0; slot < SLOT_COUNT; slot++) {
    const isConfirmed = <u32>entryIn(record, slot).state == SLOT_CONFIRMED;
    const flags = isOld ? 0 : flagsIn(record, slot);
    setFlagsIn(record, slot, isConfirmed ? flags | RECORD_FLAG_EARNED : flags);
    if (isOld && isConfirmed && tail.running == slot) tail.confirmedLast = <u8>slot;
  }
  tail.extension = <u8>RECORD_EXTENSION_VALUE;
}
