// The receive buffers: requests of both lines wait here, and are served in the order in which they were complete.
//
// There is one more than the SMP_BUFFER_COUNT we promise to clients: a packet that never ends on the console must not take a
// promised buffer from the gateway. When none is free the frame is lost, as a datagram may be; a counter tells. What must stay true: a
// frame goes FREE -> CLAIMED -> WAITING -> FREE, or back from CLAIMED, and `taken` is how many are not free.

import { SMP_BUFFER_COUNT, SMP_BUFFER_SIZE } from '../generated/constants';
import { COUNT_FRAMES_LOST, count } from './counters';

export const FRAME_COUNT: u32 = SMP_BUFFER_COUNT + 1;

const FREE: u32 = 0;
const CLAIMED: u32 = 1;
const WAITING: u32 = 2;

/** What stands in front of a frame's message, which has SMP_BUFFER_SIZE bytes. */
@unmanaged
export class Frame {
  /** FREE, CLAIMED or WAITING. */
  state: u32 = 0;
  /** LINE_*, and the tag of who sent it there. */
  line: u32 = 0;
  peer: u32 = 0;
  /** Bytes of the message, and how many of them were served: several requests may share a datagram. */
  length: u32 = 0;
  served: u32 = 0;
  /** The order in which frames were complete. */
  arrival: u32 = 0;
}

const HEAD_SIZE: u32 = 24;
const FRAME_SIZE: u32 = HEAD_SIZE + SMP_BUFFER_SIZE;

const FRAMES_SIZE: u32 = FRAME_COUNT * FRAME_SIZE;
const frames: usize = memory.data(<i32>FRAMES_SIZE, 8);
let arrivals: u32 = 0;
let taken: u32 = 0;
let mostTaken: u32 = 0;

/** Whether an address is that of a frame. */
function isFrame(frame: usize): bool {
  for (let place = frames; place < frames + FRAMES_SIZE; place += FRAME_SIZE) {
    if (frame == place) return true;
  }
  return false;
}

function frameOf(frame: usize): Frame {
  assert(isFrame(frame), 'a frame of ours');
  return changetype<Frame>(frame);
}

/** A buffer for a frame that has begun to arrive, or 0 when all are taken. */
export function claimFrame(): usize {
  assert(offsetof<Frame>() == HEAD_SIZE, 'a message begins behind what is known of it');
  for (let place = frames; place < frames + FRAMES_SIZE; place += FRAME_SIZE) {
    const frame = changetype<Frame>(place);
    if (frame.state != FREE) continue;
    frame.state = CLAIMED;
    taken++;
    mostTaken = max(mostTaken, taken);
    assert(mostTaken <= FRAME_COUNT, 'no more frames are taken than there are');
    return place;
  }
  assert(taken == FRAME_COUNT, 'a frame is lost only when every buffer is taken');
  count(COUNT_FRAMES_LOST);
  return 0;
}

/** Hands a complete message over to the server. */
export function queueFrame(place: usize, line: u32, peer: u32, length: u32): void {
  const frame = frameOf(place);
  assert(frame.state == CLAIMED, 'only a claimed frame is queued');
  assert(length <= SMP_BUFFER_SIZE, 'a message fits its frame');
  frame.state = WAITING;
  frame.line = line;
  frame.peer = peer;
  frame.length = length;
  frame.served = 0;
  frame.arrival = arrivals++;
  assert(taken != 0, 'a frame that waits is taken');
}

/** The message that waits longest, or null. It stays first until it is released. */
export function firstFrame(): Frame | null {
  let first: Frame | null = null;
  for (let place = frames; place < frames + FRAMES_SIZE; place += FRAME_SIZE) {
    const frame = changetype<Frame>(place);
    if (frame.state != WAITING) continue;
    // The difference, so that the order survives the counter's wrap.
    if (first == null || <i32>(frame.arrival - first.arrival) < 0) first = frame;
  }
  assert(first == null || taken != 0, 'a frame that waits is taken');
  return first;
}

export function releaseFrame(place: usize): void {
  const frame = frameOf(place);
  assert(frame.state != FREE, 'a frame is released once');
  frame.state = FREE;
  taken--;
  assert(taken < FRAME_COUNT, 'no more frames are taken than there are');
}

/** Where the message of a frame is: SMP_BUFFER_SIZE bytes. */
export function frameMessage(place: usize): usize {
  assert(isFrame(place), 'a frame of ours');
  assert(changetype<Frame>(place).state != FREE, 'a message is one of a frame that is taken');
  return place + HEAD_SIZE;
}

/** What has not been served yet of the datagram. */
export function frameRest(frame: Frame): usize {
  assert(frame.served <= frame.length, 'no more is served than came');
  return frameMessage(changetype<usize>(frame)) + frame.served;
}

export function frameRestLength(frame: Frame): u32 {
  const length = frame.length;
  const served = frame.served;
  assert(served <= length, 'no more is served than came');
  return length - served;
}

export function advanceFrame(frame: Frame, length: u32): void {
  assert(frame.state == WAITING && frame.length <= SMP_BUFFER_SIZE, 'a message that is whole and fits its frame');
  assert(length <= frameRestLength(frame), 'no more is served than came');
  frame.served += length;
}

export function framesFree(): u32 {
  assert(taken <= FRAME_COUNT, 'no more frames are taken than there are');
  return FRAME_COUNT - taken;
}

export function framesFewestFree(): u32 {
  assert(mostTaken <= FRAME_COUNT && mostTaken >= taken, 'the most that were taken at once, now included');
  return FRAME_COUNT - mostTaken;
}
