// The gateway line: UDP datagrams as SLIP frames (RFC 1055), each led by the tag of the peer it came from or goes to.
//
//   END  peer high  peer low  datagram ...  END        END = C0; in between C0 -> DB DC, DB -> DB DD
//
// Receiver and sender go byte by byte and hold no frame of their own. A datagram longer than the buffer is cut at its
// capacity, as a UDP socket cuts it: the SMP layer then finds the payload short and says so. A frame with a wrong
// escape, or without a whole peer tag, is dropped: the line is lossless, so it can only be noise.
//
// Receiver          0 buffer   4 capacity   8 received (peer included)   12 state   16 peer
// Sender            0 next byte of the datagram   4 end   8 state   12 peer   16 escaped byte to come

export const SLIP_RECEIVER_SIZE: u32 = 20;
export const SLIP_SENDER_SIZE: u32 = 20;
/** What a receiver says between frames, and a sender when it has nothing left. */
export const SLIP_NOTHING: i32 = -1;

/** Ends a frame; where none has begun it means nothing. */
export const SLIP_END: u32 = 0xc0;
const ESCAPE: u32 = 0xdb;
const ESCAPED_END: u32 = 0xdc;
const ESCAPED_ESCAPE: u32 = 0xdd;
const PEER_SIZE: u32 = 2;

const RECEIVING: u32 = 0;
const RECEIVING_ESCAPE: u32 = 1;
const DROPPING: u32 = 2;

/** Where the next frame goes. Also forgets a frame that had begun. */
export function slipReceiverReset(receiver: usize, buffer: usize, capacity: u32): void {
  store<u32>(receiver, <u32>buffer);
  store<u32>(receiver, capacity, 4);
  store<u32>(receiver, 0, 8);
  store<u32>(receiver, RECEIVING, 12);
  store<u32>(receiver, 0, 16);
}

/** True while a frame has begun and needs its buffer, or is being dropped. */
export function slipReceiverBusy(receiver: usize): bool {
  return load<u32>(receiver, 8) != 0 || load<u32>(receiver, 12) != RECEIVING;
}

/** Bytes were lost, or there is no room: nothing is believed until the next END. */
export function slipReceiverDrop(receiver: usize): void {
  store<u32>(receiver, DROPPING, 12);
}

/** The peer of the frame that has just ended; the two bytes that open the next one shift it out. */
export function slipReceiverPeer(receiver: usize): u32 {
  return load<u32>(receiver, 16) & 0xffff;
}

/** Takes one byte off the line; returns the datagram's length (0 is an empty datagram) when it ends one. */
export function slipReceiverPush(receiver: usize, byte: u32): i32 {
  assert(byte <= 0xff, 'the line carries bytes');
  const state = load<u32>(receiver, 12);
  if (byte == SLIP_END) return finishFrame(receiver, state);
  if (state == DROPPING) return SLIP_NOTHING;
  if (state == RECEIVING_ESCAPE) {
    const known = byte == ESCAPED_END || byte == ESCAPED_ESCAPE;
    store<u32>(receiver, known ? RECEIVING : DROPPING, 12);
    if (known) keepByte(receiver, byte == ESCAPED_END ? SLIP_END : ESCAPE);
  } else if (byte == ESCAPE) {
    store<u32>(receiver, RECEIVING_ESCAPE, 12);
  } else {
    keepByte(receiver, byte);
  }
  return SLIP_NOTHING;
}

function keepByte(receiver: usize, byte: u32): void {
  const received = load<u32>(receiver, 8);
  const capacity = load<u32>(receiver, 4);
  if (received < PEER_SIZE) {
    store<u32>(receiver, (load<u32>(receiver, 16) << 8) | byte, 16);
  } else if (received - PEER_SIZE < capacity) {
    store<u8>(<usize>load<u32>(receiver) + (received - PEER_SIZE), <u8>byte);
  } else {
    return;
  }
  store<u32>(receiver, received + 1, 8);
}

function finishFrame(receiver: usize, state: u32): i32 {
  const received = load<u32>(receiver, 8);
  store<u32>(receiver, 0, 8);
  store<u32>(receiver, RECEIVING, 12);
  const whole = state == RECEIVING && received >= PEER_SIZE;
  assert(!whole || received - PEER_SIZE <= load<u32>(receiver, 4), 'a datagram never exceeds its buffer');
  return whole ? <i32>(received - PEER_SIZE) : SLIP_NOTHING;
}

// A sender that was never started is one that has sent all.
const SENT: u32 = 0;
const SENDING_START: u32 = 1;
const SENDING_PEER_HIGH: u32 = 2;
const SENDING_PEER_LOW: u32 = 3;
const SENDING_DATAGRAM: u32 = 4;

export function slipSenderStart(sender: usize, peer: u32, pointer: usize, length: u32): void {
  assert(peer <= 0xffff, 'a peer tag has 16 bits');
  store<u32>(sender, <u32>pointer);
  store<u32>(sender, <u32>pointer + length, 4);
  store<u32>(sender, SENDING_START, 8);
  store<u32>(sender, peer, 12);
  store<u32>(sender, 0, 16);
}

/** The next byte for the line, or SLIP_NOTHING when the frame is complete. The datagram must not change meanwhile. */
export function slipSenderNext(sender: usize): i32 {
  const escaped = load<u32>(sender, 16);
  if (escaped != 0) {
    store<u32>(sender, 0, 16);
    return <i32>escaped;
  }
  const state = load<u32>(sender, 8);
  if (state == SENT) return SLIP_NOTHING;
  const next = load<u32>(sender);
  if (state == SENDING_START || (state == SENDING_DATAGRAM && next == load<u32>(sender, 4))) {
    store<u32>(sender, state == SENDING_START ? SENDING_PEER_HIGH : SENT, 8);
    return <i32>SLIP_END;
  }
  if (state == SENDING_DATAGRAM) {
    store<u32>(sender, next + 1);
    return escapeByte(sender, load<u8>(<usize>next));
  }
  assert(state == SENDING_PEER_HIGH || state == SENDING_PEER_LOW, 'the sender has five states');
  store<u32>(sender, state + 1, 8);
  const peer = load<u32>(sender, 12);
  return escapeByte(sender, state == SENDING_PEER_HIGH ? peer >> 8 : peer & 0xff);
}

function escapeByte(sender: usize, byte: u32): i32 {
  if (byte != SLIP_END && byte != ESCAPE) return <i32>byte;
  store<u32>(sender, byte == SLIP_END ? ESCAPED_END : ESCAPED_ESCAPE, 16);
  return <i32>ESCAPE;
}
