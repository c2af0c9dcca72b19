// The controller's firmware: what runs after the bootloader hands over.
//
// reset() prepares, interrupt() runs whatever became due. Nothing is allocated, nothing blocks: the core sleeps between
// interrupts, and a run that takes too long is the watchdog's business. tasks.ts is the table to read next.

import { recordEvent } from '../bootloader/record-event';
import {
  EVENT_FIRMWARE_START,
  HEALTH_HANDOVER,
  LINE_FLASH,
  LINE_TIMER,
  LINE_UART0,
  LINE_UART1,
} from '../protocol/guest/generated/constants';
import { TIMER_STATUS_ALARM, writeIntcEnable, writeTimerStatus } from '../protocol/guest/generated/registers';
import { handoverValid, runningSlot, stateAtHandover } from './boot/handover';
import { latchHealth } from './health/health';
import { releaseTask } from './scheduler/releases';
import { runReleasedTasks, startScheduler } from './scheduler/scheduler';
import { smpInterrupt, startSmp } from './smp/task';
import { TASK_SMP } from './tasks';

const SMP_LINES: u32 = LINE_UART0 | LINE_UART1 | LINE_FLASH;

export function reset(): void {
  recordEvent(EVENT_FIRMWARE_START, runningSlot(), stateAtHandover());
  if (!handoverValid()) latchHealth(HEALTH_HANDOVER);
  startScheduler();
  startSmp();
  writeIntcEnable(LINE_TIMER | SMP_LINES);
  runReleasedTasks();
}

export function interrupt(lines: u32): void {
  if ((lines & LINE_TIMER) != 0) writeTimerStatus(TIMER_STATUS_ALARM);
  if ((lines & SMP_LINES) != 0) {
    smpInterrupt(lines);
    releaseTask(TASK_SMP);
  }
  runReleasedTasks();
}
