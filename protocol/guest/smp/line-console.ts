// UART1, the serial console: SMP packets as lines of base64 between whatever else is on the line.

import {
  CONSOLE_LOST,
  CONSOLE_NOTHING,
  CONSOLE_RECEIVER_SIZE,
  CONSOLE_SENDER_SIZE,
  consoleReceiverAim,
  consoleReceiverBusy,
  consoleReceiverPush,
  consoleReceiverReset,
  consoleSenderNext,
  consoleSenderStart,
} from '../console';
import { SMP_BUFFER_SIZE } from '../generated/constants';
import { UART1_DATA } from '../generated/registers';
import { COUNT_CONSOLE_OVERRUNS, COUNT_FRAMES_LOST, count } from './counters';
import { claimFrame, frameMessage, queueFrame, releaseFrame } from './frames';
import {
  UART_FIFO_SIZE,
  uartOverrun,
  uartReceive,
  uartStart,
  uartTransmit,
  uartTransmitFree,
  uartWantTransmit,
} from './uart';

export const LINE_CONSOLE: u32 = 1;
/** What common USB serial adapters do reliably. */
const BAUD: u32 = 1_000_000;

const receiver: usize = memory.data(<i32>CONSOLE_RECEIVER_SIZE, 4);
const sender: usize = memory.data(<i32>CONSOLE_SENDER_SIZE, 4);
const staging: usize = memory.data(<i32>UART_FIFO_SIZE, 4);
// The buffer of the packet that is arriving, 0 while the line is silent.
let frame: usize = 0;
let sending: bool = false;

export function startConsole(): void {
  assert(frame == 0 && !sending, 'a line is started once, before anything is on it');
  consoleReceiverReset(receiver, 0, 0);
  uartStart(UART1_DATA, BAUD);
}

export function consoleInterrupt(): void {
  // Lost bytes are only counted here: the CRC of their packet is wrong, so it is lost, too.
  if (uartOverrun(UART1_DATA)) count(COUNT_CONSOLE_OVERRUNS);
  const received = uartReceive(UART1_DATA, staging);
  assert(received <= UART_FIFO_SIZE, 'no more than a FIFO came');
  for (let index: u32 = 0; index < received; index++) takeByte(load<u8>(staging + index));
  if (sending) pump();
}

function takeByte(byte: u32): void {
  assert(byte <= 0xff, 'the line carries bytes');
  const length = consoleReceiverPush(receiver, byte);
  if (length == CONSOLE_LOST) count(COUNT_FRAMES_LOST);
  if (length >= 0) {
    assert(frame != 0, 'a packet that is complete has a frame');
    assert(<u32>length <= SMP_BUFFER_SIZE, 'a message fits its frame');
    queueFrame(frame, LINE_CONSOLE, 0, <u32>length);
    frame = 0;
  } else if (!consoleReceiverBusy(receiver)) {
    if (frame != 0) releaseFrame(frame);
    frame = 0;
  } else if (frame == 0) {
    frame = claimFrame();
    if (frame == 0) consoleReceiverReset(receiver, 0, 0);
    else consoleReceiverAim(receiver, frameMessage(frame), SMP_BUFFER_SIZE);
  }
}

/** Begins to send a message, which must stay as it is until `consoleSending` says no. */
export function consoleSend(pointer: usize, length: u32): void {
  assert(length != 0 && length <= SMP_BUFFER_SIZE, 'a message that a client has room for');
  assert(!sending, 'one packet at a time');
  consoleSenderStart(sender, pointer, length);
  sending = true;
  pump();
}

export function consoleSending(): bool {
  return sending;
}

function pump(): void {
  const free = uartTransmitFree(UART1_DATA);
  assert(sending, 'only a packet that is not sent yet is pumped');
  let count: u32 = 0;
  while (sending && count < free) {
    const byte = consoleSenderNext(sender);
    sending = byte != CONSOLE_NOTHING;
    if (sending) store<u8>(staging + count++, <u8>byte);
  }
  assert(count <= free && free <= UART_FIFO_SIZE, 'no more is sent than the FIFO takes');
  uartTransmit(UART1_DATA, staging, count);
  uartWantTransmit(UART1_DATA, sending);
}
