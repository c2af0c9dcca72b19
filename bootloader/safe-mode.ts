// Safe mode: the bootloader keeps control and answers SMP on both lines until an image is uploaded and a reset requested.
//
// No watchdog runs here: nothing was handed over, and after a reset the bootloader would be in safe mode again. Everything but the boot partition
// may be written. Flash work is asynchronous as in the firmware, so that an answer never waits for an erase. Once a second it records an event
// with the decision that led here: a sign of life.

import { NS_PER_MS, uptimeNs } from '../protocol/guest/clock';
import {
  BOOTLOADER_VERSION,
  DECISION_NONE,
  DECISION_SAFE_MODE_NO_IMAGE,
  EVENT_SAFE_MODE,
  EVENT_SAFE_MODE_BEAT,
  LINE_TIMER,
  POLICY_SAFE_MODE_BEAT_MS,
} from '../protocol/guest/generated/constants';
import {
  readResetCause,
  readResetResetCount,
  TIMER_CONTROL_ARM,
  TIMER_STATUS_ALARM,
  writeIntcEnable,
  writeTimerAlarmHigh,
  writeTimerAlarmLow,
  writeTimerControl,
  writeTimerStatus,
} from '../protocol/guest/generated/registers';
import { SERIAL_TEXT_SIZE, writeSerialText } from '../protocol/guest/hex-text';
import { recordEvent } from '../protocol/guest/record-event';
import { reportServer } from '../protocol/guest/smp/counters';
import {
  INFO_BUILD,
  INFO_MACHINE,
  INFO_NODE,
  INFO_OPERATING_SYSTEM,
  INFO_PLATFORM,
  INFO_PROCESSOR,
  INFO_RELEASE,
  INFO_SYSTEM,
  INFO_VERSION,
  setInfo,
  setInfoBytes,
} from '../protocol/guest/smp/os-info';
import { resetDeadlineNs, resetWhenDue } from '../protocol/guest/smp/reset';
import { serveRequest } from '../protocol/guest/smp/server';
import { addCounter, addStatistics } from '../protocol/guest/smp/stat';
import { securityCounter } from './image/security-counter';
import { SERVICE_LINES, serviceLines, startService } from './image/smp/service';
import { refreshSlots, reportSlots } from './image/smp/slot-figures';
import { formatVersion, VERSION_TEXT_SIZE } from './image/version-text';

/** What STAT reports as set `boot`. */
@unmanaged
class BootFigures {
  /** DECISION_*. */
  decision: u32 = 0;
  resetCause: u32 = 0;
  /** Since power-on. */
  resets: u32 = 0;
  /** Security counter in the fuses. */
  fuseCounter: u32 = 0;
}

const FIGURES_SIZE: i32 = offsetof<BootFigures>();
const figures: BootFigures = changetype<BootFigures>(memory.data(FIGURES_SIZE, 4));
/** A serial number, or a version. */
const text: usize = memory.data(<i32>SERIAL_TEXT_SIZE);
let why: u32 = 0;
let beats: u32 = 0;
let nextBeatNs: u64 = 0;

export function startSafeMode(decision: u32): void {
  assert(decision >= DECISION_SAFE_MODE_NO_IMAGE, 'safe mode was decided');
  assert(why == DECISION_NONE, 'it begins once');
  recordEvent(EVENT_SAFE_MODE, decision, readResetCause());
  why = decision;
  nextBeatNs = uptimeNs() + POLICY_SAFE_MODE_BEAT_MS * NS_PER_MS;
  startService();
  reportBoot();
  reportServer();
  reportSlots();
  describeBootloader();
  writeIntcEnable(LINE_TIMER | SERVICE_LINES);
  armAlarm();
}

/** The texts of `OS info`: as the firmware has them, but the release is that of the bootloader, and the build says that no image runs. */
function describeBootloader(): void {
  assert(SERIAL_TEXT_SIZE >= VERSION_TEXT_SIZE, 'both texts fit');
  setInfo(INFO_SYSTEM, 'coldrig');
  setInfo(INFO_VERSION, 'bootloader in safe mode');
  setInfo(INFO_MACHINE, 'cryo-cmos');
  setInfo(INFO_PROCESSOR, 'wasm32');
  setInfo(INFO_PLATFORM, 'coldrig/controller');
  setInfo(INFO_OPERATING_SYSTEM, 'coldrig');
  setInfo(INFO_BUILD, 'no-image-runs');
  setInfoBytes(INFO_NODE, text, writeSerialText(text));
  setInfoBytes(INFO_RELEASE, text, formatVersion(text, BOOTLOADER_VERSION, 0));
}

/** The firmware has a set of this name too, so that a client finds the reason of a boot in one place. */
function reportBoot(): void {
  assert(why != DECISION_NONE, 'why is known by now');
  figures.decision = why;
  figures.resetCause = readResetCause();
  figures.resets = readResetResetCount();
  figures.fuseCounter = securityCounter();
  const place = changetype<usize>(figures);
  addStatistics('boot');
  addCounter('decision', place + offsetof<BootFigures>('decision'));
  addCounter('reset_cause', place + offsetof<BootFigures>('resetCause'));
  addCounter('resets', place + offsetof<BootFigures>('resets'));
  addCounter('fuse_counter', place + offsetof<BootFigures>('fuseCounter'));
}

export function serveSafeMode(lines: u32): void {
  assert(why != DECISION_NONE, 'nothing is served before safe mode began');
  if ((lines & LINE_TIMER) != 0) {
    writeTimerStatus(TIMER_STATUS_ALARM);
    if (uptimeNs() >= nextBeatNs) beat();
  }
  serviceLines(lines);
  refreshSlots();
  while (serveRequest()) {
    // One request, or one step of it, a turn.
  }
  resetWhenDue();
  armAlarm();
}

function beat(): void {
  beats++;
  assert(beats != 0, 'a beat has a number');
  nextBeatNs += POLICY_SAFE_MODE_BEAT_MS * NS_PER_MS;
  recordEvent(EVENT_SAFE_MODE_BEAT, beats, why);
}

/** For the next beat, or for the reset that was requested. */
function armAlarm(): void {
  const atNs = min<u64>(resetDeadlineNs(), nextBeatNs);
  assert(nextBeatNs != 0, 'the first beat was planned when safe mode began');
  assert(atNs != u64.MAX_VALUE, 'there is always a next beat');
  writeTimerAlarmLow(<u32>atNs);
  writeTimerAlarmHigh(<u32>(atNs >> 32));
  writeTimerControl(TIMER_CONTROL_ARM);
}
