// The boot state's journal: records appended to two sectors in turn. protocol/image/boot-record.ts draws the layout.
//
//              appendRecord              flash job ended well                 flash job ended well
//      IDLE ----------------> ERASING? ----------------------> PROGRAMMING ----------------------> IDLE: `current` is the new record
//       ^                        |                                  |
//       +------------------------+----------------------------------+  badly, ATTEMPTS times: IDLE, appendFailed()
//
// What must stay true:
// - The newest record with a good CRC is the state. Anything else in the sectors was left by a power cut, and is passed over.
// - A record is programmed only into cells that read as ones, and counts only after it was read back.
// - A power cut may leave bits that read as one or zero by chance. So what matters is read STABLE_READS times, and a place that
//   does not read the same each time is neither blank nor a record.
// - `current` says in full what the record says or implies: what older code did not write is filled in when it is read. A record of newer code is read
//   as far as it is known here.
// - A record has a higher sequence number than whatever a cut left in any place, also where that reads as a whole record one day (record-sequence.ts).
// - Where copies by DMA find no record and reads of words find one, nothing is written: a disturbed copy must not make the device forget.
// - The sector that holds the newest record is never erased. The other one is, even if it reads as ones: a cut erase may leave unstable bits.

import { read32 } from '../../../protocol/guest/bus';
import { crc32 } from '../../../protocol/guest/crc32';
import { copyFromBus } from '../../../protocol/guest/dma';
import {
  flashBusy,
  flashErase,
  flashProgram,
  flashWait,
  isErased,
  takeFlashResult,
} from '../../../protocol/guest/flash-job';
import {
  MAP_BOOT_STATE_0,
  MAP_BOOT_STATE_1,
  MAP_SECTOR_SIZE,
  RECORD_CRC,
  RECORD_EXTENSION_NONE,
  RECORD_EXTENSION_VALUE,
  RECORD_FLAG_EARNED,
  RECORD_MAGIC,
  RECORD_MAGIC_VALUE,
  RECORD_NO_SLOT,
  RECORD_SEQUENCE,
  RECORD_SIZE,
  RECORD_SPARE,
  SLOT_CONFIRMED,
} from '../../../protocol/guest/generated/constants';
import { placesFurther } from '../../../protocol/guest/record-sequence';
import { sameBytes } from '../../../protocol/guest/same-bytes';
import { SLOT_COUNT } from '../slots';
import { entryIn, flagsIn, headOf, setFlagsIn, tailOf } from './record';
import { entryIsSound, holdsRecordByWords, recordIsValid } from './record-valid';

const IDLE: u32 = 0;
const ERASING: u32 = 1;
const PROGRAMMING: u32 = 2;

const PLACES: u32 = MAP_SECTOR_SIZE / RECORD_SIZE;
const NO_PLACE: u32 = 2 * PLACES;
const STABLE_READS: u32 = 8;
// Cells wear out one by one: a second bad record in a row is possible, a fourth means that flash does not program at all.
const ATTEMPTS: u32 = 4;

/** The boot state as it is in flash. */
export const current: usize = memory.data(<i32>RECORD_SIZE, 8);
/** The record being appended. */
const next: usize = memory.data(<i32>RECORD_SIZE, 8);
const older: usize = memory.data(<i32>RECORD_SIZE, 8);
const again: usize = memory.data(<i32>RECORD_SIZE, 8);

let phase: u32 = 0;
let failed: bool = false;
/** Places are numbered through both sectors: 0 to 31 in the first, 32 to 63 in the second. */
let newest: u32 = 0;
/** Rank of the place newestBelow found last. */
let foundRank: u64 = 0;
let target: u32 = 0;
let attempts: u32 = 0;

/** Reads the newest valid record, or makes an empty one. */
export function loadJournal(): void {
  assert(STABLE_READS > 1, 'a bit that reads by chance shows in several readings');
  phase = IDLE;
  failed = false;
  newest = newestBelow(u64.MAX_VALUE);
  while (newest != NO_PLACE) {
    copyFromBus(current, placeAddress(newest), RECORD_SIZE);
    if (recordIsValid(current) && readsAs(newest, current)) {
      fillInExtension(current);
      return;
    }
    newest = newestBelow(foundRank);
  }
  memory.fill(current, 0, RECORD_SIZE);
  tailOf(current).running = RECORD_NO_SLOT;
  tailOf(current).confirmedLast = <u8>RECORD_NO_SLOT;
  tailOf(current).extension = <u8>RECORD_EXTENSION_VALUE;
}

/** Fills in what a record implies: CONFIRMED means EARNED; and code that did not know the extension left its bytes erased. */
function fillInExtension(record: usize): void {
  assert(record == current || record == older, 'a record that was read and is valid');
  const tail = tailOf(record);
  const unknown = <u32>tail.extension == RECORD_EXTENSION_NONE;
  tail.extension = <u8>RECORD_EXTENSION_VALUE;
  assert(RECORD_EXTENSION_VALUE != RECORD_EXTENSION_NONE, 'what was completed is not completed again');
  if (unknown) tail.confirmedLast = <u8>RECORD_NO_SLOT;
  for (let slot: u32 = 0; slot < SLOT_COUNT; slot++) {
    if (unknown) setFlagsIn(record, slot, 0);
    if (<u32>entryIn(record, slot).state != SLOT_CONFIRMED) continue;
    setFlagsIn(record, slot, flagsIn(record, slot) | RECORD_FLAG_EARNED);
    if (unknown && tail.running == slot) tail.confirmedLast = <u8>slot;
  }
}

/** Makes `next` a copy of the state to be changed and returned to `appendRecord`. Not while an append runs. */
export function draftRecord(): usize {
  assert(phase == IDLE, 'a record being written is not to be changed');
  memory.copy(next, current, RECORD_SIZE);
  failed = false;
  return next;
}

export function draftDiffers(): bool {
  assert(phase == IDLE, 'a record being written is no draft any more');
  return !sameBytes(next, current, RECORD_SIZE);
}

/** Starts appending the draft. The caller has seen that neither the journal nor flash is busy. */
export function appendRecord(): void {
  assert(phase == IDLE && !flashBusy(), 'one append at a time, and flash is free');
  headOf(next).magic = RECORD_MAGIC_VALUE;
  memory.fill(next + RECORD_SPARE, 0xff, RECORD_CRC - RECORD_SPARE);
  attempts = 0;
  assert(
    entryIsSound(entryIn(next, 0)) && entryIsSound(entryIn(next, 1)),
    'what is written counts when it is read again',
  );
  if (newest != NO_PLACE) programAfter(newest + 1, newest / PLACES);
  else if (holdsRecordByWords(MAP_BOOT_STATE_0, NO_PLACE)) giveUp();
  else programAfter(0, 0);
}

/** The newest valid record among those before `current`, completed like `current`; 0 when there is none. It stays until the next call. */
export function recordBefore(): usize {
  assert(phase == IDLE, 'a record being written is not the newest yet');
  if (newest == NO_PLACE) return 0;
  let bound = rank(newest);
  for (let turn: u32 = 0; turn < NO_PLACE; turn++) {
    const place = newestBelow(bound);
    if (place == NO_PLACE) return 0;
    copyFromBus(older, placeAddress(place), RECORD_SIZE);
    if (recordIsValid(older)) {
      fillInExtension(older);
      return older;
    }
    assert(foundRank < bound, 'each turn looks at an older place');
    bound = foundRank;
  }
  return 0;
}

export function journalBusy(): bool {
  assert(phase <= PROGRAMMING, 'the journal has three phases');
  return phase != IDLE;
}

/** Whether the last append could not be made to hold. The state is then what it was. */
export function appendFailed(): bool {
  assert(phase == IDLE, 'a running append has not failed yet');
  return failed;
}

/** Call after flashService: goes on when the flash job under way has ended. */
export function journalService(): void {
  if (phase == IDLE || flashBusy()) return;
  const well = takeFlashResult();
  assert(target < NO_PLACE && attempts < ATTEMPTS, 'an append that runs has a place, and tries left');
  if (phase == PROGRAMMING && well && readsAs(target, next)) finish();
  else if (phase == ERASING && well) program(target);
  else if (++attempts == ATTEMPTS) giveUp();
  else if (phase == ERASING) erase(target);
  else programAfter(target + 1, target / PLACES);
}

/** Stalls the core until the append has ended; true if the record holds. */
export function journalWait(): bool {
  assert(phase <= PROGRAMMING, 'the journal has three phases');
  while (phase != IDLE) {
    flashWait();
    journalService();
  }
  return !failed;
}

/** Into the next erased place from `place` on in this sector, or into the other sector, erased before. */
function programAfter(place: u32, sector: u32): void {
  assert(sector <= 1, 'the journal has two sectors');
  assert(place >= sector * PLACES && place <= (sector + 1) * PLACES, 'the search begins in the sector, or at its end');
  for (let candidate = place; candidate < (sector + 1) * PLACES; candidate++) {
    if (isBlank(candidate)) {
      program(candidate);
      return;
    }
  }
  const other = sector ^ 1;
  if (newest != NO_PLACE && newest / PLACES == other) giveUp();
  else erase(other * PLACES);
}

function erase(place: u32): void {
  assert(newest == NO_PLACE || place / PLACES != newest / PLACES, 'the newest record is never erased');
  assert(place % PLACES == 0 && place < NO_PLACE, 'a sector begins with its first place');
  phase = ERASING;
  target = place;
  flashErase(placeAddress(place), MAP_SECTOR_SIZE);
}

function program(place: u32): void {
  assert(place < NO_PLACE, 'a record goes to a place of the journal');
  assert(place != newest, 'the newest record is never written over');
  phase = PROGRAMMING;
  target = place;
  headOf(next).sequence = headOf(current).sequence + placesFurther(newest, place, PLACES);
  store<u32>(next, crc32(0, next, RECORD_CRC), RECORD_CRC);
  flashProgram(placeAddress(place), next, RECORD_SIZE);
}

function finish(): void {
  assert(phase == PROGRAMMING && target < NO_PLACE, 'a record that was programmed ends an append');
  assert(headOf(next).sequence > headOf(current).sequence, 'the new record is newer');
  memory.copy(current, next, RECORD_SIZE);
  newest = target;
  phase = IDLE;
}

function giveUp(): void {
  assert(attempts <= ATTEMPTS, 'no more is tried than was decided');
  failed = true;
  phase = IDLE;
}

/** Whether the place reads as these bytes, again and again. */
function readsAs(place: u32, record: usize): bool {
  assert(record != again, 'the record is not the scratch that it is compared with');
  for (let read: u32 = 0; read < STABLE_READS; read++) {
    copyFromBus(again, placeAddress(place), RECORD_SIZE);
    if (memory.compare(again, record, RECORD_SIZE) != 0) return false;
  }
  return true;
}

function isBlank(place: u32): bool {
  assert(place < NO_PLACE, 'a place of the journal');
  for (let read: u32 = 0; read < STABLE_READS; read++) {
    if (!isErased(placeAddress(place), RECORD_SIZE)) return false;
  }
  return true;
}

function placeAddress(place: u32): u32 {
  assert(place < NO_PLACE, 'a place of the journal');
  assert(PLACES * RECORD_SIZE == MAP_SECTOR_SIZE, 'records fill their sector');
  const sector = place < PLACES ? MAP_BOOT_STATE_0 : MAP_BOOT_STATE_1;
  return sector + (place % PLACES) * RECORD_SIZE;
}

/** Newer is higher; of two places with the same sequence (older code wrote such) the later. */
function rank(place: u32): u64 {
  return ((<u64>read32(placeAddress(place) + RECORD_SEQUENCE)) << 32) | place;
}

/** The place of the highest rank below `bound` among those that begin with the magic, or NO_PLACE. */
function newestBelow(bound: u64): u32 {
  let best: u64 = 0;
  let found = NO_PLACE;
  for (let place: u32 = 0; place < NO_PLACE; place++) {
    if (read32(placeAddress(place) + RECORD_MAGIC) != RECORD_MAGIC_VALUE) continue;
    const candidate = rank(place);
    if (candidate >= bound || (found != NO_PLACE && candidate < best)) continue;
    best = candidate;
    found = place;
  }
  assert(found == NO_PLACE || best < bound, 'what was found is below the bound');
  assert(found <= NO_PLACE, 'a place of the journal, or none');
  foundRank = best;
  return found;
}
