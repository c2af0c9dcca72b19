// The places of the calibration record in flash: four in each of two sectors, numbered through both.
//
// What must stay true: a power cut may leave bits that read as one or zero by chance. So what matters is read STABLE_READS times, and a place that does
// not read the same each time is neither blank nor a record.

import { read32 } from '../../protocol/guest/bus';
import { copyFromBus } from '../../protocol/guest/dma';
import { isErased } from '../../protocol/guest/flash-job';
import {
  CALIBRATION_MAGIC,
  CALIBRATION_MAGIC_VALUE,
  CALIBRATION_PLACE_SIZE,
  CALIBRATION_SEQUENCE,
  MAP_CALIBRATION_0,
  MAP_CALIBRATION_1,
  MAP_SECTOR_SIZE,
} from '../../protocol/guest/generated/constants';
import { isInRam } from '../../protocol/guest/ram';
import { sameBytes } from '../../protocol/guest/same-bytes';

export const PLACES: u32 = MAP_SECTOR_SIZE / CALIBRATION_PLACE_SIZE;
export const NO_PLACE: u32 = 2 * PLACES;
const STABLE_READS: u32 = 8;

const again: usize = memory.data(<i32>CALIBRATION_PLACE_SIZE, 8);

/** Whether the place reads as these bytes, again and again. */
export function readsAs(place: u32, record: usize, size: u32): bool {
  assert(record != again && isInRam(record, size), 'the record is in memory, and not what it is compared with');
  assert(size <= CALIBRATION_PLACE_SIZE, 'it has room in its place');
  for (let read: u32 = 0; read < STABLE_READS; read++) {
    copyFromBus(again, placeAddress(place), size);
    if (!sameBytes(again, record, size)) return false;
  }
  return true;
}

export function isBlank(place: u32): bool {
  assert(place < NO_PLACE, 'a place of the record');
  assert(STABLE_READS > 1, 'a bit that reads by chance shows in several readings');
  for (let read: u32 = 0; read < STABLE_READS; read++) {
    if (!isErased(placeAddress(place), CALIBRATION_PLACE_SIZE)) return false;
  }
  return true;
}

export function placeAddress(place: u32): u32 {
  assert(place < NO_PLACE, 'a place of the record');
  assert(PLACES * CALIBRATION_PLACE_SIZE == MAP_SECTOR_SIZE, 'places fill their sector');
  const sector = place < PLACES ? MAP_CALIBRATION_0 : MAP_CALIBRATION_1;
  return sector + (place % PLACES) * CALIBRATION_PLACE_SIZE;
}

/** Newer is higher; of two places with the same sequence (a store tried twice) the later. */
export function rank(place: u32): u64 {
  assert(place < NO_PLACE, 'a place of the record');
  return ((<u64>read32(placeAddress(place) + CALIBRATION_SEQUENCE)) << 32) | place;
}

/** The place of the highest rank below `bound` among those that begin with the magic, or NO_PLACE. */
export function newestBelow(bound: u64): u32 {
  let best: u64 = 0;
  let found = NO_PLACE;
  for (let place: u32 = 0; place < NO_PLACE; place++) {
    if (read32(placeAddress(place) + CALIBRATION_MAGIC) != CALIBRATION_MAGIC_VALUE) continue;
    const candidate = rank(place);
    if (candidate >= bound || (found != NO_PLACE && candidate < best)) continue;
    best = candidate;
    found = place;
  }
  assert(found == NO_PLACE || best < bound, 'what was found is below the bound');
  assert(found <= NO_PLACE, 'a place of the record, or none');
  return found;
}
