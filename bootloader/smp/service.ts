// SMP as both guests switch it on: every group, both lines, and the interrupts they need.

import { LINE_FLASH, LINE_FUSES, LINE_UART0, LINE_UART1 } from '../../protocol/guest/generated/constants';
import { flashService } from '../flash/job';
import { burnService } from '../fuses/burn';
import { registerBoot } from './boot';
import { registerEnumeration } from './enumeration';
import { registerImages } from './img';
import { consoleInterrupt, startConsole } from './line-console';
import { gatewayInterrupt, startGateway } from './line-gateway';
import { registerOs } from './os';
import { registerStat } from './stat';

/** Interrupt lines `serviceLines` wants to hear of. */
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
