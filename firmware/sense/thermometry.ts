// Thermometry: the temperature of each plate, and whether its thermometer is trusted.
//
// Released by the scanner's line; should no scan come, by time. Every good reading goes into a median of three. A bad one (open, short, off
// the curve, a jump no plate makes) is left out and counts strikes; a contact that comes and goes is not trusted until it has
// been good for a while. What must stay true: a temperature that is given out is the median of readings that made sense.

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
  SENSOR_DISAGREES,
  SENSOR_JUMP,
  SENSOR_OPEN,
  SENSOR_RANGE,
  SENSOR_SHORT,
  SENSOR_STALE,
  SENSOR_STUCK,
  SENSOR_TRUSTED,
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
import { areOffsetsOld, corrected, shifted, takeOffset } from './offsets';

/** Bad readings in a row after which the plate may really have moved: the median begins anew. */
const JUMPS_TRUSTED: u32 = 4;

/** What is known of a channel. */
@unmanaged
class ChannelRecord {
  medianMicrokelvin: u32 = 0;
  /** The last three good readings, the newest first, and how many of them there are. */
  newest: u32 = 0;
  second: u32 = 0;
  third: u32 = 0;
  kept: u32 = 0;
  /** The last raw reading, and how often it came in a row. */
  reading: u32 = 0;
  repeats: u32 = 0;
  strikes: u32 = 0;
  /** SENSOR_* */
  state: u32 = 0;
  badInARow: u32 = 0;
}

const RECORD_SIZE: u32 = 40;
const records = memory.data(<i32>(CHANNEL_COUNT * RECORD_SIZE), 4);

let sequence: u32 = 0;

function record(channel: u32): ChannelRecord {
  assert(channel < CHANNEL_COUNT, 'a channel that there is');
  assert(offsetof<ChannelRecord>() == RECORD_SIZE, 'room for each record');
  return changetype<ChannelRecord>(records + <usize>(channel * RECORD_SIZE));
}

/** Microkelvin, or NO_TEMPERATURE while the thermometer is not trusted. */
export function temperatureMicrokelvin(channel: u32): u32 {
  if (channelState(channel) != SENSOR_TRUSTED) return NO_TEMPERATURE;
  const entry = record(channel);
  assert(entry.kept != 0, 'a thermometer that is trusted has been read');
  assert(entry.medianMicrokelvin != NO_TEMPERATURE, 'and what it read is a temperature');
  return entry.medianMicrokelvin;
}

/** Microkelvin, also while the two thermometers of a plate disagree: what either of them says. NO_TEMPERATURE while it says nothing. */
export function readMicrokelvin(channel: u32): u32 {
  const state = channelState(channel);
  assert(SENSOR_TRUSTED != SENSOR_DISAGREES, 'two verdicts');
  return state == SENSOR_TRUSTED || state == SENSOR_DISAGREES ? record(channel).medianMicrokelvin : NO_TEMPERATURE;
}

/** SENSOR_* */
export function channelState(channel: u32): u32 {
  const state = record(channel).state;
  assert(state <= SENSOR_DISAGREES, 'a state that there is');
  assert(state != SENSOR_DISAGREES || channel == CHANNEL_PLATE_4K || channel == CHANNEL_PLATE_4K_B, 'two of one plate');
  return state;
}

/** Whether a thermometer that has been read is not trusted. */
export function sensorsImpaired(): bool {
  assert(SENSOR_TRUSTED == 0, 'a record that was never written would be trusted: startThermometry comes first');
  for (let channel: u32 = 0; channel < CHANNEL_COUNT; channel++) {
    const state = channelState(channel);
    if (state != SENSOR_TRUSTED && state != SENSOR_UNKNOWN) return true;
  }
  return false;
}

/** The 4 K plate: of its two thermometers that are trusted, or merely disagree, the warmer. NO_TEMPERATURE when there is none. */
export function plateMicrokelvin(): u32 {
  assert(NO_TEMPERATURE == 0, 'a thermometer that is not usable is never the warmer one');
  return max(usable(CHANNEL_PLATE_4K), usable(CHANNEL_PLATE_4K_B));
}

function usable(channel: u32): u32 {
  assert(channel == CHANNEL_PLATE_4K || channel == CHANNEL_PLATE_4K_B, 'a thermometer of the 4 K plate');
  return readMicrokelvin(channel);
}

export function startThermometry(): void {
  for (let channel: u32 = 0; channel < CHANNEL_COUNT; channel++) {
    memory.fill(changetype<usize>(record(channel)), 0, RECORD_SIZE);
    record(channel).state = SENSOR_UNKNOWN;
    const nanoamperes = load<u32>(EXCITATIONS + ((<usize>channel) << 2));
    assert(nanoamperes != 0, 'a thermometer without current reads nothing');
    writeThermometryExcitation(channel, nanoamperes);
  }
  writeThermometryControl(THERMOMETRY_CONTROL_ENABLE | THERMOMETRY_CONTROL_INTERRUPT);
  wakeTask(TASK_THERMOMETRY, uptimeNs() + FILTER_STALE_MS * NS_PER_MS);
}

export function runThermometry(): void {
  const now = readThermometrySequence();
  wakeTask(TASK_THERMOMETRY, uptimeNs() + FILTER_STALE_MS * NS_PER_MS);
  if (now == sequence) {
    for (let channel: u32 = 0; channel < CHANNEL_COUNT; channel++) judge(channel, SENSOR_STALE);
    assert(plateMicrokelvin() == NO_TEMPERATURE, 'a scanner that stands still measures no plate');
    return;
  }
  assert(now != 0, 'a scan that ended is counted');
  sequence = now;
  if (areOffsetsOld()) followRecord();
  for (let channel: u32 = 0; channel < CHANNEL_COUNT; channel++) take(channel);
  compare();
}

/** What was read before another record came into force is corrected by it as well: otherwise every thermometer would seem to jump. */
function followRecord(): void {
  assert(areOffsetsOld(), 'there is another record');
  for (let channel: u32 = 0; channel < CHANNEL_COUNT; channel++) {
    const entry = record(channel);
    const by = takeOffset(channel);
    if (entry.kept == 0 || by == 0) continue;
    entry.newest = shifted(entry.newest, by);
    entry.second = shifted(entry.second, by);
    entry.third = shifted(entry.third, by);
    entry.medianMicrokelvin = shifted(entry.medianMicrokelvin, by);
    assert(entry.medianMicrokelvin != NO_TEMPERATURE, 'the median of temperatures is one');
  }
}

/** One reading of one channel. */
function take(channel: u32): void {
  const entry = record(channel);
  const reading = readThermometryReading(channel);
  const microkelvin = corrected(channel, microkelvinOf(channel, reading));
  const wrong = whatIsWrong(channel, reading, microkelvin);
  if (wrong != SENSOR_TRUSTED) {
    strike(channel, wrong);
    return;
  }
  assert(microkelvin != NO_TEMPERATURE, 'what makes sense is a temperature');
  keep(entry, microkelvin);
  entry.badInARow = 0;
  const strikes = entry.strikes;
  if (strikes != 0) entry.strikes = strikes - 1;
  // Only comparing both again ends a disagreement.
  if (strikes <= 1 && entry.state != SENSOR_DISAGREES) judge(channel, SENSOR_TRUSTED);
}

/** SENSOR_TRUSTED, or why a reading makes no sense. */
function whatIsWrong(channel: u32, reading: u32, microkelvin: u32): u32 {
  const entry = record(channel);
  const flags = readThermometryFlags(channel);
  if ((flags & THERMOMETRY_FLAGS_OPEN) != 0) return SENSOR_OPEN;
  if ((flags & THERMOMETRY_FLAGS_SHORT) != 0) return SENSOR_SHORT;
  if (microkelvin == NO_TEMPERATURE) return SENSOR_RANGE;
  entry.repeats = reading == entry.reading ? min(entry.repeats + 1, FILTER_STUCK_READINGS) : 0;
  entry.reading = reading;
  if (entry.repeats >= FILTER_STUCK_READINGS) return SENSOR_STUCK;
  assert(entry.repeats < FILTER_STUCK_READINGS, 'what repeats too often is stuck');
  const isNear = distance(microkelvin, entry.medianMicrokelvin) <= jumpMicrokelvin(channel);
  if (entry.kept == 0 || isNear) return SENSOR_TRUSTED;
  if (entry.badInARow < JUMPS_TRUSTED) return SENSOR_JUMP;
  // Several readings agree with the jump, so the plate has really moved.
  entry.kept = 0;
  return SENSOR_TRUSTED;
}

/** A reading that makes no sense. */
function strike(channel: u32, why: u32): void {
  assert(why != SENSOR_TRUSTED && why <= SENSOR_DISAGREES, 'a strike has a reason');
  const entry = record(channel);
  entry.strikes = min<u32>(entry.strikes + FILTER_BAD_STRIKES, 2 * FILTER_LOST_STRIKES);
  assert(entry.strikes != 0, 'a strike counts');
  entry.badInARow++;
  if (entry.strikes >= FILTER_LOST_STRIKES) judge(channel, why);
}

/** Two thermometers sit on the 4 K plate: while both make sense they must agree. */
function compare(): void {
  const first = usable(CHANNEL_PLATE_4K);
  const second = usable(CHANNEL_PLATE_4K_B);
  if (first == NO_TEMPERATURE || second == NO_TEMPERATURE) return;
  const limit = FILTER_DISAGREE_MICROKELVIN;
  assert(limit != 0, 'two thermometers are never equal');
  const differ = distance(first, second) > limit;
  const differed = channelState(CHANNEL_PLATE_4K) == SENSOR_DISAGREES;
  // The disagreement begins at the limit and ends at half of it.
  if (differed && !differ && distance(first, second) > limit / 2) return;
  assert(first != NO_TEMPERATURE && second != NO_TEMPERATURE, 'two temperatures are compared');
  judge(CHANNEL_PLATE_4K, differ ? SENSOR_DISAGREES : SENSOR_TRUSTED);
  judge(CHANNEL_PLATE_4K_B, differ ? SENSOR_DISAGREES : SENSOR_TRUSTED);
}

function judge(channel: u32, state: u32): void {
  assert(state <= SENSOR_DISAGREES && state != SENSOR_UNKNOWN, 'a verdict says what is thought of a thermometer');
  const entry = record(channel);
  const before = entry.state;
  assert(state != SENSOR_TRUSTED || entry.kept != 0, 'nothing is trusted that was never read');
  if (before == state) return;
  entry.state = state;
  // When a thermometer works from the start, no event is recorded.
  if (state == SENSOR_TRUSTED && before == SENSOR_UNKNOWN) return;
  if (state == SENSOR_TRUSTED) recordEvent(EVENT_SENSOR_BACK, channel, entry.medianMicrokelvin);
  else if (before == SENSOR_TRUSTED || before == SENSOR_UNKNOWN) recordEvent(EVENT_SENSOR_LOST, channel, state);
}

/** Adds to the last three and takes their median. */
function keep(entry: ChannelRecord, microkelvin: u32): void {
  assert(microkelvin != NO_TEMPERATURE, 'only a temperature is kept');
  assert(entry.kept <= 3, 'three at most');
  const count = entry.kept;
  entry.third = entry.second;
  entry.second = entry.newest;
  entry.newest = microkelvin;
  entry.kept = min<u32>(count + 1, 3);
  const a = entry.newest;
  const b = entry.second;
  entry.medianMicrokelvin = count < 2 ? a : max(min(a, b), min(max(a, b), entry.third));
  assert(entry.medianMicrokelvin != NO_TEMPERATURE, 'the median of temperatures is one');
}

function distance(a: u32, b: u32): u32 {
  return a > b ? a - b : b - a;
}

/** What a plate can move by between two scans, at most: from its heat capacity and the largest load there is. */
function jumpMicrokelvin(channel: u32): u32 {
  if (CHANNEL_COUNT != 6) ERROR('a channel has no limit for what its plate can move by: add it to jumpMicrokelvin');
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
