// Whether bytes are a record of the boot state, and whether flash holds one when it is read word by word.

import { read32 } from '../../../protocol/guest/bus';
import { crc32 } from '../../../protocol/guest/crc32';
import {
  POLICY_TRIAL_BOOTS,
  RECORD_CRC,
  RECORD_MAGIC_VALUE,
  RECORD_SIZE,
  SLOT_REJECTED,
} from '../../../protocol/guest/generated/constants';
import { isInRam } from '../../../protocol/guest/ram';
import { entryIn, headOf, RecordEntry } from './record';

/** More than journal.ts reads, so that unstable bits of a torn record do not look like a record. */
const STABLE_READS: u32 = 16;

const once: usize = memory.data(<i32>RECORD_SIZE, 8);
const again: usize = memory.data(<i32>RECORD_SIZE, 8);

/**
 * Whether one of `places` behind `start` holds a record when it is read word by word. Where copies by DMA find none, copies are disturbed, and a new
 * record could outrank what was recorded.
 */
export function holdsRecordByWords(start: u32, places: u32): bool {
  assert(start % RECORD_SIZE == 0, 'a place begins at a multiple of its size');
  for (let place: u32 = 0; place < places; place++) {
    const at = start + place * RECORD_SIZE;
    readByWords(once, at);
    if (!recordIsValid(once)) continue;
    let stable: bool = true;
    for (let read: u32 = 0; read < STABLE_READS && stable; read++) {
      readByWords(again, at);
      stable = memory.compare(again, once, RECORD_SIZE) == 0;
    }
    if (stable) return true;
  }
  return false;
}

function readByWords(target: usize, at: u32): void {
  assert(isInRam(target, RECORD_SIZE), 'there is room for a record');
  assert(RECORD_SIZE % sizeof<u32>() == 0, 'a record is made of words');
  for (let offset: u32 = 0; offset < RECORD_SIZE; offset += sizeof<u32>()) {
    store<u32>(target + offset, read32(at + offset));
  }
}

/** Whether the entry has values that an entry can have. A record with other values is not valid, whatever its CRC. */
export function entryIsSound(entry: RecordEntry): bool {
  assert(POLICY_TRIAL_BOOTS <= 0xff, 'the boots left of a trial fit their byte');
  return <u32>entry.state <= SLOT_REJECTED && <u32>entry.bootsLeft < POLICY_TRIAL_BOOTS;
}

export function recordIsValid(record: usize): bool {
  assert(isInRam(record, RECORD_SIZE), 'a whole record is in memory');
  assert(RECORD_CRC + sizeof<u32>() == RECORD_SIZE, 'the CRC is the last word');
  if (headOf(record).magic != RECORD_MAGIC_VALUE) return false;
  if (!entryIsSound(entryIn(record, 0)) || !entryIsSound(entryIn(record, 1))) return false;
  return crc32(0, record, RECORD_CRC) == load<u32>(record, RECORD_CRC);
}
