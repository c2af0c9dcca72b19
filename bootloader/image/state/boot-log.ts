// The boot log: one record a boot, appended; protocol/image/boot-log.ts draws the layout.
//
//   sector 0      sector 1      sector 2      sector 3
//   | r r r r |   | r r . . |   | r r r r |   | r r r r |      the next record goes to the first blank place behind the newest;
//                      ^                                       where a sector is full, the next one is erased and begun
//
// What must stay true: nothing is decided by it, so a log that cannot be written or read keeps no image from running; a place
// counts as blank only when it reads so again and again; remains of a cut are stepped over, and have no valid CRC.

import { read32 } from '../../../protocol/guest/bus';
import { crc32 } from '../../../protocol/guest/crc32';
import { copyFromBus } from '../../../protocol/guest/dma';
import { flashErase, flashProgram, flashWait, isErased } from '../../../protocol/guest/flash-job';
import {
  LOG_BUILD,
  LOG_CAUSE,
  LOG_COUNTER,
  LOG_CRC,
  LOG_FAULT_ADDRESS,
  LOG_FAULT_CAUSE,
  LOG_MAGIC_VALUE,
  LOG_MEASUREMENT,
  LOG_NUMBER,
  LOG_OLD_MAGIC_VALUE,
  LOG_OLD_NUMBER,
  LOG_REASONS,
  LOG_SIZE,
  LOG_VERSION,
  MAP_BOOT_LOG,
  MAP_BOOT_LOG_SIZE,
  MAP_SECTOR_SIZE,
} from '../../../protocol/guest/generated/constants';
import { isInRam } from '../../../protocol/guest/ram';

/** A record in front of its measurement, as protocol/image/boot-log.ts has it. */
@unmanaged
export class LogRecord {
  number: u32 = 0;
  build: u32 = 0;
  cause: u8 = 0;
  decision: u8 = 0;
  slot: u8 = 0;
  state: u8 = 0;
  reasonOfA: u8 = 0;
  reasonOfB: u8 = 0;
  faultCause: u8 = 0;
  resets: u8 = 0;
  version: u32 = 0;
  counter: u32 = 0;
  faultAddress: u32 = 0;
}

const SECTORS: u32 = MAP_BOOT_LOG_SIZE / MAP_SECTOR_SIZE;
const PLACES_A_SECTOR: u32 = MAP_SECTOR_SIZE / LOG_SIZE;
export const LOG_PLACES: u32 = SECTORS * PLACES_A_SECTOR;
const NO_PLACE: u32 = LOG_PLACES;
const ERASED: u32 = 0xffffffff;
const STABLE_READS: u32 = 4;

const record: usize = memory.data(<i32>LOG_SIZE, 8);
const probe: usize = memory.data(<i32>LOG_SIZE, 8);

/** The record in the LOG_SIZE bytes at `place`. */
export function logAt(place: usize): LogRecord {
  assert(isInRam(place, LOG_SIZE), 'a record is in memory');
  assert(offsetof<LogRecord>('number') == <usize>LOG_NUMBER, 'the overlay is the table’s');
  assert(offsetof<LogRecord>('build') == <usize>LOG_BUILD, 'the overlay is the table’s');
  assert(offsetof<LogRecord>('cause') == <usize>LOG_CAUSE, 'the overlay is the table’s');
  assert(offsetof<LogRecord>('reasonOfA') == <usize>LOG_REASONS, 'the overlay is the table’s');
  assert(offsetof<LogRecord>('faultCause') == <usize>LOG_FAULT_CAUSE, 'the overlay is the table’s');
  assert(offsetof<LogRecord>('version') == <usize>LOG_VERSION, 'the overlay is the table’s');
  assert(offsetof<LogRecord>('counter') == <usize>LOG_COUNTER, 'the overlay is the table’s');
  assert(offsetof<LogRecord>('faultAddress') == <usize>LOG_FAULT_ADDRESS, 'the overlay is the table’s');
  assert(offsetof<LogRecord>() == <usize>LOG_MEASUREMENT, 'the measurement follows the fields');
  return changetype<LogRecord>(place);
}

/** The 32 bytes of the measurement in a record. */
export function measurementIn(record: LogRecord): usize {
  return changetype<usize>(record) + LOG_MEASUREMENT;
}

/** The record to be appended, empty: the caller fills in everything but number and CRC. */
export function draftLog(): LogRecord {
  memory.fill(record, 0, LOG_SIZE);
  return logAt(record);
}

/** Appends the draft, waiting for flash; false where flash does not take it. */
export function appendLog(): bool {
  const newest = newestPlace();
  const known = newest != NO_PLACE;
  const number = known ? logAt(probe).number + 1 : 1;
  const sector = known ? newest / PLACES_A_SECTOR : 0;
  const place = known ? blankFrom(newest + 1, sector, (sector + 1) % SECTORS) : blankFrom(0, 0, 0);
  if (place == NO_PLACE) return false;
  assert(place < LOG_PLACES, 'a place of the log');
  assert(LOG_CRC + sizeof<u32>() == LOG_SIZE, 'the CRC is the last word');
  assert(number != ERASED, 'a used place does not begin like an erased one');
  logAt(record).number = number;
  store<u32>(record, checksumOf(record), LOG_CRC);
  flashProgram(placeAddress(place), record, LOG_SIZE);
  return flashWait();
}

/** Copies the record at a place below LOG_PLACES to `target`; false when there is no valid record. */
export function readLog(place: u32, target: usize): bool {
  assert(target != record, 'what is read does not replace the draft');
  copyFromBus(target, placeAddress(place), LOG_SIZE);
  return checksumOf(target) == load<u32>(target, LOG_CRC) || takeOld(target);
}

/** A record as bootloaders wrote it before it had the build number, brought to today's layout: a bootloader stays on its device for good. */
function takeOld(target: usize): bool {
  if (load<u32>(target) != LOG_OLD_MAGIC_VALUE || crc32(0, target, LOG_CRC) != load<u32>(target, LOG_CRC)) return false;
  assert(LOG_OLD_NUMBER == LOG_BUILD, 'the build number stands where the number stood');
  const old = logAt(target);
  old.number = load<u32>(target, LOG_OLD_NUMBER);
  old.build = 0;
  return true;
}

function checksumOf(record: usize): u32 {
  return crc32(LOG_MAGIC_VALUE, record, LOG_CRC);
}

/** The place of the newest record, which is in `probe` then, or NO_PLACE. As a rule the search looks at a dozen words; after a cut it may look at all. */
export function newestPlace(): u32 {
  for (let sector: u32 = 0; sector < SECTORS; sector++) {
    const first = sector * PLACES_A_SECTOR;
    if (!isUsed(first) || isUsed(first + PLACES_A_SECTOR - 1)) continue;
    const last = lastUsed(first);
    if (readLog(last, probe)) return last;
  }
  assert(PLACES_A_SECTOR > 1, 'a sector has a first and a last place');
  return newestOfAll();
}

/** By bisection: places of a sector are used in their order. */
function lastUsed(first: u32): u32 {
  assert(first % PLACES_A_SECTOR == 0, 'a sector begins with its first place');
  let used = first;
  let blank = first + PLACES_A_SECTOR - 1;
  while (blank - used > 1) {
    const middle = (used + blank) >> 1;
    assert(middle > used && middle < blank, 'each turn halves what is left');
    if (isUsed(middle)) used = middle;
    else blank = middle;
  }
  assert(used >= first && used < first + PLACES_A_SECTOR, 'the place is in the sector');
  return used;
}

function newestOfAll(): u32 {
  let best: u32 = 0;
  let found = NO_PLACE;
  for (let place: u32 = 0; place < LOG_PLACES; place++) {
    if (!isUsed(place) || !readLog(place, probe)) continue;
    const number = logAt(probe).number;
    if (found != NO_PLACE && number <= best) continue;
    best = number;
    found = place;
  }
  assert(found <= NO_PLACE, 'a place of the log, or none');
  if (found != NO_PLACE && !readLog(found, probe)) return NO_PLACE;
  return found;
}

/** The first blank place from `place` on in this sector, or the first of the sector `next`, erased. */
function blankFrom(place: u32, sector: u32, next: u32): u32 {
  assert(sector < SECTORS && next < SECTORS, 'a sector of the log');
  assert(place >= sector * PLACES_A_SECTOR, 'the search begins in the sector');
  for (let candidate = place; candidate < (sector + 1) * PLACES_A_SECTOR; candidate++) {
    if (isBlank(candidate)) return candidate;
  }
  flashErase(placeAddress(next * PLACES_A_SECTOR), MAP_SECTOR_SIZE);
  return flashWait() ? next * PLACES_A_SECTOR : NO_PLACE;
}

function isUsed(place: u32): bool {
  return read32(placeAddress(place)) != ERASED;
}

function isBlank(place: u32): bool {
  for (let read: u32 = 0; read < STABLE_READS; read++) {
    if (!isErased(placeAddress(place), LOG_SIZE)) return false;
  }
  return true;
}

function placeAddress(place: u32): u32 {
  assert(place < LOG_PLACES, 'a place of the log');
  assert(LOG_PLACES * LOG_SIZE == MAP_BOOT_LOG_SIZE, 'the records fill the log');
  return MAP_BOOT_LOG + place * LOG_SIZE;
}
