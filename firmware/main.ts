// The controller's firmware: what runs after the bootloader hands over.
//
// reset() prepares, interrupt() runs whatever became due. Nothing is allocated, nothing blocks: the core sleeps between
// interrupts, and a run that takes too long is the watchdog's business. tasks.ts is the table to read next.

import { recordEvent } from '../bootloader/record-event';
import { SERVICE_LINES, serviceLines } from '../bootloader/smp/service';
import {
  EVENT_FIRMWARE_START,
  HEALTH_HANDOVER,
  LINE_SEQUENCER,
  LINE_TIMER,
} from '../protocol/guest/generated/constants';
import { TIMER_STATUS_ALARM, writeIntcEnable, writeTimerStatus } from '../protocol/guest/generated/registers';
import { handoverValid, runningSlot, stateAtHandover } from './boot/handover';
import { latchHealth } from './health/health';
import { openOutputs } from './outputs/outputs';
import { serviceSequencers } from './pulse/sequencers';
import { releaseTask } from './scheduler/releases';
import { runReleasedTasks, startScheduler } from './scheduler/scheduler';
import { startSmp } from './smp/task';
import { TASK_SMP } from './tasks';

export function reset(): void {
  recordEvent(EVENT_FIRMWARE_START, runningSlot(), stateAtHandover());
  if (!handoverValid()) latchHealth(HEALTH_HANDOVER);
  startScheduler();
  startSmp();
  openOutputs();
  writeIntcEnable(LINE_TIMER | LINE_SEQUENCER | SERVICE_LINES);
  runReleasedTasks();
}

export function interrupt(lines: u32): void {
  if ((lines & LINE_TIMER) != 0) writeTimerStatus(TIMER_STATUS_ALARM);
  if ((lines & LINE_SEQUENCER) != 0) serviceSequencers();
  if ((lines & SERVICE_LINES) != 0) {
    serviceLines(lines);
    releaseTask(TASK_SMP);
  }
  runReleasedTasks();
}
