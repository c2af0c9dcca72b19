// How much warmer the 4 K plate should be for what the chip does just now: the part of a rise that is no surprise.
//
// Measured here from the counters and from what the plate's heater was told, not taken from the budget task: an interlock believes nobody. The plate
// follows its load within seconds, so a load that has just gone still explains what is left of it. What must stay true: what was not counted or told explains nothing.

import { uptimeNs } from '../../protocol/guest/clock';
import {
  BUDGET_PLATE_NANOKELVIN_PER_MICROWATT,
  COUNTED_KINDS,
  HEATER_PLATE_4K,
} from '../../protocol/guest/generated/constants';
import { ENERGIES, HEATER_FULL_SCALES } from '../../protocol/guest/generated/plant';
import {
  OUTPUTS_STATE_HEATERS,
  readActivityCount,
  readHeatersDuty,
  readOutputsState,
} from '../../protocol/guest/generated/registers';

const FULL_DUTY: u64 = 0xffff;
/** Picojoules a nanosecond are milliwatts. */
const MICROWATTS_PER_PJ_PER_NS: u64 = 1000;
/** As the average of temperatures has it (conditions.ts). */
const AVERAGE_SHIFT: u32 = 9;
/** What has gone fades by an eighth a scan: about four seconds. */
const FADE_SHIFT: u32 = 3;

const counts = memory.data(24, 4);
let lastNs: u64 = 0;
/** Average load in 1/512 uW; 0: none yet. */
let average: u64 = 0;
let recentMicrowatts: u64 = 0;

/** Takes in what was done since the last scan. */
export function measureLoad(): void {
  const now = uptimeNs();
  const microwatts = activityMicrowatts(max<u64>(now - lastNs, 1)) + heaterMicrowatts();
  lastNs = now;
  recentMicrowatts = max<u64>(microwatts, recentMicrowatts - (recentMicrowatts >> FADE_SHIFT));
  average = average == 0 ? microwatts << AVERAGE_SHIFT : average - (average >> AVERAGE_SHIFT) + microwatts;
}

/** From now on a load is explained from where it is. */
export function forgetLoad(): void {
  average = 0;
  recentMicrowatts = 0;
}

export function explainedMicrokelvin(): u32 {
  const usual = average >> AVERAGE_SHIFT;
  if (recentMicrowatts <= usual) return 0;
  return <u32>(((recentMicrowatts - usual) * BUDGET_PLATE_NANOKELVIN_PER_MICROWATT) / 1000);
}

function activityMicrowatts(elapsedNs: u64): u64 {
  let picojoules: u64 = 0;
  for (let kind: u32 = 0; kind < COUNTED_KINDS; kind++) {
    const place = counts + ((<usize>kind) << 2);
    const count = readActivityCount(kind);
    picojoules += <u64>(count - load<u32>(place)) * <u64>load<u32>(ENERGIES + ((<usize>kind) << 2));
    store<u32>(place, count);
  }
  return (picojoules * MICROWATTS_PER_PJ_PER_NS) / elapsedNs;
}

function heaterMicrowatts(): u64 {
  if ((readOutputsState() & OUTPUTS_STATE_HEATERS) == 0) return 0;
  return (<u64>load<u32>(HEATER_FULL_SCALES) * <u64>readHeatersDuty(HEATER_PLATE_4K)) / FULL_DUTY;
}
