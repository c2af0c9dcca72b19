// The controller's firmware: what runs after the bootloader hands over.
//
// reset() prepares, interrupt() runs whatever became due. Nothing is allocated, nothing blocks: the core sleeps between
// interrupts, and the watchdog ends a run that takes too long.
//
//   kernel/  tasks, releases, statistics      sense/  what is measured           in-force/  what was decided, read by everybody
//   protect/ judges what was measured         drive/  one owner per actuator     report/    what is told
//   calibration/ the record in flash, read by everybody
//
// Imports point one way: sense -> protect -> (in force) -> drive; judge-and-act.ts wires them. protocol/firmware/tasks.ts is the table to read next.

import { SERVICE_LINES, serviceLines } from '../bootloader/image/smp/service';
import { uptimeNs } from '../protocol/guest/clock';
import {
  EVENT_FIRMWARE_START,
  HEALTH_HANDOVER,
  LINE_CLOCK,
  LINE_RAILS,
  LINE_SEQUENCER,
  LINE_THERMOMETRY,
  LINE_TIMER,
} from '../protocol/guest/generated/constants';
import {
  readRecorderCount,
  THERMOMETRY_STATUS_DONE,
  TIMER_STATUS_ALARM,
  writeIntcEnable,
  writeThermometryStatus,
  writeTimerStatus,
} from '../protocol/guest/generated/registers';
import { recordEvent } from '../protocol/guest/record-event';
import { loadCalibration } from './calibration/store';
import { startRails } from './drive/rails';
import { runTask } from './generated/run-task';
import { latchHealth } from './in-force/statement';
import { handoverValid, runningSlot, stateAtHandover } from './kernel/handover';
import { earliestRelease, NEVER, releaseTask, wakeTask } from './kernel/releases';
import { runReleasedTasks, startScheduler } from './kernel/scheduler';
import { TASK_CLOCK, TASK_RAILS, TASK_SMP, TASK_THERMOMETRY } from './kernel/tasks';
import { chargeRequests } from './protect/request-power';
import { serviceSequencers } from './pulse/sequencers';
import { startHeartbeat } from './report/heartbeat';
import { startSmp } from './report/task';
import { startTelemetry } from './report/telemetry';
import { startClock } from './sense/clock';
import { noteRailTrips } from './sense/comparators';
import { startThermometry } from './sense/thermometry';

const CRYO_LINES: u32 = LINE_RAILS | LINE_CLOCK | LINE_THERMOMETRY;

/** Lines that this firmware answers; no other line is enabled. */
const LINES: u32 = LINE_TIMER | LINE_SEQUENCER | SERVICE_LINES | CRYO_LINES;

export function reset(): void {
  assert(
    popcnt(LINES) == popcnt(SERVICE_LINES) + popcnt(CRYO_LINES) + 2,
    'no line belongs to two parts of the firmware',
  );
  const firstEntry = readRecorderCount();
  recordEvent(EVENT_FIRMWARE_START, runningSlot(), stateAtHandover());
  if (!handoverValid()) latchHealth(HEALTH_HANDOVER);
  startScheduler();
  loadCalibration();
  startSmp();
  startHeartbeat();
  startThermometry();
  startClock();
  startRails();
  // Last, because it looks at all of retained RAM: requests are received meanwhile.
  startTelemetry(firstEntry);
  writeIntcEnable(LINES);
  runReleasedTasks(runTask, uptimeNs());
  assert(earliestRelease() != NEVER, 'the core sleeps only while a release is to come');
}

export function interrupt(lines: u32): void {
  const startNs = uptimeNs();
  assert(lines != 0 && (lines & ~LINES) == 0, 'the core wakes up for lines that are enabled');
  if ((lines & LINE_TIMER) != 0) writeTimerStatus(TIMER_STATUS_ALARM);
  if ((lines & LINE_SEQUENCER) != 0) serviceSequencers();
  if ((lines & LINE_RAILS) != 0) {
    noteRailTrips();
    releaseTask(TASK_RAILS);
  }
  if ((lines & LINE_CLOCK) != 0) releaseTask(TASK_CLOCK);
  if ((lines & LINE_THERMOMETRY) != 0) {
    writeThermometryStatus(THERMOMETRY_STATUS_DONE);
    wakeTask(TASK_THERMOMETRY, startNs);
  }
  if ((lines & SERVICE_LINES) != 0) {
    serviceLines(lines);
    releaseTask(TASK_SMP);
  }
  // Alarm and scanner take no time worth a second look at the clock. Other lines may have released a task just now.
  runReleasedTasks(runTask, (lines & ~(LINE_TIMER | LINE_THERMOMETRY)) == 0 ? startNs : uptimeNs());
  chargeRequests(startNs, (lines & SERVICE_LINES) != 0);
}
