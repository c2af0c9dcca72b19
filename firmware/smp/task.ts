// The SMP task: management requests over both lines, and the reset they may ask for.
//
// Lines are drained in the interrupt, requests are served here, so a burst of bytes never waits for a request under way.
// The server, OS, IMG, STAT and ENUM are the bootloader's own (bootloader/smp): safe mode answers with the same code.

import { flashService } from '../../bootloader/flash/job';
import { registerEnumeration } from '../../bootloader/smp/enumeration';
import { registerImages } from '../../bootloader/smp/img';
import { setConfirmDenied } from '../../bootloader/smp/img-state';
import { consoleInterrupt, startConsole } from '../../bootloader/smp/line-console';
import { gatewayInterrupt, startGateway } from '../../bootloader/smp/line-gateway';
import { registerOs } from '../../bootloader/smp/os';
import { NO_RESET, resetDeadlineNs, resetWhenDue } from '../../bootloader/smp/reset';
import { serveRequest } from '../../bootloader/smp/server';
import { registerStat } from '../../bootloader/smp/stat';
import { uptimeNs } from '../../protocol/guest/clock';
import { LINE_FLASH, LINE_UART0, LINE_UART1 } from '../../protocol/guest/generated/constants';
import { healthWord } from '../health/health';
import { releaseTask, wakeTask } from '../scheduler/releases';
import { TASK_SMP } from '../tasks';
import { listFigures, refreshFigures } from './figures';
import { describeFirmware } from './info';

export function startSmp(): void {
  registerOs();
  registerImages();
  registerStat();
  registerEnumeration();
  describeFirmware();
  listFigures();
  startGateway();
  startConsole();
}

export function smpInterrupt(lines: u32): void {
  if ((lines & LINE_FLASH) != 0) flashService();
  if ((lines & LINE_UART0) != 0) gatewayInterrupt();
  if ((lines & LINE_UART1) != 0) consoleInterrupt();
}

/** One piece of work a run: a request, or a step of one that takes several. */
export function runSmp(): void {
  refreshFigures();
  setConfirmDenied(healthWord() != 0);
  if (serveRequest()) releaseTask(TASK_SMP);
  resetWhenDue();
  // Once asked for, the reset comes when this run of the core returns; there is nothing left to wake up for.
  const deadlineNs = resetDeadlineNs();
  if (deadlineNs != NO_RESET && deadlineNs > uptimeNs()) wakeTask(TASK_SMP, deadlineNs);
}
