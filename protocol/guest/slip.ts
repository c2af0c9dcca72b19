// The gateway line: UDP datagrams as SLIP frames (RFC 1055). Each begins with the tag of the peer it came from or goes to.
//
//   END  peer high  peer low  datagram ...  END        END = C0; in between C0 -> DB DC, DB -> DB DD
//
// Receiver and sender hold no frame of their own. Bytes without a meaning go in runs, the others one by one. A datagram longer than the buffer is cut at its
// capacity, as a UDP socket cuts it: the SMP layer then finds the payload short and says so. A frame with a wrong
// escape, or without a whole peer tag, is dropped: the line is lossless, so it can only be noise. What must stay true: nothing is
// written outside the buffer, whatever comes in on the line. What is done for each byte has no assertions: a frame's beginning and end have them.

import { isInRam } from './ram';

/** What a line has received of a frame. All zero: between frames, without a buffer. */
@unmanaged
class Receiver {
  /** Where the datagram goes, and how many bytes fit there. */
  buffer: u32 = 0;
  capacity: u32 = 0;
  /** Bytes of the frame so far, peer tag included. */
  received: u32 = 0;
  /** RECEIVING, RECEIVING_ESCAPE or DROPPING. */
  state: u32 = 0;
  /** The last two bytes that came in front of a datagram, in the low half. */
  peer: u32 = 0;
}

/** What is left to be sent of a frame. All zero: everything was sent. */
@unmanaged
class Sender {
  /** The next byte of the datagram, and where it ends. */
  next: u32 = 0;
  end: u32 = 0;
  /** SENT ... SENDING_DATAGRAM. */
  state: u32 = 0;
  peer: u32 = 0;
  /** The second byte of an escape, when that is what comes next; else 0. */
  escaped: u32 = 0;
}

export const SLIP_RECEIVER_SIZE: u32 = 20;
export const SLIP_SENDER_SIZE: u32 = 20;
/** What a receiver says between frames, and a sender when it has nothing left. */
export const SLIP_NOTHING: i32 = -1;
/** What a receiver says at the end of a frame that it dropped. */
export const SLIP_LOST: i32 = -2;

/** Ends a frame; where none has begun it means nothing. */
export const SLIP_END: u32 = 0xc0;
const ESCAPE: u32 = 0xdb;
const ESCAPED_END: u32 = 0xdc;
const ESCAPED_ESCAPE: u32 = 0xdd;
const PEER_SIZE: u32 = 2;

const RECEIVING: u32 = 0;
const RECEIVING_ESCAPE: u32 = 1;
const DROPPING: u32 = 2;

function receiverAt(receiver: usize): Receiver {
  assert(offsetof<Receiver>() == SLIP_RECEIVER_SIZE, 'a receiver fits the room that its line has for it');
  return changetype<Receiver>(receiver);
}

function senderAt(sender: usize): Sender {
  assert(offsetof<Sender>() == SLIP_SENDER_SIZE, 'a sender fits the room that its line has for it');
  return changetype<Sender>(sender);
}

/** Where the next frame goes. Also forgets a frame that had begun. */
export function slipReceiverReset(receiver: usize, buffer: usize, capacity: u32): void {
  assert(isInRam(receiver, SLIP_RECEIVER_SIZE) && (receiver & 3) == 0, 'a receiver in memory, its fields words');
  assert(isInRam(buffer, capacity), 'a buffer in memory, or none');
  const into = receiverAt(receiver);
  into.buffer = <u32>buffer;
  into.capacity = capacity;
  into.received = 0;
  into.state = RECEIVING;
  into.peer = 0;
  assert(!slipReceiverBusy(receiver), 'no frame has begun');
}

/** True while a frame has begun and needs its buffer, or is being dropped. */
export function slipReceiverBusy(receiver: usize): bool {
  const from = receiverAt(receiver);
  return from.received != 0 || from.state != RECEIVING;
}

/** Bytes were lost, or there is no room: everything up to the next END is dropped. */
export function slipReceiverDrop(receiver: usize): void {
  receiverAt(receiver).state = DROPPING;
  assert(slipReceiverBusy(receiver), 'a frame that is dropped lasts to its end');
}

/** The peer of the frame that has just ended; the two bytes that open the next one shift it out. */
export function slipReceiverPeer(receiver: usize): u32 {
  const from = receiverAt(receiver);
  assert(from.received == 0 && from.state == RECEIVING, 'the peer is read at the end of a frame');
  return from.peer & 0xffff;
}

/** Takes one byte off the line; returns the datagram's length (0 is an empty datagram) when it ends one, SLIP_LOST when it ends a bad one. */
export function slipReceiverPush(receiver: usize, byte: u32): i32 {
  const into = receiverAt(receiver);
  if (byte == SLIP_END) return finishFrame(into);
  const state = into.state;
  if (state == DROPPING) return SLIP_NOTHING;
  if (state == RECEIVING_ESCAPE) {
    const known = byte == ESCAPED_END || byte == ESCAPED_ESCAPE;
    into.state = known ? RECEIVING : DROPPING;
    if (known) keepByte(into, byte == ESCAPED_END ? SLIP_END : ESCAPE);
  } else if (byte == ESCAPE) {
    into.state = RECEIVING_ESCAPE;
  } else {
    keepByte(into, byte);
  }
  return SLIP_NOTHING;
}

/** Takes bytes of a datagram off the line, up to the first that means something or has no room; returns how many. */
export function slipReceiverTake(receiver: usize, pointer: usize, length: u32): u32 {
  const into = receiverAt(receiver);
  const received = into.received;
  if (into.state != RECEIVING || received < PEER_SIZE) return 0;
  assert(received - PEER_SIZE <= into.capacity, 'a datagram never exceeds its buffer');
  assert(isInRam(pointer, length), 'the bytes are in memory');
  const target = <usize>into.buffer + (received - PEER_SIZE);
  const most = min(length, into.capacity - (received - PEER_SIZE));
  let taken: u32 = 0;
  for (; taken < most; taken++) {
    const byte: u32 = load<u8>(pointer + taken);
    if (byte == SLIP_END || byte == ESCAPE) break;
    store<u8>(target + taken, <u8>byte);
  }
  into.received = received + taken;
  assert(taken <= length, 'no byte behind those that came');
  assert(into.received <= into.capacity + PEER_SIZE, 'no more was kept than there is room for');
  return taken;
}

function keepByte(into: Receiver, byte: u32): void {
  const received = into.received;
  if (received < PEER_SIZE) {
    into.peer = (into.peer << 8) | byte;
  } else if (received - PEER_SIZE < into.capacity) {
    store<u8>(<usize>into.buffer + (received - PEER_SIZE), <u8>byte);
  } else {
    return;
  }
  into.received = received + 1;
}

function finishFrame(into: Receiver): i32 {
  const whole = into.state == RECEIVING && into.received >= PEER_SIZE;
  const wasBusy = into.state != RECEIVING || into.received != 0;
  const received = into.received;
  assert(into.state <= DROPPING, 'a receiver has three states');
  assert(received <= into.capacity + PEER_SIZE, 'no more was kept than there is room for');
  assert(received <= PEER_SIZE || into.buffer != 0, 'a frame with a datagram has a buffer');
  into.received = 0;
  into.state = RECEIVING;
  if (!whole) return wasBusy ? SLIP_LOST : SLIP_NOTHING;
  assert(received - PEER_SIZE <= into.capacity, 'a datagram never exceeds its buffer');
  return <i32>(received - PEER_SIZE);
}

// A sender that was never started is one that has sent all.
const SENT: u32 = 0;
const SENDING_START: u32 = 1;
const SENDING_PEER_HIGH: u32 = 2;
const SENDING_PEER_LOW: u32 = 3;
const SENDING_DATAGRAM: u32 = 4;

export function slipSenderStart(sender: usize, peer: u32, pointer: usize, length: u32): void {
  assert(peer <= 0xffff, 'a peer tag has 16 bits');
  assert(isInRam(sender, SLIP_SENDER_SIZE) && (sender & 3) == 0, 'a sender in memory, its fields words');
  assert(isInRam(pointer, length), 'a datagram in memory');
  const from = senderAt(sender);
  from.next = <u32>pointer;
  from.end = <u32>pointer + length;
  from.state = SENDING_START;
  from.peer = peer;
  from.escaped = 0;
  assert(from.end >= from.next, 'a datagram ends behind its beginning');
}

/** The next byte for the line, or SLIP_NOTHING when the frame is complete. The datagram must not change meanwhile. */
export function slipSenderNext(sender: usize): i32 {
  const from = senderAt(sender);
  const escaped = from.escaped;
  const state = from.state;
  const next = from.next;
  if (escaped != 0) {
    from.escaped = 0;
    return <i32>escaped;
  }
  if (state == SENT) return SLIP_NOTHING;
  if (state == SENDING_START || (state == SENDING_DATAGRAM && next == from.end)) {
    from.state = state == SENDING_START ? SENDING_PEER_HIGH : SENT;
    return <i32>SLIP_END;
  }
  if (state == SENDING_DATAGRAM) {
    assert(next < from.end, 'nothing behind the datagram is sent');
    from.next = next + 1;
    return escapeByte(from, load<u8>(<usize>next));
  }
  assert(state == SENDING_PEER_HIGH || state == SENDING_PEER_LOW, 'the sender has five states');
  from.state = state + 1;
  return escapeByte(from, state == SENDING_PEER_HIGH ? from.peer >> 8 : from.peer & 0xff);
}

/** Writes bytes of the datagram that need no escape, at most so many; returns how many. */
export function slipSenderTake(sender: usize, target: usize, most: u32): u32 {
  const from = senderAt(sender);
  if (from.state != SENDING_DATAGRAM || from.escaped != 0) return 0;
  const next = <usize>from.next;
  assert(from.next <= from.end, 'nothing behind the datagram is sent');
  assert(isInRam(target, most), 'room for the bytes');
  const limit = min(most, from.end - from.next);
  let taken: u32 = 0;
  for (; taken < limit; taken++) {
    const byte: u32 = load<u8>(next + taken);
    if (byte == SLIP_END || byte == ESCAPE) break;
    store<u8>(target + taken, <u8>byte);
  }
  from.next += taken;
  assert(taken <= most, 'no more than there is room for');
  assert(from.next <= from.end, 'nothing behind the datagram is sent');
  return taken;
}

function escapeByte(from: Sender, byte: u32): i32 {
  if (byte != SLIP_END && byte != ESCAPE) return <i32>byte;
  from.escaped = byte == SLIP_END ? ESCAPED_END : ESCAPED_ESCAPE;
  return <i32>ESCAPE;
}
