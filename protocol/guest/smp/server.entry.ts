// The SMP server as its unit test sees it: both lines, and every group that needs no flash.

import { LINE_UART0, LINE_UART1 } from '../generated/constants';
import { INTC_ENABLE_LINES, writeIntcEnable } from '../generated/registers';
import { reportServer } from './counters';
import { registerEnumeration } from './enumeration';
import { consoleInterrupt, startConsole } from './line-console';
import { gatewayInterrupt, startGateway } from './line-gateway';
import { registerOs } from './os';
import { INFO_MACHINE, INFO_RELEASE, INFO_SYSTEM, setInfo } from './os-info';
import { REPORTED_TASK_SIZE, reportTask, startTaskReport } from './os-statistics';
import { serveRequest } from './server';
import { registerStat } from './stat';

/** This guest has one task. */
const taskReport: usize = memory.data(<i32>REPORTED_TASK_SIZE, 8);

export { resetWhenDue, setResetBusy } from './reset';

export function reset(): void {
  registerOs();
  registerStat();
  registerEnumeration();
  reportServer();
  startTaskReport(taskReport, 1);
  reportTask('smp', 0, 3);
  setInfo(INFO_SYSTEM, 'coldrig');
  setInfo(INFO_RELEASE, '1.2.3');
  setInfo(INFO_MACHINE, 'wasm32');
  startGateway();
  startConsole();
  writeIntcEnable(INTC_ENABLE_LINES);
}

export function interrupt(lines: u32): void {
  if ((lines & LINE_UART0) != 0) gatewayInterrupt();
  if ((lines & LINE_UART1) != 0) consoleInterrupt();
  while (serveRequest()) {}
}
