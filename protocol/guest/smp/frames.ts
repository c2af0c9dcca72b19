// The receive buffers: requests of both lines wait here, and are served in the order in which they were complete.
//
// There is one more than the SMP_BUFFER_COUNT we promise to clients: a packet that never ends on the console must not take a
// promised buffer from the gateway. When none is free the frame is lost, as a datagram may be; a counter tells.
//
//   frame   0 state   4 line   8 peer   12 message length   16 arrival number   20 first byte not yet served
//          24 message, SMP_BUFFER_SIZE bytes

import { SMP_BUFFER_COUNT, SMP_BUFFER_SIZE } from '../generated/constants';
import { COUNT_FRAMES_LOST, count } from './counters';

export const FRAME_COUNT: u32 = SMP_BUFFER_COUNT + 1;

const FREE: u32 = 0;
const CLAIMED: u32 = 1;
const WAITING: u32 = 2;
const MESSAGE: u32 = 24;
const FRAME_SIZE: u32 = MESSAGE + SMP_BUFFER_SIZE;

const frames: usize = memory.data(<i32>FRAME_COUNT * <i32>FRAME_SIZE, 8);
let arrivals: u32 = 0;
let taken: u32 = 0;
let mostTaken: u32 = 0;

/** A buffer for a frame that has begun to arrive, or 0 when all are taken. */
export function claimFrame(): usize {
  for (let frame = frames; frame < frames + FRAME_COUNT * FRAME_SIZE; frame += FRAME_SIZE) {
    if (load<u32>(frame) != FREE) continue;
    store<u32>(frame, CLAIMED);
    taken++;
    mostTaken = max(mostTaken, taken);
    return frame;
  }
  count(COUNT_FRAMES_LOST);
  return 0;
}

/** Hands a complete message over to the server. */
export function queueFrame(frame: usize, line: u32, peer: u32, length: u32): void {
  assert(load<u32>(frame) == CLAIMED, 'only a claimed frame is queued');
  assert(length <= SMP_BUFFER_SIZE, 'a message fits its frame');
  store<u32>(frame, WAITING);
  store<u32>(frame, line, 4);
  store<u32>(frame, peer, 8);
  store<u32>(frame, length, 12);
  store<u32>(frame, arrivals++, 16);
  store<u32>(frame, 0, 20);
}

/** The message that waits longest, or 0. It stays first until it is released. */
export function firstFrame(): usize {
  let first: usize = 0;
  for (let frame = frames; frame < frames + FRAME_COUNT * FRAME_SIZE; frame += FRAME_SIZE) {
    if (load<u32>(frame) != WAITING) continue;
    // The difference, so that the order survives the counter's wrap.
    if (first == 0 || <i32>(load<u32>(frame, 16) - load<u32>(first, 16)) < 0) first = frame;
  }
  return first;
}

export function releaseFrame(frame: usize): void {
  assert(load<u32>(frame) != FREE, 'a frame is released once');
  store<u32>(frame, FREE);
  taken--;
  assert(taken < FRAME_COUNT, 'no more frames are taken than there are');
}

export function frameLine(frame: usize): u32 {
  return load<u32>(frame, 4);
}

export function framePeer(frame: usize): u32 {
  return load<u32>(frame, 8);
}

export function frameMessage(frame: usize): usize {
  return frame + MESSAGE;
}

/** What has not been served yet of the datagram: several requests may share one. */
export function frameRest(frame: usize): usize {
  return frame + MESSAGE + load<u32>(frame, 20);
}

export function frameRestLength(frame: usize): u32 {
  return load<u32>(frame, 12) - load<u32>(frame, 20);
}

export function advanceFrame(frame: usize, length: u32): void {
  assert(length <= frameRestLength(frame), 'no more is served than came');
  store<u32>(frame, load<u32>(frame, 20) + length, 20);
}

export function framesFree(): u32 {
  return FRAME_COUNT - taken;
}

export function framesFewestFree(): u32 {
  return FRAME_COUNT - mostTaken;
}
