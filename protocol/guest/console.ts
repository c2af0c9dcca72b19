// SMP over a serial console: lines of base64, each behind a marker, so that SMP and a person can use the same UART.
//
//   packet  = u16be total | message | u16be crc         total = length of message + 2
//   wire    = 06 09 base64... 0A  04 14 base64... 0A    crc = CRC-16/XMODEM over the message
//
// The receiver decodes as the characters come, straight into the caller's buffer; lines may be of any length (some
// clients exceed the customary 127). A packet with an error is dropped without an answer: bad base64, data
// beyond `total`, a message beyond the buffer, a wrong CRC. 06 09 begins a new packet wherever it comes, because base64 has neither byte.
//
//                 06 09                 LF, all there, CRC good
//   WAIT_MARKER --------> IN_LINE ----------------------------> message
//     |  ^ 04 14, packet begun ^ | LF, more to come  ^
//     |  +---------------------+ +-> WAIT_MARKER     | anything wrong: IGNORING until the next 06 09
//
// What must stay true: nothing is written outside the caller's buffer, whatever comes in on the line.

import { BASE64_PADDING, base64Character, base64Sextet } from './base64';
import { crc16, crc16Byte } from './crc16';
import { isInRam } from './ram';

/** What a line has received of a packet. All zero: between packets, without a buffer. */
@unmanaged
class Receiver {
  /** Where the message goes, and how many bytes fit there. */
  buffer: u32 = 0;
  capacity: u32 = 0;
  /** Decoded bytes so far, those of the length included. */
  received: u32 = 0;
  /** What the length says: bytes of message and CRC. */
  total: u32 = 0;
  crc: u32 = 0;
  /** IGNORING, WAIT_MARKER or IN_LINE. */
  state: u32 = 0;
  previousByte: u32 = 0;
  /** Bits of the last base64 digits; how many digits of the group of four are in; how much padding was seen. */
  bits: u32 = 0;
  digits: u32 = 0;
  padding: u32 = 0;
}

/** What is left to be sent of a packet. All zero: everything was sent. */
@unmanaged
class Sender {
  message: u32 = 0;
  length: u32 = 0;
  crc: u32 = 0;
  /** Bytes of the packet that are in a group already. */
  taken: u32 = 0;
  /** SENT ... SENDING_CHARACTERS. */
  state: u32 = 0;
  /** Characters that still fit in the line. */
  lineLeft: u32 = 0;
  /** Three bytes, how many digits of them were sent, and how many of the bytes are the packet's. */
  group: u32 = 0;
  digits: u32 = 0;
  bytes: u32 = 0;
}

export const CONSOLE_RECEIVER_SIZE: u32 = 40;
export const CONSOLE_SENDER_SIZE: u32 = 36;
export const CONSOLE_NOTHING: i32 = -1;
/** What a receiver says when a packet that had begun is lost: something was wrong in it, or the next one began before it ended. */
export const CONSOLE_LOST: i32 = -2;
/** Base64 characters a line holds at most: 127 with marker and line feed, 124 being a multiple of four. */
const CONSOLE_LINE_CHARACTERS: u32 = 124;

const START_FIRST: u32 = 0x06;
const START_SECOND: u32 = 0x09;
const CONTINUE_FIRST: u32 = 0x04;
const CONTINUE_SECOND: u32 = 0x14;
const LINE_FEED: u32 = 0x0a;
const CARRIAGE_RETURN: u32 = 0x0d;
const TOTAL_SIZE: u32 = 2;
const CRC_SIZE: u32 = 2;

const IGNORING: u32 = 0;
const WAIT_MARKER: u32 = 1;
const IN_LINE: u32 = 2;

function receiverAt(receiver: usize): Receiver {
  assert(offsetof<Receiver>() == CONSOLE_RECEIVER_SIZE, 'a receiver fits the room that its line has for it');
  assert((receiver & 3) == 0, 'fields are words');
  return changetype<Receiver>(receiver);
}

function senderAt(sender: usize): Sender {
  assert(offsetof<Sender>() == CONSOLE_SENDER_SIZE, 'a sender fits the room that its line has for it');
  assert((sender & 3) == 0, 'fields are words');
  return changetype<Sender>(sender);
}

/** Where the next message goes. Also forgets a packet that had begun. */
export function consoleReceiverReset(receiver: usize, buffer: usize, capacity: u32): void {
  assert(isInRam(receiver, CONSOLE_RECEIVER_SIZE), 'a receiver in memory');
  assert(isInRam(buffer, capacity), 'a buffer in memory, or none');
  memory.fill(receiver, 0, CONSOLE_RECEIVER_SIZE);
  const into = receiverAt(receiver);
  into.buffer = <u32>buffer;
  into.capacity = capacity;
}

/** Gives a packet that has just begun its buffer: a line needs none while it is silent. */
export function consoleReceiverAim(receiver: usize, buffer: usize, capacity: u32): void {
  assert(isInRam(buffer, capacity), 'a buffer in memory');
  const into = receiverAt(receiver);
  assert(into.received == 0, 'the buffer comes before the first byte');
  into.buffer = <u32>buffer;
  into.capacity = capacity;
}

/** True from a packet's first marker until the packet ends or is dropped: the receiver then needs its buffer. */
export function consoleReceiverBusy(receiver: usize): bool {
  const from = receiverAt(receiver);
  assert(from.state <= IN_LINE, 'a receiver has three states');
  return from.state != IGNORING;
}

/** Takes one byte off the line. Returns the message's length when the byte completes one, CONSOLE_LOST when it ends a packet badly. */
export function consoleReceiverPush(receiver: usize, byte: u32): i32 {
  assert(byte <= 0xff, 'the line carries bytes');
  const into = receiverAt(receiver);
  const previous = into.previousByte;
  assert(into.state <= IN_LINE && previous <= 0xff, 'a receiver has three states');
  into.previousByte = byte;
  if (previous == START_FIRST && byte == START_SECOND) {
    const unfinished = into.state != IGNORING;
    beginPacket(into);
    if (unfinished) return CONSOLE_LOST;
  } else if (into.state == WAIT_MARKER && previous == CONTINUE_FIRST && byte == CONTINUE_SECOND) {
    into.state = IN_LINE;
  } else if (into.state == IN_LINE) {
    if (byte == LINE_FEED || byte == CARRIAGE_RETURN) return endLine(into);
    if (!takeCharacter(into, byte)) return losePacket(into);
  }
  return CONSOLE_NOTHING;
}

function beginPacket(into: Receiver): void {
  assert(into.buffer != 0 || into.capacity == 0, 'a receiver has a buffer, or no room');
  into.received = 0;
  into.total = 0;
  into.crc = 0;
  into.previousByte = 0;
  into.bits = 0;
  into.digits = 0;
  into.padding = 0;
  into.state = IN_LINE;
}

/** False when the packet is lost. */
function takeCharacter(into: Receiver, character: u32): bool {
  const digits = into.digits;
  assert(digits < 4, 'a group has four digits');
  if (character == BASE64_PADDING) {
    // One or two, and only to fill up the last group.
    if (digits < 2) return false;
    into.digits = (digits + 1) & 3;
    into.padding++;
    assert(into.padding <= 2, 'padding fills a group up, and no more');
    return true;
  }
  const sextet = base64Sextet(character);
  assert(sextet < 64, 'a digit has six bits');
  if (sextet < 0 || into.padding != 0) return false;
  const bits = (into.bits << 6) | <u32>sextet;
  into.bits = bits;
  into.digits = (digits + 1) & 3;
  // The first digit of a group completes no byte, each further one does.
  return digits == 0 || takeByte(into, (bits >> (6 - (digits << 1))) & 0xff);
}

/** One decoded byte: of the length, of the message, or of the CRC. False when the packet is lost. */
function takeByte(into: Receiver, byte: u32): bool {
  const received = into.received++;
  assert(byte <= 0xff, 'four digits are three bytes');
  if (received < TOTAL_SIZE) {
    const value = (into.total << 8) | byte;
    into.total = value;
    assert(value <= 0xffff, 'the length has two bytes');
    return received == 0 || (value >= CRC_SIZE && value - CRC_SIZE <= into.capacity);
  }
  const index = received - TOTAL_SIZE;
  if (index >= into.total) return false;
  into.crc = crc16Byte(into.crc, byte);
  if (index < into.total - CRC_SIZE) {
    assert(index < into.capacity && into.buffer != 0, 'the length was checked against the buffer');
    store<u8>(<usize>into.buffer + index, <u8>byte);
  }
  return true;
}

function losePacket(into: Receiver): i32 {
  assert(into.state == IN_LINE, 'only a packet that is arriving is lost');
  into.state = IGNORING;
  return CONSOLE_LOST;
}

function endLine(into: Receiver): i32 {
  assert(into.state == IN_LINE, 'a line ends where one has begun');
  const received = into.received;
  const total = into.total;
  if (received < TOTAL_SIZE || received - TOTAL_SIZE < total) {
    // A padded group ends the packet, so one that is still short has lost something.
    if (into.padding != 0) return losePacket(into);
    into.state = WAIT_MARKER;
    return CONSOLE_NOTHING;
  }
  // A last group cut short, or a CRC that leaves a remainder.
  if (into.digits != 0 || into.crc != 0) return losePacket(into);
  into.state = IGNORING;
  assert(total >= CRC_SIZE && total - CRC_SIZE <= into.capacity, 'a message never exceeds its buffer');
  assert(received == TOTAL_SIZE + total, 'a packet holds as many bytes as its length says');
  return <i32>(total - CRC_SIZE);
}

// A sender that was never started is one that has sent all.
const SENT: u32 = 0;
const SENDING_MARKER: u32 = 1;
const SENDING_MARKER_SECOND: u32 = 2;
const SENDING_CHARACTERS: u32 = 3;

export function consoleSenderStart(sender: usize, pointer: usize, length: u32): void {
  assert(length + CRC_SIZE <= 0xffff, 'the length field has 16 bits');
  assert(isInRam(sender, CONSOLE_SENDER_SIZE), 'a sender in memory');
  assert(isInRam(pointer, length), 'a message in memory');
  memory.fill(sender, 0, CONSOLE_SENDER_SIZE);
  const from = senderAt(sender);
  from.message = <u32>pointer;
  from.length = length;
  from.crc = crc16(0, pointer, length);
  from.state = SENDING_MARKER;
}

/** The next byte for the line, or CONSOLE_NOTHING when the packet is complete. The message must not change meanwhile. */
export function consoleSenderNext(sender: usize): i32 {
  const from = senderAt(sender);
  if (from.state == SENT) return CONSOLE_NOTHING;
  const first = from.taken == 0;
  if (from.state == SENDING_MARKER) {
    assert(from.digits == 0, 'a line ends with a whole group');
    from.state = SENDING_MARKER_SECOND;
    return <i32>(first ? START_FIRST : CONTINUE_FIRST);
  }
  if (from.state == SENDING_MARKER_SECOND) {
    from.state = SENDING_CHARACTERS;
    from.lineLeft = CONSOLE_LINE_CHARACTERS;
    return <i32>(first ? START_SECOND : CONTINUE_SECOND);
  }
  assert(from.state == SENDING_CHARACTERS, 'a sender has four states');
  return nextCharacter(from);
}

function nextCharacter(from: Sender): i32 {
  const packetSize = TOTAL_SIZE + from.length + CRC_SIZE;
  const digit = from.digits;
  assert(digit < 4, 'a group has four digits');
  if (digit == 0) {
    const taken = from.taken;
    if (taken == packetSize || from.lineLeft == 0) {
      from.state = taken == packetSize ? SENT : SENDING_MARKER;
      return <i32>LINE_FEED;
    }
    assert(from.lineLeft >= 4 && taken < packetSize, 'a line holds whole groups of the packet');
    const bytes = min<u32>(3, packetSize - taken);
    let group: u32 = 0;
    for (let index: u32 = 0; index < 3; index++) {
      group = (group << 8) | (index < bytes ? packetByte(from, taken + index) : 0);
    }
    from.group = group;
    from.bytes = bytes;
    from.taken = taken + bytes;
    from.lineLeft -= 4;
  }
  const padding = digit > from.bytes;
  const sextet = (from.group >> (18 - digit * 6)) & 63;
  assert(from.taken <= packetSize && from.bytes != 0, 'a group has a byte of the packet at least');
  from.digits = (digit + 1) & 3;
  return <i32>(padding ? BASE64_PADDING : base64Character(sextet));
}

function packetByte(from: Sender, index: u32): u32 {
  const length = from.length;
  assert(index < TOTAL_SIZE + length + CRC_SIZE, 'a byte of the packet');
  if (index < TOTAL_SIZE) return ((length + CRC_SIZE) >> (index == 0 ? 8 : 0)) & 0xff;
  if (index < TOTAL_SIZE + length) return load<u8>(<usize>from.message + (index - TOTAL_SIZE));
  return (from.crc >> (index == TOTAL_SIZE + length ? 8 : 0)) & 0xff;
}
