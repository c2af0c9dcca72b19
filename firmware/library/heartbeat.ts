// The heartbeat: once a second the record of protocol/telemetry/heartbeat.ts, then the event that says it is whole.
//
// Words about sensors, power and interlocks stay zero, which means that they are not known; firmware that has them writes them itself
// (writeRecorderHeartbeat) before it calls `runHeartbeat`.

import { slotState } from '../../bootloader/image/state/boot-state';
import { writeArrayStart, writeEnd, writeText, writeUnsigned } from '../../protocol/guest/cbor-writer';
import { NS_PER_SECOND, uptimeNs } from '../../protocol/guest/clock';
import {
  BEAT_FAULT_CAUSE,
  BEAT_FAULT_COUNT,
  BEAT_HEALTH,
  BEAT_IMAGE_HASH,
  BEAT_LEAST_SLACK_TASK,
  BEAT_LEAST_SLACK_US,
  BEAT_SEQUENCE,
  BEAT_SLOT,
  BEAT_SLOT_STATE,
  BEAT_TEMPERATURES,
  BEAT_UPTIME_SECONDS,
  BEAT_VERSION,
  BEAT_VERSION_NUMBER,
  BEAT_WORDS,
  CRYO_COUNT,
  CRYO_HEARTBEAT,
  EVENT_FIRMWARE_START,
  EVENT_HEARTBEAT,
  GROUP_CRYO,
  HANDOVER_HASH,
  HANDOVER_STATE,
  MGMT_ENOTSUP,
  SMP_OP_READ,
} from '../../protocol/guest/generated/constants';
import {
  readRecorderHeartbeat,
  readResetFaultCause,
  readResetFaultCount,
  readResetMailbox,
  writeRecorderHeartbeat,
} from '../../protocol/guest/generated/registers';
import { recordEvent } from '../../protocol/guest/record-event';
import { registerGroup } from '../../protocol/guest/smp/groups';
import { runningSlot } from '../kernel/handover';
import { recordOf } from '../kernel/statistics';
import { healthWord } from './health';
import { TASK_COUNT, taskAt } from './tasks';

const HASH_WORDS: u32 = 8;
let sequence: u32 = 0;

/** Heartbeats so far. */
export function heartbeatSequence(): u32 {
  assert(sequence == 0 || readRecorderHeartbeat(BEAT_VERSION) == BEAT_VERSION_NUMBER, 'the record was started');
  return sequence;
}

/** First of all: an empty record, and the event that the firmware starts. */
export function startHeartbeat(): void {
  assert(sequence == 0, 'heartbeats are started once');
  assert(BEAT_IMAGE_HASH + HASH_WORDS <= BEAT_TEMPERATURES, 'the hash ends before the next word');
  recordEvent(EVENT_FIRMWARE_START, runningSlot(), readResetMailbox(HANDOVER_STATE));
  for (let word: u32 = 0; word < BEAT_WORDS; word++) writeRecorderHeartbeat(word, 0);
  writeRecorderHeartbeat(BEAT_VERSION, BEAT_VERSION_NUMBER);
  writeRecorderHeartbeat(BEAT_SLOT, runningSlot());
  for (let word: u32 = 0; word < HASH_WORDS; word++)
    writeRecorderHeartbeat(BEAT_IMAGE_HASH + word, readResetMailbox(HANDOVER_HASH + word));
}

/** The code of a task that runs every second. */
export function runHeartbeat(): void {
  sequence++;
  assert(sequence != 0, 'a sequence number is never used twice');
  const health = healthWord();
  writeRecorderHeartbeat(BEAT_SEQUENCE, sequence);
  writeRecorderHeartbeat(BEAT_UPTIME_SECONDS, <u32>(uptimeNs() / NS_PER_SECOND));
  writeRecorderHeartbeat(BEAT_HEALTH, health);
  writeRecorderHeartbeat(BEAT_SLOT_STATE, slotState(runningSlot()));
  writeRecorderHeartbeat(BEAT_FAULT_CAUSE, readResetFaultCause());
  writeRecorderHeartbeat(BEAT_FAULT_COUNT, readResetFaultCount());
  writeSlack();
  recordEvent(EVENT_HEARTBEAT, sequence, health);
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
  assert(TASK_COUNT == 0 || least <= recordOf(taskAt(0)).leastSlackUs, 'no task has less');
  writeRecorderHeartbeat(BEAT_LEAST_SLACK_US, <u32>least);
  writeRecorderHeartbeat(BEAT_LEAST_SLACK_TASK, tightest);
}

/** Lets clients read the record over SMP, as they read it from our firmware: in the cryostat's group. */
export function serveHeartbeat(): void {
  assert(CRYO_HEARTBEAT < CRYO_COUNT, 'a command of the group');
  registerGroup(GROUP_CRYO, 'cryo', CRYO_COUNT, answerCryo);
}

function answerCryo(operation: u32, command: u32, step: u32): u32 {
  assert(step == 0, 'nothing here takes a second step');
  if (command != CRYO_HEARTBEAT || operation != SMP_OP_READ) return MGMT_ENOTSUP;
  writeText('words');
  writeArrayStart();
  for (let word: u32 = 0; word < BEAT_WORDS; word++) writeUnsigned(readRecorderHeartbeat(word));
  writeEnd();
  return 0;
}
