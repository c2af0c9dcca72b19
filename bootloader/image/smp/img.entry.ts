// The IMG group as its unit test sees it, on flash the test has prepared.

import { flashService } from '../../../protocol/guest/flash-job';
import { burnService } from '../../../protocol/guest/fuse-burn';
import { LINE_FLASH, LINE_FUSES, LINE_UART0 } from '../../../protocol/guest/generated/constants';
import { writeIntcEnable } from '../../../protocol/guest/generated/registers';
import { gatewayInterrupt, startGateway } from '../../../protocol/guest/smp/line-gateway';
import { serveRequest } from '../../../protocol/guest/smp/server';
import { registerImages } from './img';

export { setConfirmDenied } from './img-state';

export function reset(): void {
  registerImages();
  startGateway();
  writeIntcEnable(LINE_FLASH | LINE_FUSES | LINE_UART0);
}

export function interrupt(lines: u32): void {
  if ((lines & LINE_FLASH) != 0) flashService();
  if ((lines & LINE_FUSES) != 0) burnService();
  if ((lines & LINE_UART0) != 0) gatewayInterrupt();
  while (serveRequest()) {
    // One request, or one step of it, a turn.
  }
}
