// SMP over a serial console: lines of base64, each led by a marker, so that SMP and a human may share a UART.
//
//   packet  = u16be total | message | u16be crc         total = length of message + 2
//   wire    = 06 09 base64... 0A  04 14 base64... 0A    crc = CRC-16/XMODEM over the message
//
// The receiver decodes as the characters come, straight into the caller's buffer; lines may be of any length (some
// clients exceed the customary 127). What does not fit the picture drops the packet without a word: bad base64, data
// beyond `total`, a message beyond the buffer, a wrong CRC. 06 09 starts afresh wherever it turns up, for base64 holds neither.
//
//                 06 09                 LF, all there, CRC good
//   WAIT_MARKER --------> IN_LINE ----------------------------> message
//     |  ^ 04 14, packet begun ^ | LF, more to come  ^
//     |  +---------------------+ +-> WAIT_MARKER     | anything wrong: IGNORING until the next 06 09
//
// Receiver   0 buffer  4 capacity  8 received (total included)  12 total  16 CRC  20 state  24 previous byte
//            28 base64 bits held  32 how many digits of the group of four are in  36 padding seen
// Sender     0 message  4 message length  8 CRC  12 next packet byte  16 state  20 characters left of the line
//            24 group of three bytes  28 digits of the group sent  32 bytes in the group

import { BASE64_PADDING, base64Character, base64Sextet } from './base64';
import { crc16, crc16Byte } from './crc16';

export const CONSOLE_RECEIVER_SIZE: u32 = 40;
export const CONSOLE_SENDER_SIZE: u32 = 36;
export const CONSOLE_NOTHING: i32 = -1;
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

/** Where the next message goes. Also forgets a packet that had begun. */
export function consoleReceiverReset(receiver: usize, buffer: usize, capacity: u32): void {
  memory.fill(receiver, 0, CONSOLE_RECEIVER_SIZE);
  store<u32>(receiver, <u32>buffer);
  store<u32>(receiver, capacity, 4);
}

/** Gives a packet that has just begun its buffer: a line needs none while it is silent. */
export function consoleReceiverAim(receiver: usize, buffer: usize, capacity: u32): void {
  assert(load<u32>(receiver, 8) == 0, 'the buffer comes before the first byte');
  store<u32>(receiver, <u32>buffer);
  store<u32>(receiver, capacity, 4);
}

/** True from a packet's first marker until the packet ends or is dropped: the receiver then needs its buffer. */
export function consoleReceiverBusy(receiver: usize): bool {
  return load<u32>(receiver, 20) != IGNORING;
}

/** Takes one byte off the line; returns the message's length when it completes one. */
export function consoleReceiverPush(receiver: usize, byte: u32): i32 {
  assert(byte <= 0xff, 'the line carries bytes');
  const previous = load<u32>(receiver, 24);
  const state = load<u32>(receiver, 20);
  store<u32>(receiver, byte, 24);
  if (previous == START_FIRST && byte == START_SECOND) {
    beginPacket(receiver);
  } else if (state == WAIT_MARKER && previous == CONTINUE_FIRST && byte == CONTINUE_SECOND) {
    store<u32>(receiver, IN_LINE, 20);
  } else if (state == IN_LINE) {
    if (byte == LINE_FEED || byte == CARRIAGE_RETURN) return endLine(receiver);
    if (!takeCharacter(receiver, byte)) store<u32>(receiver, IGNORING, 20);
  }
  return CONSOLE_NOTHING;
}

function beginPacket(receiver: usize): void {
  memory.fill(receiver + 8, 0, CONSOLE_RECEIVER_SIZE - 8);
  store<u32>(receiver, IN_LINE, 20);
}

/** False when the packet is lost. */
function takeCharacter(receiver: usize, character: u32): bool {
  const digits = load<u32>(receiver, 32);
  const padding = load<u32>(receiver, 36);
  if (character == BASE64_PADDING) {
    // One or two, and only to fill up the last group.
    if (digits < 2) return false;
    store<u32>(receiver, (digits + 1) & 3, 32);
    store<u32>(receiver, padding + 1, 36);
    return true;
  }
  const sextet = base64Sextet(character);
  if (sextet < 0 || padding != 0) return false;
  const bits = (load<u32>(receiver, 28) << 6) | <u32>sextet;
  store<u32>(receiver, bits, 28);
  store<u32>(receiver, (digits + 1) & 3, 32);
  // The first digit of a group completes no byte, each further one does.
  return digits == 0 || takeByte(receiver, (bits >> (6 - (digits << 1))) & 0xff);
}

/** One decoded byte: of the length, of the message, or of the CRC. False when the packet is lost. */
function takeByte(receiver: usize, byte: u32): bool {
  const received = load<u32>(receiver, 8);
  const total = load<u32>(receiver, 12);
  store<u32>(receiver, received + 1, 8);
  if (received < TOTAL_SIZE) {
    const value = (total << 8) | byte;
    store<u32>(receiver, value, 12);
    return received == 0 || (value >= CRC_SIZE && value - CRC_SIZE <= load<u32>(receiver, 4));
  }
  const index = received - TOTAL_SIZE;
  if (index >= total) return false;
  store<u32>(receiver, crc16Byte(load<u32>(receiver, 16), byte), 16);
  if (index < total - CRC_SIZE) {
    assert(index < load<u32>(receiver, 4), 'the length was checked against the buffer');
    store<u8>(<usize>load<u32>(receiver) + index, <u8>byte);
  }
  return true;
}

function endLine(receiver: usize): i32 {
  const received = load<u32>(receiver, 8);
  const total = load<u32>(receiver, 12);
  if (received < TOTAL_SIZE || received - TOTAL_SIZE < total) {
    // A padded group ends the packet, so one that is still short has lost something.
    store<u32>(receiver, load<u32>(receiver, 36) != 0 ? IGNORING : WAIT_MARKER, 20);
    return CONSOLE_NOTHING;
  }
  store<u32>(receiver, IGNORING, 20);
  // A last group cut short, or a CRC that leaves a remainder.
  if (load<u32>(receiver, 32) != 0 || load<u32>(receiver, 16) != 0) return CONSOLE_NOTHING;
  assert(total >= CRC_SIZE && total - CRC_SIZE <= load<u32>(receiver, 4), 'a message never exceeds its buffer');
  return <i32>(total - CRC_SIZE);
}

// A sender that was never started is one that has sent all.
const SENT: u32 = 0;
const SENDING_MARKER: u32 = 1;
const SENDING_MARKER_SECOND: u32 = 2;
const SENDING_CHARACTERS: u32 = 3;

export function consoleSenderStart(sender: usize, pointer: usize, length: u32): void {
  assert(length + CRC_SIZE <= 0xffff, 'the length field has 16 bits');
  memory.fill(sender, 0, CONSOLE_SENDER_SIZE);
  store<u32>(sender, <u32>pointer);
  store<u32>(sender, length, 4);
  store<u32>(sender, crc16(0, pointer, length), 8);
  store<u32>(sender, SENDING_MARKER, 16);
}

/** The next byte for the line, or CONSOLE_NOTHING when the packet is complete. The message must not change meanwhile. */
export function consoleSenderNext(sender: usize): i32 {
  const state = load<u32>(sender, 16);
  if (state == SENT) return CONSOLE_NOTHING;
  const first = load<u32>(sender, 12) == 0;
  if (state == SENDING_MARKER) {
    store<u32>(sender, SENDING_MARKER_SECOND, 16);
    return <i32>(first ? START_FIRST : CONTINUE_FIRST);
  }
  if (state == SENDING_MARKER_SECOND) {
    store<u32>(sender, SENDING_CHARACTERS, 16);
    store<u32>(sender, CONSOLE_LINE_CHARACTERS, 20);
    return <i32>(first ? START_SECOND : CONTINUE_SECOND);
  }
  return nextCharacter(sender);
}

function nextCharacter(sender: usize): i32 {
  const packetSize = TOTAL_SIZE + load<u32>(sender, 4) + CRC_SIZE;
  let digit = load<u32>(sender, 28);
  if (digit == 0) {
    const sent = load<u32>(sender, 12);
    const lineLeft = load<u32>(sender, 20);
    if (sent == packetSize || lineLeft == 0) {
      store<u32>(sender, sent == packetSize ? SENT : SENDING_MARKER, 16);
      return <i32>LINE_FEED;
    }
    assert(lineLeft >= 4 && sent < packetSize, 'a line holds whole groups of the packet');
    const bytes = min<u32>(3, packetSize - sent);
    let group: u32 = 0;
    for (let index: u32 = 0; index < 3; index++) {
      group = (group << 8) | (index < bytes ? packetByte(sender, sent + index) : 0);
    }
    store<u32>(sender, group, 24);
    store<u32>(sender, bytes, 32);
    store<u32>(sender, sent + bytes, 12);
    store<u32>(sender, lineLeft - 4, 20);
  }
  const padding = digit > load<u32>(sender, 32);
  const sextet = (load<u32>(sender, 24) >> (18 - digit * 6)) & 63;
  digit++;
  store<u32>(sender, digit & 3, 28);
  return <i32>(padding ? BASE64_PADDING : base64Character(sextet));
}

function packetByte(sender: usize, index: u32): u32 {
  const length = load<u32>(sender, 4);
  if (index < TOTAL_SIZE) return ((length + CRC_SIZE) >> (index == 0 ? 8 : 0)) & 0xff;
  if (index < TOTAL_SIZE + length) return load<u8>(<usize>load<u32>(sender) + (index - TOTAL_SIZE));
  return (load<u32>(sender, 8) >> (index == TOTAL_SIZE + length ? 8 : 0)) & 0xff;
}
