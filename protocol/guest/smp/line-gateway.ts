// UART0, the line to the room-temperature gateway: UDP datagrams in SLIP frames, each with the tag of its peer.

import { SMP_BUFFER_SIZE } from '../generated/constants';
import { UART0_DATA } from '../generated/registers';
import {
  SLIP_END,
  SLIP_LOST,
  SLIP_NOTHING,
  SLIP_RECEIVER_SIZE,
  SLIP_SENDER_SIZE,
  slipReceiverBusy,
  slipReceiverDrop,
  slipReceiverPeer,
  slipReceiverPush,
  slipReceiverReset,
  slipReceiverTake,
  slipSenderNext,
  slipSenderStart,
  slipSenderTake,
} from '../slip';
import { COUNT_FRAMES_LOST, COUNT_GATEWAY_OVERRUNS, count } from './counters';
import { claimFrame, frameMessage, queueFrame } from './frames';
import {
  UART_FIFO_SIZE,
  uartOverrun,
  uartReceive,
  uartStart,
  uartTransmit,
  uartTransmitFree,
  uartWantTransmit,
} from './uart';

export const LINE_GATEWAY: u32 = 0;
/** A cable of our own to the gateway: a full datagram takes 4 ms, so that an upload waits for flash and not for the line. */
const BAUD: u32 = 4_000_000;

const receiver: usize = memory.data(<i32>SLIP_RECEIVER_SIZE, 4);
const sender: usize = memory.data(<i32>SLIP_SENDER_SIZE, 4);
const staging: usize = memory.data(<i32>UART_FIFO_SIZE, 4);
// The buffer of the frame that is arriving, 0 between frames. A dropped frame leaves it to the next one.
let frame: usize = 0;
let sending: bool = false;

export function startGateway(): void {
  assert(frame == 0 && !sending, 'a line is started once, before anything is on it');
  slipReceiverReset(receiver, 0, 0);
  uartStart(UART0_DATA, BAUD);
}

export function gatewayInterrupt(): void {
  const gap = uartOverrun(UART0_DATA);
  const received = uartReceive(UART0_DATA, staging);
  assert(received <= UART_FIFO_SIZE, 'no more than a FIFO came');
  let index: u32 = 0;
  while (index < received) {
    index += slipReceiverTake(receiver, staging + index, received - index);
    if (index < received) takeByte(load<u8>(staging + index++));
  }
  if (gap) {
    count(COUNT_GATEWAY_OVERRUNS);
    slipReceiverDrop(receiver);
  }
  if (sending) pump();
}

function takeByte(byte: u32): void {
  if (!slipReceiverBusy(receiver) && byte != SLIP_END) {
    if (frame == 0) frame = claimFrame();
    if (frame == 0) slipReceiverDrop(receiver);
    else slipReceiverReset(receiver, frameMessage(frame), SMP_BUFFER_SIZE);
  }
  const length = slipReceiverPush(receiver, byte);
  // A frame that found no buffer was counted when it began.
  if (length == SLIP_LOST && frame != 0) count(COUNT_FRAMES_LOST);
  if (length < 0) return;
  assert(frame != 0, 'a datagram that is complete has a frame');
  assert(length >= 0 && <u32>length <= SMP_BUFFER_SIZE, 'a datagram fits its frame');
  queueFrame(frame, LINE_GATEWAY, slipReceiverPeer(receiver), <u32>length);
  frame = 0;
}

/** Begins to send a datagram, which must stay as it is until `gatewaySending` says no. */
export function gatewaySend(peer: u32, pointer: usize, length: u32): void {
  assert(length != 0 && length <= SMP_BUFFER_SIZE, 'a message that a client has room for');
  assert(!sending, 'one datagram at a time');
  slipSenderStart(sender, peer, pointer, length);
  sending = true;
  pump();
}

export function gatewaySending(): bool {
  return sending;
}

function pump(): void {
  const free = uartTransmitFree(UART0_DATA);
  assert(sending, 'only a datagram that is not sent yet is pumped');
  let count: u32 = 0;
  while (sending && count < free) {
    count += slipSenderTake(sender, staging + count, free - count);
    if (count == free) break;
    const byte = slipSenderNext(sender);
    sending = byte != SLIP_NOTHING;
    if (sending) store<u8>(staging + count++, <u8>byte);
  }
  assert(count <= free && free <= UART_FIFO_SIZE, 'no more is sent than the FIFO takes');
  uartTransmit(UART0_DATA, staging, count);
  uartWantTransmit(UART0_DATA, sending);
}
