// The lock as its unit test sees it: both lines, and groups that need no flash.

import { burnService } from '../../protocol/guest/fuse-burn';
import { LINE_FUSES, LINE_UART0, LINE_UART1 } from '../../protocol/guest/generated/constants';
import { INTC_ENABLE_LINES, writeIntcEnable } from '../../protocol/guest/generated/registers';
import { consoleInterrupt, startConsole } from '../../protocol/guest/smp/line-console';
import { gatewayInterrupt, startGateway } from '../../protocol/guest/smp/line-gateway';
import { registerOs } from '../../protocol/guest/smp/os';
import { requestWaits } from '../../protocol/guest/smp/server';
import { registerStat } from '../../protocol/guest/smp/stat';
import { registerAccess, serveAllowedRequest } from './access';

export { resetDeadlineNs } from '../../protocol/guest/smp/reset';

export function reset(): void {
  registerOs();
  registerStat();
  registerAccess();
  startGateway();
  startConsole();
  writeIntcEnable(INTC_ENABLE_LINES);
}

export function interrupt(lines: u32): void {
  if ((lines & LINE_FUSES) != 0) burnService();
  if ((lines & LINE_UART0) != 0) gatewayInterrupt();
  if ((lines & LINE_UART1) != 0) consoleInterrupt();
  while (requestWaits() && serveAllowedRequest()) {
    // One request, or one step of it, a turn.
  }
}
