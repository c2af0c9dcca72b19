// The overlays of a boot-state record. protocol/image/boot-record.ts draws the layout, and says what each byte means.
//
//   0   RecordHead    magic, sequence
//   8   RecordEntry   of slot A, then its 32-byte hash
//  48   RecordEntry   of slot B, then its 32-byte hash
//  88   RecordTail    running, extension, slot confirmed last, flags of A, flags of B
//  96   erased bytes, then the CRC at 124

import {
  RECORD_CONFIRMED_LAST,
  RECORD_CRC,
  RECORD_ENTRIES,
  RECORD_ENTRY_BOOTS_LEFT,
  RECORD_ENTRY_HASH,
  RECORD_ENTRY_REASON,
  RECORD_ENTRY_SIZE,
  RECORD_ENTRY_VERSION,
  RECORD_EXTENSION,
  RECORD_FLAGS,
  RECORD_RUNNING,
  RECORD_SEQUENCE,
  RECORD_SPARE,
} from '../../../protocol/guest/generated/constants';
import { SLOT_COUNT } from '../slots';

@unmanaged
export class RecordHead {
  magic: u32 = 0;
  sequence: u32 = 0;
}

@unmanaged
export class RecordEntry {
  /** SLOT_*. */
  state: u8 = 0;
  /** REASON_*. */
  reason: u8 = 0;
  /** Boots a trial has left. */
  bootsLeft: u8 = 0;
  zero: u8 = 0;
  /** As version.ts compares versions. */
  version: u32 = 0;
}

@unmanaged
export class RecordTail {
  /** Slot handed over to last, or RECORD_NO_SLOT. */
  running: u32 = 0;
  extension: u8 = 0;
  /** Slot whose image was confirmed last, or RECORD_NO_SLOT. */
  confirmedLast: u8 = 0;
  flagsOfA: u8 = 0;
  flagsOfB: u8 = 0;
}

export function headOf(record: usize): RecordHead {
  assert(offsetof<RecordHead>('sequence') == <usize>RECORD_SEQUENCE, 'the overlay is the table’s');
  assert(offsetof<RecordHead>() == <usize>RECORD_ENTRIES, 'the entries follow the head');
  return changetype<RecordHead>(record);
}

export function entryIn(record: usize, slot: u32): RecordEntry {
  assert(slot < SLOT_COUNT, 'there are two slots');
  assert(offsetof<RecordEntry>('reason') == <usize>RECORD_ENTRY_REASON, 'the overlay is the table’s');
  assert(offsetof<RecordEntry>('bootsLeft') == <usize>RECORD_ENTRY_BOOTS_LEFT, 'the overlay is the table’s');
  assert(offsetof<RecordEntry>('version') == <usize>RECORD_ENTRY_VERSION, 'the overlay is the table’s');
  assert(offsetof<RecordEntry>() == <usize>RECORD_ENTRY_HASH, 'the hash follows the fields');
  return changetype<RecordEntry>(record + RECORD_ENTRIES + slot * RECORD_ENTRY_SIZE);
}

/** The hash of the image an entry is about. */
export function hashIn(record: usize, slot: u32): usize {
  assert(RECORD_ENTRY_HASH + 32 == RECORD_ENTRY_SIZE, 'the hash ends its entry');
  return changetype<usize>(entryIn(record, slot)) + RECORD_ENTRY_HASH;
}

export function tailOf(record: usize): RecordTail {
  assert(RECORD_ENTRIES + SLOT_COUNT * RECORD_ENTRY_SIZE == RECORD_RUNNING, 'the tail follows two entries');
  assert(RECORD_RUNNING + <u32>offsetof<RecordTail>('extension') == RECORD_EXTENSION, 'the overlay is the table’s');
  assert(RECORD_RUNNING + <u32>offsetof<RecordTail>('confirmedLast') == RECORD_CONFIRMED_LAST, 'as the table has it');
  assert(RECORD_RUNNING + <u32>offsetof<RecordTail>('flagsOfA') == RECORD_FLAGS, 'the overlay is the table’s');
  assert(RECORD_RUNNING + <u32>offsetof<RecordTail>() == RECORD_SPARE, 'what is spare follows the tail');
  assert(RECORD_SPARE < RECORD_CRC, 'the CRC is the last word');
  return changetype<RecordTail>(record + RECORD_RUNNING);
}

/** RECORD_FLAG_* of the image in a slot. */
export function flagsIn(record: usize, slot: u32): u32 {
  assert(slot < SLOT_COUNT, 'there are two slots');
  const tail = tailOf(record);
  return slot == 0 ? tail.flagsOfA : tail.flagsOfB;
}

export function setFlagsIn(record: usize, slot: u32, flags: u32): void {
  assert(slot < SLOT_COUNT, 'there are two slots');
  assert(flags <= 0xff, 'the flags of an image are a byte');
  const tail = tailOf(record);
  if (slot == 0) tail.flagsOfA = <u8>flags;
  else tail.flagsOfB = <u8>flags;
}
