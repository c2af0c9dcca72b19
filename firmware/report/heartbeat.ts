// Heartbeat: once a second the record of protocol/telemetry/heartbeat.ts, where a debugger finds it, then the event that says it is whole.

import { slotState } from '../../bootloader/image/state/boot-state';
import { NS_PER_SECOND } from '../../protocol/guest/clock';
import {
  BEAT_BUDGET_MICROWATTS,
  BEAT_CHANNELS,
  BEAT_FAULT_CAUSE,
  BEAT_FAULT_COUNT,
  BEAT_HEALTH,
  BEAT_IMAGE_HASH,
  BEAT_LAST_TRIP,
  BEAT_LEAST_SLACK_TASK,
  BEAT_LEAST_SLACK_US,
  BEAT_POWER_MICROWATTS,
  BEAT_RAILS_GOOD,
  BEAT_REFERENCE,
  BEAT_SEQUENCE,
  BEAT_SHED,
  BEAT_SLOT,
  BEAT_SLOT_STATE,
  BEAT_TEMPERATURES,
  BEAT_TRIPPED,
  BEAT_UPTIME_SECONDS,
  BEAT_VERSION,
  BEAT_VERSION_NUMBER,
  BEAT_WORDS,
  CHANNEL_COUNT,
  EVENT_HEARTBEAT,
  HANDOVER_HASH,
  SENSOR_TRUSTED,
} from '../../protocol/guest/generated/constants';
import {
  readInterlockLast,
  readInterlockTripped,
  readRailsGood,
  readResetFaultCause,
  readResetFaultCount,
  readResetMailbox,
  writeRecorderHeartbeat,
} from '../../protocol/guest/generated/registers';
import { recordEvent } from '../../protocol/guest/record-event';
import { loadShed } from '../in-force/statement';
import { runningSlot } from '../kernel/handover';
import { taskStartNs } from '../kernel/scheduler';
import { recordOf } from '../kernel/statistics';
import { TASK_COUNT, TASK_NUMBERS, taskAt } from '../kernel/tasks';
import { allowedMicrowatts, estimatedMicrowatts } from '../protect/budget';
import { healthWordAt } from '../protect/health';
import { clockState } from '../sense/clock';
import { channelState, temperatureMicrokelvin } from '../sense/thermometry';

const HASH_WORDS: u32 = 8;

/** The words of the record, for those who tell of it: to read them back from the recorder takes an access each. */
const beat: usize = memory.data(<i32>(BEAT_WORDS * 4), 4);
let sequence: u32 = 0;

export function heartbeatSequence(): u32 {
  assert(beatWord(BEAT_VERSION) == BEAT_VERSION_NUMBER, 'the record was started');
  return sequence;
}

/** A word of the record: BEAT_*. */
export function beatWord(word: u32): u32 {
  assert(word < BEAT_WORDS, 'a word of the record');
  assert((beat & 3) == 0, 'a word stands where a word may stand');
  return load<u32>(beat + (word << 2));
}

export function startHeartbeat(): void {
  assert(sequence == 0, 'heartbeats are started once');
  assert(CHANNEL_COUNT <= 32, 'a bit for every thermometer');
  assert(BEAT_IMAGE_HASH + HASH_WORDS <= BEAT_TEMPERATURES, 'the hash ends before the next word');
  tell(BEAT_VERSION, BEAT_VERSION_NUMBER);
  tell(BEAT_SLOT, runningSlot());
  for (let word: u32 = 0; word < HASH_WORDS; word++)
    tell(BEAT_IMAGE_HASH + word, readResetMailbox(HANDOVER_HASH + word));
}

export function runHeartbeat(): void {
  assert(BEAT_CHANNELS < BEAT_WORDS, 'every word has its place in the record');
  sequence++;
  assert(sequence != 0, 'a sequence number is never used twice');
  const now = taskStartNs();
  const health = healthWordAt(now);
  tell(BEAT_SEQUENCE, sequence);
  tell(BEAT_UPTIME_SECONDS, <u32>(now / NS_PER_SECOND));
  tell(BEAT_HEALTH, health);
  tell(BEAT_SLOT_STATE, slotState(runningSlot()));
  tell(BEAT_FAULT_CAUSE, readResetFaultCause());
  tell(BEAT_FAULT_COUNT, readResetFaultCount());
  tell(BEAT_TRIPPED, readInterlockTripped());
  tell(BEAT_LAST_TRIP, readInterlockLast());
  tell(BEAT_POWER_MICROWATTS, estimatedMicrowatts());
  tell(BEAT_BUDGET_MICROWATTS, allowedMicrowatts());
  tell(BEAT_SHED, loadShed());
  tell(BEAT_RAILS_GOOD, readRailsGood());
  tell(BEAT_REFERENCE, clockState());
  writeTemperatures();
  writeSlack();
  assert(beatWord(BEAT_SEQUENCE) == sequence, 'the record is whole before it is announced');
  recordEvent(EVENT_HEARTBEAT, sequence, health);
}

function tell(word: u32, value: u32): void {
  assert(word < BEAT_WORDS, 'a word of the record');
  store<u32>(beat + (word << 2), value);
  writeRecorderHeartbeat(word, value);
}

function writeTemperatures(): void {
  assert(BEAT_TEMPERATURES + CHANNEL_COUNT <= BEAT_LEAST_SLACK_US, 'temperatures end before the next word');
  let trusted: u32 = 0;
  for (let channel: u32 = 0; channel < CHANNEL_COUNT; channel++) {
    tell(BEAT_TEMPERATURES + channel, temperatureMicrokelvin(channel));
    if (channelState(channel) == SENSOR_TRUSTED) trusted |= 1 << channel;
  }
  assert(popcnt(trusted) <= CHANNEL_COUNT, 'one bit a thermometer');
  tell(BEAT_CHANNELS, trusted);
}

function writeSlack(): void {
  let least: i32 = i32.MAX_VALUE;
  let tightest: u32 = 0;
  for (let position: u32 = 0; position < TASK_COUNT; position++) {
    const task = taskAt(position);
    const slackUs = recordOf(task).leastSlackUs;
    if (slackUs >= least) continue;
    least = slackUs;
    tightest = task;
  }
  assert(least <= recordOf(taskAt(0)).leastSlackUs, 'no task has less');
  assert(tightest < TASK_NUMBERS, 'a number of the manifest');
  tell(BEAT_LEAST_SLACK_US, <u32>least);
  tell(BEAT_LEAST_SLACK_TASK, tightest);
}
