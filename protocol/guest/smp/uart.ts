// A UART as both lines use it: bytes move between FIFO and RAM by DMA, a FIFO's worth at a time.

import { read32, write32 } from '../bus';
import { copyFromFifo, copyToFifo } from '../dma';
import {
  UART0_BAUD,
  UART0_CONTROL,
  UART0_CONTROL_ENABLE,
  UART0_CONTROL_FLOW_CONTROL,
  UART0_DATA,
  UART0_INTERRUPT_ENABLE,
  UART0_INTERRUPT_ENABLE_RECEIVE_AVAILABLE,
  UART0_INTERRUPT_ENABLE_TRANSMIT_EMPTY,
  UART0_LEVEL,
  UART0_LEVEL_RECEIVED,
  UART0_LEVEL_TRANSMIT_FREE_SHIFT,
  UART0_STATUS,
  UART0_STATUS_OVERRUN,
  UART1_DATA,
} from '../generated/registers';
import { isInRam } from '../ram';

/** Bytes a FIFO holds, either way. */
export const UART_FIFO_SIZE: u32 = 512;

// Both UARTs are the same peripheral; a base is the address of its first register.
const STATUS: u32 = UART0_STATUS - UART0_DATA;
const LEVEL: u32 = UART0_LEVEL - UART0_DATA;
const CONTROL: u32 = UART0_CONTROL - UART0_DATA;
const BAUD: u32 = UART0_BAUD - UART0_DATA;
const INTERRUPT_ENABLE: u32 = UART0_INTERRUPT_ENABLE - UART0_DATA;

/** Asserted of every base: the peripheral is one of two. */
function isUart(base: u32): bool {
  return base == UART0_DATA || base == UART1_DATA;
}

export function uartStart(base: u32, baud: u32): void {
  assert(isUart(base), 'a UART that there is');
  assert(baud != 0, 'a line has a speed');
  write32(base + BAUD, baud);
  write32(base + INTERRUPT_ENABLE, UART0_INTERRUPT_ENABLE_RECEIVE_AVAILABLE);
  // A burst must not be lost because the core is verifying an image: the sender waits.
  write32(base + CONTROL, UART0_CONTROL_ENABLE | UART0_CONTROL_FLOW_CONTROL);
}

/** Switches the interrupt for an empty transmit FIFO on or off. Received bytes always interrupt. */
export function uartWantTransmit(base: u32, wanted: bool): void {
  assert(isUart(base), 'a UART that there is');
  const transmit = wanted ? UART0_INTERRUPT_ENABLE_TRANSMIT_EMPTY : 0;
  write32(base + INTERRUPT_ENABLE, UART0_INTERRUPT_ENABLE_RECEIVE_AVAILABLE | transmit);
}

/** True when bytes were lost behind those that wait now. Look before receiving: nothing is drained in between, so the gap is there. */
export function uartOverrun(base: u32): bool {
  assert(isUart(base), 'a UART that there is');
  if ((read32(base + STATUS) & UART0_STATUS_OVERRUN) == 0) return false;
  write32(base + STATUS, UART0_STATUS_OVERRUN);
  return true;
}

/** Moves the bytes that wait to `target` (room for UART_FIFO_SIZE) and returns how many. */
export function uartReceive(base: u32, target: usize): u32 {
  assert(isUart(base), 'a UART that there is');
  const received = min<u32>(read32(base + LEVEL) & UART0_LEVEL_RECEIVED, UART_FIFO_SIZE);
  assert(isInRam(target, UART_FIFO_SIZE), 'there is room for what a FIFO holds');
  copyFromFifo(target, base, received);
  return received;
}

export function uartTransmitFree(base: u32): u32 {
  assert(isUart(base), 'a UART that there is');
  const free = read32(base + LEVEL) >> UART0_LEVEL_TRANSMIT_FREE_SHIFT;
  assert(free <= UART_FIFO_SIZE, 'a FIFO has no more room than its size');
  return free;
}

export function uartTransmit(base: u32, source: usize, length: u32): void {
  assert(isUart(base) && length <= UART_FIFO_SIZE, 'a UART that there is, and no more than its FIFO takes');
  assert(length == 0 || isInRam(source, length), 'the bytes are in memory');
  copyToFifo(base, source, length);
}
