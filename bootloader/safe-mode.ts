// Safe mode: the bootloader keeps control and answers SMP on both lines until an image is uploaded and a reset asked for.
//
// No watchdog runs here: nothing was handed over, and a reset would only bring us back. Everything but the boot partition may be
// written. Flash work is asynchronous as in the firmware, so that an answer never waits for an erase.

import { EVENT_SAFE_MODE, LINE_TIMER } from '../protocol/guest/generated/constants';
import {
  FLASH_PROTECT_BOOT,
  readResetCause,
  TIMER_CONTROL_ARM,
  TIMER_STATUS_ALARM,
  writeFlashProtect,
  writeIntcEnable,
  writeTimerAlarmHigh,
  writeTimerAlarmLow,
  writeTimerControl,
  writeTimerStatus,
} from '../protocol/guest/generated/registers';
import { recordEvent } from './record-event';
import { reportServer } from './smp/counters';
import { INFO_MACHINE, INFO_OPERATING_SYSTEM, INFO_PROCESSOR, INFO_SYSTEM, INFO_VERSION, setInfo } from './smp/os-info';
import { NO_RESET, resetDeadlineNs, resetWhenDue } from './smp/reset';
import { serveRequest } from './smp/server';
import { SERVICE_LINES, serviceLines, startService } from './smp/service';
import { refreshSlots, reportSlots } from './smp/slot-figures';

export function startSafeMode(decision: u32): void {
  recordEvent(EVENT_SAFE_MODE, decision, readResetCause());
  writeFlashProtect(FLASH_PROTECT_BOOT);
  startService();
  reportServer();
  reportSlots();
  setInfo(INFO_SYSTEM, 'coldrig');
  setInfo(INFO_VERSION, 'bootloader in safe mode');
  setInfo(INFO_MACHINE, 'cryo-cmos');
  setInfo(INFO_PROCESSOR, 'wasm32');
  setInfo(INFO_OPERATING_SYSTEM, 'coldrig');
  writeIntcEnable(LINE_TIMER | SERVICE_LINES);
}

export function serveSafeMode(lines: u32): void {
  if ((lines & LINE_TIMER) != 0) writeTimerStatus(TIMER_STATUS_ALARM);
  serviceLines(lines);
  refreshSlots();
  while (serveRequest()) {
    // One request, or one step of it, a turn.
  }
  resetWhenDue();
  armAlarm(resetDeadlineNs());
}

/** The only alarm of safe mode is the reset that was asked for. */
function armAlarm(deadlineNs: u64): void {
  if (deadlineNs == NO_RESET) return;
  writeTimerAlarmLow(<u32>deadlineNs);
  writeTimerAlarmHigh(<u32>(deadlineNs >> 32));
  writeTimerControl(TIMER_CONTROL_ARM);
}
