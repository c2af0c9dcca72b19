// Thermometry: what each plate's temperature is, and whether its thermometer is to be believed.
//
// Released by the scanner's line; should no scan come, by time. Every good reading goes into a median of three. A bad one (open, short, off
// the curve, a jump no plate makes) is left out and counts strikes; a contact that comes and goes is not believed until it has
// been good for a while. What must stay true: a temperature that is given out is the median of readings that made sense.
//
//   record of a channel, 32 bytes
//     0  u32  median, microkelvin      4  12 bytes: last three       16 u32  how many of these
//    20  u32  last raw reading        24 u16  how often in a row    26 u8  strikes    27 u8  state    28 u32  bad in a row

import { NS_PER_MS, uptimeNs } from '../../protocol/guest/clock';
import {
  CHANNEL_COUNT,
  CHANNEL_CP,
  CHANNEL_MXC,
  CHANNEL_PLATE_4K,
  CHANNEL_PLATE_4K_B,
  CHANNEL_PLATE_50K,
  CHANNEL_STILL,
  EVENT_SENSOR_BACK,
  EVENT_SENSOR_LOST,
  FILTER_BAD_STRIKES,
  FILTER_DISAGREE_MICROKELVIN,
  FILTER_LOST_STRIKES,
  FILTER_STALE_MS,
  FILTER_STUCK_READINGS,
  SENSOR_BELIEVED,
  SENSOR_DISAGREES,
  SENSOR_JUMP,
  SENSOR_OPEN,
  SENSOR_RANGE,
  SENSOR_SHORT,
  SENSOR_STALE,
  SENSOR_STUCK,
  SENSOR_UNKNOWN,
} from '../../protocol/guest/generated/constants';
import { EXCITATIONS } from '../../protocol/guest/generated/plant';
import {
  readThermometryFlags,
  readThermometryReading,
  readThermometrySequence,
  THERMOMETRY_CONTROL_ENABLE,
  THERMOMETRY_CONTROL_INTERRUPT,
  THERMOMETRY_FLAGS_OPEN,
  THERMOMETRY_FLAGS_SHORT,
  writeThermometryControl,
  writeThermometryExcitation,
} from '../../protocol/guest/generated/registers';
import { recordEvent } from '../../protocol/guest/record-event';
import { wakeTask } from '../kernel/releases';
import { TASK_THERMOMETRY } from '../kernel/tasks';
import { microkelvinOf, NO_TEMPERATURE } from './convert';

const RECORD_SIZE: usize = 32;
const records = memory.data(192, 4);
/** Bad readings in a row after which the plate may really have moved: the median begins anew. */
const JUMPS_BELIEVED: u32 = 4;

let sequence: u32 = 0;

function record(channel: u32): usize {
  assert(channel < CHANNEL_COUNT && CHANNEL_COUNT * RECORD_SIZE <= 192, 'a channel, and room for its record');
  return records + <usize>channel * RECORD_SIZE;
}

/** Microkelvin, or NO_TEMPERATURE while the thermometer is not believed. */
export function temperatureMicrokelvin(channel: u32): u32 {
  return channelState(channel) == SENSOR_BELIEVED ? load<u32>(record(channel)) : NO_TEMPERATURE;
}

/** SENSOR_* */
export function channelState(channel: u32): u32 {
  return load<u8>(record(channel), 27);
}

/** Whether a thermometer that has been read is not believed. */
export function sensorsImpaired(): bool {
  for (let channel: u32 = 0; channel < CHANNEL_COUNT; channel++) {
    const state = channelState(channel);
    if (state != SENSOR_BELIEVED && state != SENSOR_UNKNOWN) return true;
  }
  return false;
}

/** The 4 K plate: of its two thermometers that are believed, or merely disagree, the warmer. NO_TEMPERATURE when there is none. */
export function plateMicrokelvin(): u32 {
  return max(usable(CHANNEL_PLATE_4K), usable(CHANNEL_PLATE_4K_B));
}

function usable(channel: u32): u32 {
  const state = channelState(channel);
  return state == SENSOR_BELIEVED || state == SENSOR_DISAGREES ? load<u32>(record(channel)) : NO_TEMPERATURE;
}

export function startThermometry(): void {
  for (let channel: u32 = 0; channel < CHANNEL_COUNT; channel++) {
    memory.fill(record(channel), 0, RECORD_SIZE);
    store<u8>(record(channel), <u8>SENSOR_UNKNOWN, 27);
    writeThermometryExcitation(channel, load<u32>(EXCITATIONS + ((<usize>channel) << 2)));
  }
  writeThermometryControl(THERMOMETRY_CONTROL_ENABLE | THERMOMETRY_CONTROL_INTERRUPT);
  wakeTask(TASK_THERMOMETRY, uptimeNs() + FILTER_STALE_MS * NS_PER_MS);
}

export function runThermometry(): void {
  const now = readThermometrySequence();
  wakeTask(TASK_THERMOMETRY, uptimeNs() + FILTER_STALE_MS * NS_PER_MS);
  if (now == sequence) {
    for (let channel: u32 = 0; channel < CHANNEL_COUNT; channel++) judge(channel, SENSOR_STALE);
    return;
  }
  sequence = now;
  for (let channel: u32 = 0; channel < CHANNEL_COUNT; channel++) take(channel);
  compare();
}

/** One reading of one channel. */
function take(channel: u32): void {
  const entry = record(channel);
  const reading = readThermometryReading(channel);
  const microkelvin = microkelvinOf(channel, reading);
  const wrong = whatIsWrong(channel, reading, microkelvin);
  if (wrong != SENSOR_BELIEVED) {
    strike(channel, wrong);
    return;
  }
  keep(entry, microkelvin);
  store<u32>(entry, 0, 28);
  const strikes = load<u8>(entry, 26);
  if (strikes != 0) store<u8>(entry, strikes - 1, 26);
  // Only comparing both again ends a disagreement.
  if (strikes <= 1 && channelState(channel) != SENSOR_DISAGREES) judge(channel, SENSOR_BELIEVED);
}

/** SENSOR_BELIEVED, or why a reading makes no sense. */
function whatIsWrong(channel: u32, reading: u32, microkelvin: u32): u32 {
  const entry = record(channel);
  const flags = readThermometryFlags(channel);
  if ((flags & THERMOMETRY_FLAGS_OPEN) != 0) return SENSOR_OPEN;
  if ((flags & THERMOMETRY_FLAGS_SHORT) != 0) return SENSOR_SHORT;
  if (microkelvin == NO_TEMPERATURE) return SENSOR_RANGE;
  const same: u32 = reading == load<u32>(entry, 20) ? <u32>load<u16>(entry, 24) + 1 : 0;
  store<u32>(entry, reading, 20);
  store<u16>(entry, <u16>min<u32>(same, 0xffff), 24);
  if (same >= FILTER_STUCK_READINGS) return SENSOR_STUCK;
  if (load<u32>(entry, 16) == 0 || distance(microkelvin, load<u32>(entry)) <= jumpMicrokelvin(channel)) {
    return SENSOR_BELIEVED;
  }
  if (load<u32>(entry, 28) < JUMPS_BELIEVED) return SENSOR_JUMP;
  // It stays where it jumped to: the plate is there.
  store<u32>(entry, 0, 16);
  return SENSOR_BELIEVED;
}

/** A reading that makes no sense. */
function strike(channel: u32, why: u32): void {
  const entry = record(channel);
  const strikes = min<u32>(<u32>load<u8>(entry, 26) + FILTER_BAD_STRIKES, 2 * FILTER_LOST_STRIKES);
  store<u8>(entry, <u8>strikes, 26);
  store<u32>(entry, load<u32>(entry, 28) + 1, 28);
  if (strikes >= FILTER_LOST_STRIKES) judge(channel, why);
}

/** Two thermometers sit on the 4 K plate: while both make sense they must agree. */
function compare(): void {
  const first = usable(CHANNEL_PLATE_4K);
  const second = usable(CHANNEL_PLATE_4K_B);
  if (first == NO_TEMPERATURE || second == NO_TEMPERATURE) return;
  const limit = FILTER_DISAGREE_MICROKELVIN;
  const differ = distance(first, second) > limit;
  const differed = channelState(CHANNEL_PLATE_4K) == SENSOR_DISAGREES;
  // Half of the limit ends what the whole of it began.
  if (differed && !differ && distance(first, second) > limit / 2) return;
  judge(CHANNEL_PLATE_4K, differ ? SENSOR_DISAGREES : SENSOR_BELIEVED);
  judge(CHANNEL_PLATE_4K_B, differ ? SENSOR_DISAGREES : SENSOR_BELIEVED);
}

function judge(channel: u32, state: u32): void {
  const entry = record(channel);
  const before = <u32>load<u8>(entry, 27);
  if (before == state) return;
  store<u8>(entry, <u8>state, 27);
  // That a thermometer works from the start is no news.
  if (state == SENSOR_BELIEVED && before == SENSOR_UNKNOWN) return;
  if (state == SENSOR_BELIEVED) recordEvent(EVENT_SENSOR_BACK, channel, load<u32>(entry));
  else if (before == SENSOR_BELIEVED || before == SENSOR_UNKNOWN) recordEvent(EVENT_SENSOR_LOST, channel, state);
}

/** Adds to the last three and takes their median. */
function keep(entry: usize, microkelvin: u32): void {
  const count = load<u32>(entry, 16);
  store<u32>(entry, load<u32>(entry, 8), 12);
  store<u32>(entry, load<u32>(entry, 4), 8);
  store<u32>(entry, microkelvin, 4);
  store<u32>(entry, min<u32>(count + 1, 3), 16);
  if (count < 2) {
    store<u32>(entry, microkelvin);
    return;
  }
  const a = load<u32>(entry, 4);
  const b = load<u32>(entry, 8);
  const c = load<u32>(entry, 12);
  store<u32>(entry, max(min(a, b), min(max(a, b), c)));
}

function distance(a: u32, b: u32): u32 {
  return a > b ? a - b : b - a;
}

/** What a plate can move by between two scans, at most: its heat capacity and the largest load there is say so. */
function jumpMicrokelvin(channel: u32): u32 {
  switch (channel) {
    case CHANNEL_PLATE_50K:
      return 5_000_000;
    case CHANNEL_PLATE_4K:
    case CHANNEL_PLATE_4K_B:
      return 1_000_000;
    case CHANNEL_STILL:
      return 400_000;
    case CHANNEL_CP:
      return 200_000;
    default:
      assert(channel == CHANNEL_MXC, 'every channel has a limit');
      return 200_000;
  }
}
