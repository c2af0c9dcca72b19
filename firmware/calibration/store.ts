// The calibration record in flash: appended to two sectors in turn, read at boot. protocol/calibration/record.ts draws the layout.
//
//              startStore              flash job ended well                 flash job ended well
//      IDLE ----------------> ERASING? ----------------------> PROGRAMMING ----------------------> IDLE: the new record is in force
//       ^                        |                                  |
//       +------------------------+----------------------------------+  badly, ATTEMPTS times: IDLE, storeFailed()
//
// What must stay true, as for the boot state (bootloader/image/state/journal.ts):
// - The newest record that holds is in force, whole. Anything else in the sectors was left by a power cut, and is passed over.
// - A record is programmed only into cells that read as ones, and is in force only after it was read back.
// - The sector that holds the newest record is never erased. The other one is, even if it reads as ones.
// - A record has a higher sequence number than whatever a cut left in any place, also where that reads as a whole record one day (record-sequence.ts).
// - A record whose numbers are out of range is none, whatever its CRC: no record can stop the firmware.

import { read32 } from '../../protocol/guest/bus';
import { crc32 } from '../../protocol/guest/crc32';
import { copyFromBus } from '../../protocol/guest/dma';
import { flashBusy, flashErase, flashProgram, takeFlashResult } from '../../protocol/guest/flash-job';
import {
  CALIBRATION_CRC,
  CALIBRATION_HEAD_CRC,
  CALIBRATION_LENGTH,
  CALIBRATION_MAGIC,
  CALIBRATION_MAGIC_VALUE,
  CALIBRATION_PAYLOAD,
  CALIBRATION_PAYLOAD_MAX,
  CALIBRATION_PLACE_SIZE,
  CALIBRATION_SEQUENCE,
  CALIBRATION_VERSION,
  CALIBRATION_VERSION_VALUE,
  EVENT_CALIBRATION,
  EVENT_CALIBRATION_FAILED,
  MAP_SECTOR_SIZE,
} from '../../protocol/guest/generated/constants';
import { recordEvent } from '../../protocol/guest/record-event';
import { placesFurther } from '../../protocol/guest/record-sequence';
import { sameBytes } from '../../protocol/guest/same-bytes';
import { NO_FAULT, payloadFault } from './payload';
import { isBlank, NO_PLACE, newestBelow, PLACES, placeAddress, rank, readsAs } from './places';

const IDLE: u32 = 0;
const ERASING: u32 = 1;
const PROGRAMMING: u32 = 2;

// Cells wear out one by one: a second bad record in a row is possible, a fourth means that flash does not program at all.
const ATTEMPTS: u32 = 4;
const UNIT_MASK: u32 = 7;

/** The record in force, its payload completed with zeros; all zeros where there is none. */
const current: usize = memory.data(<i32>CALIBRATION_PLACE_SIZE, 8);
/** The record that is being stored. */
const next: usize = memory.data(<i32>CALIBRATION_PLACE_SIZE, 8);

let phase: u32 = 0;
let failed: bool = false;
let newest: u32 = 0;
let target: u32 = 0;
let attempts: u32 = 0;
/** How many records came into force since the reset. Code that applies the record sees by this number that there is a new one. */
let changes: u32 = 0;

/** 0 where no record is in force. */
export function calibrationSequence(): u32 {
  assert(CALIBRATION_SEQUENCE < CALIBRATION_PAYLOAD, 'it stands in the head');
  return load<u32>(current, CALIBRATION_SEQUENCE);
}

/** Where the payload in force stands in memory. What the record lacks reads as zero, which corrects nothing. */
export function calibrationPayload(): usize {
  assert(CALIBRATION_PAYLOAD + CALIBRATION_PAYLOAD_MAX == CALIBRATION_PLACE_SIZE, 'the longest payload ends its place');
  return current + CALIBRATION_PAYLOAD;
}

/** Bytes of the payload as it was stored. */
export function calibrationLength(): u32 {
  const length = load<u32>(current, CALIBRATION_LENGTH);
  assert(length <= CALIBRATION_PAYLOAD_MAX, 'a longer record is none');
  return length;
}

/** CRC-32 of the payload; 0 where there is none. */
export function calibrationCrc(): u32 {
  assert(CALIBRATION_CRC < CALIBRATION_PAYLOAD, 'it stands in the head');
  return load<u32>(current, CALIBRATION_CRC);
}

/** How often a record came into force since the reset. */
export function calibrationChanges(): u32 {
  assert(changes != 0 || calibrationSequence() == 0, 'a record that is in force came into force');
  return changes;
}

/** Reads the newest record that holds. */
export function loadCalibration(): void {
  assert(phase == IDLE && !flashBusy(), 'it is read before anything is written');
  newest = NO_PLACE;
  let place = newestBelow(u64.MAX_VALUE);
  while (place != NO_PLACE) {
    if (takeIn(place)) {
      newest = place;
      changes++;
      tell();
      return;
    }
    place = newestBelow(rank(place));
  }
  memory.fill(current, 0, CALIBRATION_PLACE_SIZE);
}

/** Makes the record in the place the one in force; false where there is none that holds. */
function takeIn(place: u32): bool {
  assert(place < NO_PLACE, 'a place of the record');
  const length = read32(placeAddress(place) + CALIBRATION_LENGTH);
  memory.fill(current, 0, CALIBRATION_PLACE_SIZE);
  if (length == 0 || (length & UNIT_MASK) != 0 || length > CALIBRATION_PAYLOAD_MAX) return false;
  copyFromBus(current, placeAddress(place), CALIBRATION_PAYLOAD + length);
  if (!isSound(current, length) || !readsAs(place, current, CALIBRATION_PAYLOAD + length)) {
    memory.fill(current, 0, CALIBRATION_PLACE_SIZE);
    return false;
  }
  assert(calibrationLength() == length, 'what was read again and again is what was read first');
  return true;
}

function isSound(record: usize, length: u32): bool {
  assert(length != 0 && length <= CALIBRATION_PAYLOAD_MAX, 'the length was checked');
  if (load<u32>(record, CALIBRATION_MAGIC) != CALIBRATION_MAGIC_VALUE) return false;
  if (load<u32>(record, CALIBRATION_LENGTH) != length || load<u32>(record, CALIBRATION_VERSION) == 0) return false;
  if (load<u32>(record, CALIBRATION_SEQUENCE) == 0) return false;
  if (load<u32>(record, CALIBRATION_HEAD_CRC) != crc32(0, record, CALIBRATION_HEAD_CRC)) return false;
  if (load<u32>(record, CALIBRATION_CRC) != crc32(0, record + CALIBRATION_PAYLOAD, length)) return false;
  return payloadFault(record + CALIBRATION_PAYLOAD) == NO_FAULT;
}

/** Where a payload to be stored is put together: a copy of the one in force. Not while one is being stored. */
export function draftCalibration(): usize {
  assert(phase == IDLE, 'a record that is being stored is not changed');
  memory.copy(next, current, CALIBRATION_PLACE_SIZE);
  return next + CALIBRATION_PAYLOAD;
}

/** Starts to store the draft, so many bytes of it. The caller has checked its numbers, and that neither this nor flash is busy. */
export function startStore(length: u32): void {
  assert(phase == IDLE && !flashBusy(), 'one record at a time, and flash is free');
  assert(
    length != 0 && (length & UNIT_MASK) == 0 && length <= CALIBRATION_PAYLOAD_MAX,
    'whole units, and room for them',
  );
  memory.fill(next + CALIBRATION_PAYLOAD + length, 0, CALIBRATION_PAYLOAD_MAX - length);
  store<u32>(next, CALIBRATION_MAGIC_VALUE, CALIBRATION_MAGIC);
  store<u32>(next, CALIBRATION_VERSION_VALUE, CALIBRATION_VERSION);
  store<u32>(next, length, CALIBRATION_LENGTH);
  store<u32>(next, crc32(0, next + CALIBRATION_PAYLOAD, length), CALIBRATION_CRC);
  assert(payloadFault(next + CALIBRATION_PAYLOAD) == NO_FAULT, 'the caller has checked its numbers');
  attempts = 0;
  failed = false;
  if (newest == NO_PLACE) programAfter(0, 0);
  else programAfter(newest + 1, newest / PLACES);
}

/** Whether the draft is the same as the record in force. */
export function draftIsInForce(length: u32): bool {
  assert(phase == IDLE && length != 0, 'a draft that is not being stored');
  return length == calibrationLength() && sameBytes(next + CALIBRATION_PAYLOAD, calibrationPayload(), length);
}

/** Moves the store under way on as far as flash lets it, and tells whether there is still something to wait for: the next FLASH interrupt. */
export function storeBusy(): bool {
  assert(phase <= PROGRAMMING, 'a record is stored in two phases');
  if (phase == IDLE || flashBusy()) return phase != IDLE;
  const well = takeFlashResult();
  assert(target < NO_PLACE && attempts < ATTEMPTS, 'a store under way has a place, and tries left');
  if (phase == PROGRAMMING && well && readsAs(target, next, nextSize())) finish();
  else if (phase == ERASING && well) program(target);
  else if (++attempts == ATTEMPTS) giveUp();
  else if (phase == ERASING) erase(target);
  else programAfter(target + 1, target / PLACES);
  return phase != IDLE;
}

/** Whether the last record could not be stored. What was in force before still is. */
export function storeFailed(): bool {
  assert(phase == IDLE, 'a store under way has not failed yet');
  return failed;
}

function nextSize(): u32 {
  const length = load<u32>(next, CALIBRATION_LENGTH);
  assert(length != 0 && length <= CALIBRATION_PAYLOAD_MAX, 'a record that is being stored has a length');
  return CALIBRATION_PAYLOAD + length;
}

/** Into the next erased place from `place` on in this sector, or into the other sector, erased before. */
function programAfter(place: u32, sector: u32): void {
  assert(sector <= 1, 'there are two sectors');
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
  assert(place < NO_PLACE, 'a record goes to a place of its own');
  assert(place != newest, 'the newest record is never written over');
  phase = PROGRAMMING;
  target = place;
  store<u32>(next, calibrationSequence() + placesFurther(newest, place, PLACES), CALIBRATION_SEQUENCE);
  store<u32>(next, crc32(0, next, CALIBRATION_HEAD_CRC), CALIBRATION_HEAD_CRC);
  assert(isSound(next, nextSize() - CALIBRATION_PAYLOAD), 'what is written counts when it is read again');
  flashProgram(placeAddress(place), next, nextSize());
}

function finish(): void {
  assert(phase == PROGRAMMING && target < NO_PLACE, 'a record that was programmed ends a store');
  assert(load<u32>(next, CALIBRATION_SEQUENCE) > calibrationSequence(), 'the new record is newer');
  memory.copy(current, next, CALIBRATION_PLACE_SIZE);
  newest = target;
  phase = IDLE;
  changes++;
  tell();
}

/** What is told is the checksum of the payload as it stands in memory, not the one that was stored with it. */
function tell(): void {
  assert(calibrationSequence() != 0, 'a record is in force');
  recordEvent(EVENT_CALIBRATION, crc32(0, calibrationPayload(), calibrationLength()), calibrationSequence());
}

function giveUp(): void {
  assert(attempts <= ATTEMPTS, 'no more is tried than was decided');
  failed = true;
  phase = IDLE;
  recordEvent(EVENT_CALIBRATION_FAILED, 0, calibrationSequence());
}
