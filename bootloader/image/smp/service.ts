// SMP as both guests switch it on: every group, both lines, and the interrupts they need.

import { flashService } from '../../../protocol/guest/flash-job';
import { burnService } from '../../../protocol/guest/fuse-burn';
import { LINE_FLASH, LINE_FUSES, LINE_UART0, LINE_UART1 } from '../../../protocol/guest/generated/constants';
import { registerEnumeration } from '../../../protocol/guest/smp/enumeration';
import { consoleInterrupt, startConsole } from '../../../protocol/guest/smp/line-console';
import { gatewayInterrupt, startGateway } from '../../../protocol/guest/smp/line-gateway';
import { registerOs } from '../../../protocol/guest/smp/os';
import { registerStat } from '../../../protocol/guest/smp/stat';
import { registerBoot } from './boot';
import { registerImages } from './img';

/** Interrupt lines that `serviceLines` handles. */
export const SERVICE_LINES: u32 = LINE_FLASH | LINE_FUSES | LINE_UART0 | LINE_UART1;

export function startService(): void {
  registerOs();
  registerImages();
  registerStat();
  registerEnumeration();
  registerBoot();
  startGateway();
  startConsole();
}

/** Drains the lines and moves flash jobs and burns on; requests are served by `serveRequest`, when the guest has time. */
export function serviceLines(lines: u32): void {
  if ((lines & LINE_FLASH) != 0) flashService();
  if ((lines & LINE_FUSES) != 0) burnService();
  if ((lines & LINE_UART0) != 0) gatewayInterrupt();
  if ((lines & LINE_UART1) != 0) consoleInterrupt();
}
