// What becomes a telemetry record. Everything begins as an entry of the event recorder, which has its time:
//
//   entry of the recorder ──> event            any event
//                             boot             where the firmware starts
//                             heartbeat        a heartbeat, with the words of the heartbeat record
//                             readout          behind each fifth heartbeat, one for each channel in use
//
// Entries that were there before this start are told as well: the bootloader's, and the last ones before a reset. They get the boot that they belong to.
// What must stay true: every entry becomes a record once, or its loss is counted; nothing here changes anything but telemetry.

import { LOG_PLACES, logAt, newestPlace, readLog } from '../../bootloader/image/state/boot-log';
import {
  BEAT_BUDGET_MICROWATTS,
  BEAT_CHANNELS,
  BEAT_FAULT_CAUSE,
  BEAT_SEQUENCE,
  BEAT_SLOT_STATE,
  BEAT_TEMPERATURES,
  CALCHANNEL_FLAG_THRESHOLD,
  CALCHANNEL_FLAG_TONE,
  CALCHANNEL_FLAGS,
  EVENT_BOOT_START,
  EVENT_FIRMWARE_START,
  EVENT_HEARTBEAT,
  EVENT_SAFE_MODE_BEAT,
  EVENT_SEQUENCER_STOPPED,
  HANDOVER_BOOT_RECORD_SIZE,
  HANDOVER_BUILD,
  HANDOVER_HASH,
  HANDOVER_RESET_CAUSE,
  LOG_SIZE,
  READOUT_CHANNELS,
  READOUT_FIGURE_CLIPPED_I,
  READOUT_FIGURE_CLIPPED_Q,
  READOUT_FIGURE_WINDOWS,
  READOUT_TONES,
  SIGNAL_READOUT_RETURN,
  TELEMETRY_CLASS_BULK,
  TELEMETRY_CLASS_CRITICAL,
  TELEMETRY_CLASS_HEARTBEAT,
  TELEMETRY_KIND_BOOT,
  TELEMETRY_KIND_EVENT,
  TELEMETRY_KIND_HEARTBEAT,
  TELEMETRY_KIND_READOUT,
  TELEMETRY_READOUT_BEATS,
  TELEMETRY_ROUTINE_0,
  TELEMETRY_ROUTINE_1,
  TELEMETRY_ROUTINE_2,
  TELEMETRY_SNR_UNKNOWN,
  TELEMETRY_STOP_ALARMS,
} from '../../protocol/guest/generated/constants';
import {
  RESET_CAUSE_CAUSE_POWER_ON,
  readFrontendAttenuation,
  readRecorderCount,
  readRecorderEntryArgument0,
  readRecorderEntryArgument1,
  readRecorderEntryKind,
  readRecorderEntryTimeHigh,
  readRecorderEntryTimeLow,
  readResetCause,
  readResetMailbox,
  writeRecorderIndex,
} from '../../protocol/guest/generated/registers';
import { channelPlace } from '../calibration/payload';
import { calibrationPayload } from '../calibration/store';
import { NO_SNR, readoutSnr } from '../drive/fidelity';
import { readoutFigure, readoutReleased } from '../drive/readout';
import { unreadableChannels } from '../in-force/statement';
import { runningSlot, runningVersion, stateAtHandover } from '../kernel/handover';
import { beatWord } from './heartbeat';
import { draftRecord, setBody } from './telemetry-blocks';
import { append, beginBoot, entriesTaken, recover, skipLost, tellDropped } from './telemetry-ring';

/** Entries that the recorder holds. */
const RECORDER_ENTRIES: u32 = 256;
/** Entries that one run of the task takes. */
const ENTRIES_A_RUN: u32 = 8;
const HASH_WORDS: u32 = 8;

const record: usize = memory.data(<i32>LOG_SIZE, 8);
/** Number of this boot. */
let boot: u32 = 0;
/** Entries from this one on are of this firmware. */
let firstEntry: u32 = 0;
/** Starts of the bootloader that are not taken yet. */
let startsLeft: u32 = 0;
let isKept: bool = false;

/** `first`: the entry that says that this firmware starts. */
export function startTelemetry(first: u32): void {
  assert(boot == 0 && firstEntry == 0, 'it is started once');
  assert(first < readRecorderCount(), 'it has started');
  firstEntry = first;
  isKept = recover(readResetCause() == RESET_CAUSE_CAUSE_POWER_ON, firstEntry);
  const newest = newestPlace();
  if (newest != LOG_PLACES && readLog(newest, record)) boot = logAt(record).number;
  // Without a record of an earlier boot there is nothing that an entry could belong to but this one.
  if (!isKept) beginBoot(boot);
  countStarts();
  loseOverwritten(readRecorderCount());
  assert(entriesTaken() <= firstEntry, 'what comes now is still to be taken');
}

/** Starts of the bootloader among the entries that are not taken, and that the recorder still holds: as many boots as they belong to. */
function countStarts(): void {
  const count = readRecorderCount();
  assert(firstEntry < count, 'this firmware has recorded that it starts');
  startsLeft = 0;
  let entry = max(entriesTaken(), count - min(count, RECORDER_ENTRIES));
  for (; entry < firstEntry; entry++) {
    writeRecorderIndex(entry);
    if (readRecorderEntryKind() == EVENT_BOOT_START) startsLeft++;
  }
  assert(startsLeft <= RECORDER_ENTRIES, 'no more than there are entries');
}

/** Entries that have left the recorder, which has had `count` of them. */
function loseOverwritten(count: u32): void {
  assert(entriesTaken() <= count, 'an entry is taken after it was recorded');
  const waiting = count - entriesTaken();
  if (waiting <= RECORDER_ENTRIES) return;
  skipLost(waiting - RECORDER_ENTRIES);
  countStarts();
  assert(count - entriesTaken() == RECORDER_ENTRIES, 'the others are there');
}

/** The telemetry task. */
export function runTelemetry(): void {
  takeEntries(ENTRIES_A_RUN);
  assert(ENTRIES_A_RUN < RECORDER_ENTRIES, 'a run is short');
}

/** Takes at most so many entries of the recorder. */
function takeEntries(most: u32): void {
  assert(most != 0, 'it comes further');
  const count = readRecorderCount();
  loseOverwritten(count);
  const end = min(count, entriesTaken() + most);
  for (let entry = entriesTaken(); entry < end; entry++) take(entry);
  assert(entriesTaken() == end, 'all of them are taken');
}

/** Whatever has happened is a record, before somebody reads; and so is what was dropped. */
export function takeAllEntries(): void {
  takeEntries(RECORDER_ENTRIES);
  assert(firstEntry < entriesTaken(), 'that this firmware starts is told');
  const count = readRecorderCount();
  assert(count != 0 && entriesTaken() == count, 'the firmware itself has recorded that it starts');
  writeRecorderIndex(count - 1);
  draftTime();
  tellDropped();
}

function draftTime(): void {
  const draft = draftRecord();
  assert(readRecorderCount() != 0, 'the recorder shows an entry');
  draft.timeLow = readRecorderEntryTimeLow();
  draft.timeHigh = readRecorderEntryTimeHigh();
}

function take(entry: u32): void {
  writeRecorderIndex(entry);
  assert(entry == entriesTaken(), 'each entry in its turn');
  const kind = readRecorderEntryKind();
  const argument0 = readRecorderEntryArgument0();
  const argument1 = readRecorderEntryArgument1();
  draftTime();
  const isOurs = entry >= firstEntry;
  if (isOurs) beginBoot(boot);
  else if (kind == EVENT_BOOT_START) passStart();
  if (isOurs && kind == EVENT_FIRMWARE_START) tellBoot(entry + 1);
  else if (isOurs && kind == EVENT_HEARTBEAT && beatWord(BEAT_SEQUENCE) == argument0)
    tellHeartbeat(entry + 1, argument0);
  else {
    setBody(0, kind);
    setBody(1, argument0);
    setBody(2, argument1);
    append(TELEMETRY_KIND_EVENT, classOfEvent(kind, argument1), 3, entry + 1);
  }
  assert(entriesTaken() == entry + 1, 'it was taken');
}

/** A boot begins. Those that the boot log does not have, because they were cut before, count with the boot in front of them. */
function passStart(): void {
  assert(startsLeft != 0, 'it was counted');
  assert(entriesTaken() < firstEntry, 'before this firmware has started');
  startsLeft--;
  if (isKept && boot > startsLeft) beginBoot(boot - startsLeft);
  assert(startsLeft < RECORDER_ENTRIES, 'no more than there are entries');
}

function classOfEvent(kind: u32, argument1: u32): u32 {
  if (kind == EVENT_HEARTBEAT || kind == EVENT_SAFE_MODE_BEAT) return TELEMETRY_CLASS_HEARTBEAT;
  if (kind == EVENT_SEQUENCER_STOPPED && (argument1 & TELEMETRY_STOP_ALARMS) != 0) return TELEMETRY_CLASS_CRITICAL;
  const bit: u32 = 1 << (kind & 31);
  const row = kind >> 5;
  const bits = row == 0 ? TELEMETRY_ROUTINE_0 : row == 1 ? TELEMETRY_ROUTINE_1 : row == 2 ? TELEMETRY_ROUTINE_2 : 0;
  assert(popcnt(bit) == 1, 'a bit an event');
  return (bits & bit) != 0 ? TELEMETRY_CLASS_BULK : TELEMETRY_CLASS_CRITICAL;
}

function tellBoot(entry: u32): void {
  setBody(0, readResetMailbox(HANDOVER_RESET_CAUSE));
  setBody(1, isKept ? 1 : 0);
  setBody(2, runningSlot());
  setBody(3, stateAtHandover());
  setBody(4, runningVersion());
  setBody(5, readResetMailbox(HANDOVER_BUILD));
  for (let word: u32 = 0; word < HASH_WORDS; word++) setBody(6 + word, readResetMailbox(HANDOVER_HASH + word));
  assert(entry > firstEntry, 'it is this boot');
  assert(HANDOVER_HASH + HASH_WORDS <= HANDOVER_BOOT_RECORD_SIZE, 'the hash ends before the next word');
  append(TELEMETRY_KIND_BOOT, TELEMETRY_CLASS_CRITICAL, 6 + HASH_WORDS, entry);
}

/** The words of the heartbeat record but its version and the hash, in their order. */
function tellHeartbeat(entry: u32, beat: u32): void {
  let words: u32 = 0;
  for (let word = BEAT_SEQUENCE; word <= BEAT_SLOT_STATE; word++) setBody(words++, beatWord(word));
  for (let word = BEAT_TEMPERATURES; word <= BEAT_CHANNELS; word++) setBody(words++, beatWord(word));
  assert(
    BEAT_FAULT_CAUSE < BEAT_BUDGET_MICROWATTS && BEAT_BUDGET_MICROWATTS < BEAT_CHANNELS,
    'the words keep their places',
  );
  assert(beat != 0, 'heartbeats are counted from one');
  append(TELEMETRY_KIND_HEARTBEAT, TELEMETRY_CLASS_HEARTBEAT, words, entry);
  if (beat % TELEMETRY_READOUT_BEATS == 0 && readoutReleased()) tellReadout(entry);
}

/** A channel is in use when its tone or its threshold is calibrated. */
function tellReadout(entry: u32): void {
  assert(readoutReleased(), 'there are figures');
  for (let channel: u32 = 0; channel < READOUT_CHANNELS; channel++) {
    const flags = load<u32>(channelPlace(calibrationPayload(), channel), CALCHANNEL_FLAGS);
    if ((flags & (CALCHANNEL_FLAG_TONE | CALCHANNEL_FLAG_THRESHOLD)) == 0) continue;
    const line = channel / READOUT_TONES;
    setBody(0, channel);
    setBody(1, readoutSnr(channel) == NO_SNR ? TELEMETRY_SNR_UNKNOWN : <u32>readoutSnr(channel));
    setBody(2, (unreadableChannels() >> channel) & 1);
    setBody(3, readFrontendAttenuation(SIGNAL_READOUT_RETURN));
    setBody(4, readoutFigure(READOUT_FIGURE_WINDOWS, line));
    setBody(5, readoutFigure(READOUT_FIGURE_CLIPPED_I, line));
    setBody(6, readoutFigure(READOUT_FIGURE_CLIPPED_Q, line));
    append(TELEMETRY_KIND_READOUT, TELEMETRY_CLASS_BULK, 7, entry);
  }
  assert(entriesTaken() == entry, 'a summary takes no entry of its own');
}
