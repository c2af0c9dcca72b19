// What the interlocks measure, straight from the registers: no interlock depends on the task that it guards.
//
// Each condition of the table in protocol/plant/interlocks.ts has a function `measureNAME` here; generated/measured.ts calls them. One condition
// is a verdict, not a measurement: OVER_BUDGET is what the budget task has stated (in-force/statement.ts), because the budget counts for how
// long shedding did not help. Temperatures are converted again, from the readings of the last scan; a rise is measured against a slow
// average of each channel, a few minutes long. What must stay true: a thermometer that cannot be read neither trips nor clears a
// temperature interlock.

import { NS_PER_MS } from '../../protocol/guest/clock';
import {
  CHANNEL_COUNT,
  CHANNEL_PLATE_4K,
  CHANNEL_PLATE_4K_B,
  FILTER_STALE_MS,
  HEATER_COUNT,
  SHED_SAFE_STATE,
} from '../../protocol/guest/generated/constants';
import {
  CLOCK_STATUS_LOCKED,
  OUTPUTS_STATE_HEATERS,
  RAILS_TRIPPED_UNDER_SHIFT,
  readClockStatus,
  readHeatersMeasured,
  readOutputsState,
  readThermometryFlags,
  readThermometryReading,
  readThermometrySequence,
  THERMOMETRY_FLAGS_VALID,
} from '../../protocol/guest/generated/registers';
import { ALL_RAILS, loadShed } from '../in-force/statement';
import { railTrips, settleRailTrips } from '../sense/comparators';
import { microkelvinOf, NO_TEMPERATURE } from '../sense/convert';
import { AVERAGE_SHIFT, explainedMicrokelvin, forgetLoad, measureLoad, toldMicrowatts } from './load';

/** The value of a condition whose quantity cannot be read at present: its interlock stays as it is. */
export const NOT_MEASURABLE: u32 = u32.MAX_VALUE;

/** Microkelvin of the last scan by channel; NO_TEMPERATURE when it is not readable. */
const temperatures = memory.data(<i32>(CHANNEL_COUNT * 4), 4);
/** Averages by channel, in 1/512 of a microkelvin; 0: none yet. */
const averages = memory.data(<i32>(CHANNEL_COUNT * 8), 8);
let sequence: u32 = 0;
let scannedNs: u64 = 0;
/** When the conditions were looked at last, and whether the gate of the heaters was open then. */
let lookedNs: u64 = 0;
let heats: bool = false;

/** Begins a look at the conditions at a time that is now: takes in the last scan, when there is a new one, and what several conditions need. */
export function measureConditions(nowNs: u64): void {
  heats = (readOutputsState() & OUTPUTS_STATE_HEATERS) != 0;
  const scan = readThermometrySequence();
  if (scan != sequence) takeScan(scan, nowNs);
  settleRailTrips();
  lookedNs = nowNs;
  assert(lookedNs >= scannedNs, 'time does not run backwards');
}

function takeScan(scan: u32, nowNs: u64): void {
  assert(scan != 0, 'a scan that ended is counted');
  sequence = scan;
  scannedNs = nowNs;
  measureLoad(heats, nowNs);
  for (let channel: u32 = 0; channel < CHANNEL_COUNT; channel++) measureChannel(channel);
}

function measureChannel(channel: u32): void {
  assert(channel < CHANNEL_COUNT, 'a channel that there is');
  const valid = (readThermometryFlags(channel) & THERMOMETRY_FLAGS_VALID) != 0;
  const microkelvin = valid ? microkelvinOf(channel, readThermometryReading(channel)) : NO_TEMPERATURE;
  store<u32>(temperatures + ((<usize>channel) << 2), microkelvin);
  if (microkelvin == NO_TEMPERATURE) return;
  const place = averages + ((<usize>channel) << 3);
  const average = load<u64>(place);
  const exact = (<u64>microkelvin) << AVERAGE_SHIFT;
  const next = average == 0 ? exact : average - (average >> AVERAGE_SHIFT) + <u64>microkelvin;
  assert(next >> AVERAGE_SHIFT <= <u64>u32.MAX_VALUE, 'an average is a temperature');
  store<u64>(place, next);
}

/** From now on a rise is measured from where each channel is. */
export function forgetAverages(): void {
  memory.fill(averages, 0, <usize>CHANNEL_COUNT * 8);
  forgetLoad();
  assert(riseOf(CHANNEL_PLATE_4K) == 0 && explainedMicrokelvin() == 0, 'where each channel is, nothing has risen');
}

/** Microkelvin of a channel. */
export function measureHot(channel: u32): u32 {
  const warmest = hottest(channel);
  assert(warmest != NOT_MEASURABLE, 'a temperature is below what its word holds');
  return warmest == NO_TEMPERATURE ? NOT_MEASURABLE : warmest;
}

/** Microkelvin by which a channel is above its average and above what its load explains. */
export function measureRise(channel: u32): u32 {
  if (hottest(channel) == NO_TEMPERATURE) return NOT_MEASURABLE;
  if (channel != CHANNEL_PLATE_4K) {
    assert(riseOf(channel) <= hottest(channel), 'a channel cannot rise by more than its temperature');
    return riseOf(channel);
  }
  const explained = explainedMicrokelvin();
  const seen = riseOfPlate();
  assert(seen <= hottest(CHANNEL_PLATE_4K), 'a plate cannot rise by more than its temperature');
  return seen > explained ? seen - explained : 0;
}

/** 1 while the 4 K plate cannot be measured, or nothing is scanned any more. */
export function measureBlind(_subject: u32): u32 {
  assert(lookedNs >= scannedNs, 'a scan is taken in before a look, or by it');
  assert(sequence == 0 || scannedNs != 0, 'a scan that was taken in has a time');
  if (lookedNs - scannedNs > FILTER_STALE_MS * NS_PER_MS) return 1;
  return sequence != 0 && hottest(CHANNEL_PLATE_4K) == NO_TEMPERATURE ? 1 : 0;
}

/** The most microwatts that any heater gives above what its driver was told. */
export function measureRunaway(_subject: u32): u32 {
  let most: u32 = 0;
  for (let heater: u32 = 0; heater < HEATER_COUNT; heater++) {
    const flows = readHeatersMeasured(heater);
    // Without a current nothing is above what was told, whatever that was.
    if (flows == 0) continue;
    const told = heats ? toldMicrowatts(heater) : 0;
    if (flows > told) most = max(most, flows - told);
  }
  return most;
}

/** 1 while the comparator of one of these rails has tripped. */
export function measureRailTripped(rails: u32): u32 {
  assert(rails != 0, 'a mask of rails');
  assert(
    (rails & ~(ALL_RAILS | (ALL_RAILS << RAILS_TRIPPED_UNDER_SHIFT))) == 0,
    'rails that there are: too high, and too low in the second byte',
  );
  return (railTrips() & rails) != 0 ? 1 : 0;
}

/** 1 while the loop is not locked. */
export function measureClockGone(_subject: u32): u32 {
  return (readClockStatus() & CLOCK_STATUS_LOCKED) == 0 ? 1 : 0;
}

/** 1 while the budget says that shedding load was not enough. */
export function measureOverBudget(_subject: u32): u32 {
  return loadShed() == SHED_SAFE_STATE ? 1 : 0;
}

function temperature(channel: u32): u32 {
  assert(channel < CHANNEL_COUNT, 'a channel that there is');
  return load<u32>(temperatures + ((<usize>channel) << 2));
}

/** The 4 K plate has two thermometers: the warmer counts. */
function hottest(channel: u32): u32 {
  if (channel != CHANNEL_PLATE_4K) return temperature(channel);
  assert(NO_TEMPERATURE == 0, 'a thermometer that is not readable is never the warmer one');
  const warmer = max(temperature(CHANNEL_PLATE_4K), temperature(CHANNEL_PLATE_4K_B));
  assert(warmer >= temperature(CHANNEL_PLATE_4K), 'the warmer one counts');
  return warmer;
}

function riseOfPlate(): u32 {
  // Where both are readable a rise is one that both see: one thermometer alone is a fault of the thermometer.
  const first = riseOf(CHANNEL_PLATE_4K);
  const second = riseOf(CHANNEL_PLATE_4K_B);
  assert(first == 0 || temperature(CHANNEL_PLATE_4K) != NO_TEMPERATURE, 'a rise is one of a temperature');
  assert(second == 0 || temperature(CHANNEL_PLATE_4K_B) != NO_TEMPERATURE, 'a rise is one of a temperature');
  if (temperature(CHANNEL_PLATE_4K) == NO_TEMPERATURE) return second;
  return temperature(CHANNEL_PLATE_4K_B) == NO_TEMPERATURE ? first : min(first, second);
}

function riseOf(channel: u32): u32 {
  assert(channel < CHANNEL_COUNT, 'a channel that there is');
  const average = <u32>(load<u64>(averages + ((<usize>channel) << 3)) >> AVERAGE_SHIFT);
  const now = temperature(channel);
  // After a trip was cleared there is no average until the next scan.
  return now > average && average != 0 ? now - average : 0;
}
