// Shared by the tests of the serial lines: a rig with UART0 on it, and one function for each whole transfer.

import { UART0 } from '../../../protocol/generated/registers.ts';
import { microseconds, Rig } from './rig.ts';
import { Uart } from './uart.ts';

const { RECEIVE_AVAILABLE } = UART0.registers.STATUS.fields;
const { RECEIVED, TRANSMIT_FREE } = UART0.registers.LEVEL.fields;
/** At the reset rate of 1 Mbaud, ten bits. */
export const byteNs = microseconds(10);

export function makeUartRig(enabled = true): Rig<Uart> {
  const rig = new Rig((machine) => new Uart(machine, 0));
  rig.machine.poke(UART0, 'CONTROL', enabled ? 1 : 0);
  return rig;
}

export const pattern = (length: number, first = 0) => Uint8Array.from({ length }, (_, i) => (first + i * 7) & 0xff);
export const status = (rig: Rig<Uart>) => rig.machine.peek(UART0, 'STATUS');
export const waiting = (rig: Rig<Uart>) => (rig.machine.peek(UART0, 'LEVEL') & RECEIVED.mask) >>> RECEIVED.shift;
export const free = (rig: Rig<Uart>) => (rig.machine.peek(UART0, 'LEVEL') & TRANSMIT_FREE.mask) >>> TRANSMIT_FREE.shift;

export function readAll(rig: Rig<Uart>): number[] {
  const bytes: number[] = [];
  while ((status(rig) & RECEIVE_AVAILABLE.mask) !== 0) bytes.push(rig.machine.peek(UART0, 'DATA'));
  return bytes;
}

export function write(rig: Rig<Uart>, bytes: Uint8Array): void {
  for (const byte of bytes) rig.machine.poke(UART0, 'DATA', byte);
}

export const sentBytes = (rig: Rig<Uart>) => rig.sent.flatMap((burst) => burst.bytes);
