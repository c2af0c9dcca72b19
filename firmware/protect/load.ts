// How much warmer the 4 K plate should be because of what the chip does now: the part of a rise that is expected.
//
// Measured here from the counters and from what the plate's heater was told, not taken from the budget task: an interlock does not depend on the
// task that it guards. The plate follows its load within seconds, so a load that has just ended still explains the warmth that is left of it. What must
// stay true: what was not counted or told explains nothing.

import {
  BUDGET_PLATE_NANOKELVIN_PER_MICROWATT,
  HEATER_COUNT,
  HEATER_PLATE_4K,
} from '../../protocol/guest/generated/constants';
import { HEATER_FULL_SCALES } from '../../protocol/guest/generated/plant';
import { HEATERS_DUTY_DUTY, readHeatersDuty } from '../../protocol/guest/generated/registers';
import { ACTIVITY_COUNTS_SIZE, microwattsOf, spentPicojoules } from './activity';

/** An average follows what it averages by this part of the distance: about four minutes at two scans a second. */
export const AVERAGE_SHIFT: u32 = 9;
/** What has gone fades by an eighth a scan: about four seconds. */
const FADE_SHIFT: u32 = 3;

const counts = memory.data(<i32>ACTIVITY_COUNTS_SIZE, 4);
let lastNs: u64 = 0;
/** Average load in 1/512 uW; 0: none yet. */
let average: u64 = 0;
let recentMicrowatts: u64 = 0;

/** Takes in what was done from the last scan until now. `heats`: the gate of the heaters is open. */
export function measureLoad(heats: bool, now: u64): void {
  assert(now >= lastNs, 'time does not run backwards');
  const microwatts =
    microwattsOf(spentPicojoules(counts), now - lastNs) + (heats ? toldMicrowatts(HEATER_PLATE_4K) : 0);
  assert(microwatts >> (64 - AVERAGE_SHIFT) == 0, 'an average that fits its word');
  lastNs = now;
  recentMicrowatts = max<u64>(microwatts, recentMicrowatts - (recentMicrowatts >> FADE_SHIFT));
  assert(recentMicrowatts >= microwatts, 'what is done now explains at least itself');
  average = average == 0 ? microwatts << AVERAGE_SHIFT : average - (average >> AVERAGE_SHIFT) + microwatts;
}

/** From now on a load is explained from where it is. */
export function forgetLoad(): void {
  average = 0;
  recentMicrowatts = 0;
  assert(explainedMicrokelvin() == 0, 'no load explains a rise any more');
}

export function explainedMicrokelvin(): u32 {
  const usual = average >> AVERAGE_SHIFT;
  if (recentMicrowatts <= usual) return 0;
  assert(
    recentMicrowatts - usual <= u64.MAX_VALUE / BUDGET_PLATE_NANOKELVIN_PER_MICROWATT,
    'a product that fits its word',
  );
  const microkelvin = ((recentMicrowatts - usual) * BUDGET_PLATE_NANOKELVIN_PER_MICROWATT) / 1000;
  return <u32>min<u64>(microkelvin, u32.MAX_VALUE);
}

/** What a heater's driver was told to give; it gives nothing while the gate is closed. */
export function toldMicrowatts(heater: u32): u32 {
  assert(heater < HEATER_COUNT, 'a heater that there is');
  const fullScale = load<u32>(HEATER_FULL_SCALES + ((<usize>heater) << 2));
  assert(fullScale != 0, 'a heater gives something');
  const told = <u32>((<u64>fullScale * <u64>readHeatersDuty(heater)) / HEATERS_DUTY_DUTY);
  assert(told <= fullScale, 'no heater is told more than its full scale');
  return told;
}
