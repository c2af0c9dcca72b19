// The IMG group as its unit test sees it, on flash the test has prepared.

import { LINE_FLASH, LINE_FUSES, LINE_UART0 } from '../../protocol/guest/generated/constants';
import { writeIntcEnable } from '../../protocol/guest/generated/registers';
import { flashService } from '../flash/job';
import { burnService } from '../fuses/burn';
import { registerImages } from './img';
import { gatewayInterrupt, startGateway } from './line-gateway';
import { serveRequest } from './server';

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
