// The SMP server of both guests: the bootloader in safe mode and the firmware answer with the same code.
//
//   line -> frame (frames.ts) -> header rules, here -> group (groups.ts) -> reply -> the line it came from
//
// What must stay true:
// - Requests are served one at a time, in the order in which they were complete. A request may take several steps (flash is
//   slow); until it is answered the next one waits, and the lines go on receiving.
// - There is one reply buffer. The next request is served when the last reply has left it.
// - Every request that has a whole header is answered exactly once; fewer than eight bytes are not answered.
// - Nothing that comes in on a line can fault the core: lengths are checked here, CBOR in protocol/guest/cbor-reader.
// The rules are those of a Zephyr 4.4 server as observed on the wire, down to its oddities.

import {
  WRITER_OVERFLOW,
  writeEnd,
  writeMapStart,
  writerFinish,
  writerStart,
  writeText,
  writeTextField,
  writeUnsignedField,
} from '../cbor-writer';
import {
  GROUP_OS,
  MGMT_ECORRUPT,
  MGMT_EMSGSIZE,
  MGMT_ENOTSUP,
  MGMT_UNSUPPORTED_TOO_NEW,
  OS_ECHO,
  SMP_BUFFER_SIZE,
  SMP_HEADER_SIZE,
  SMP_OP_READ,
  SMP_OP_READ_RESPONSE,
  SMP_OP_WRITE,
  SMP_OP_WRITE_RESPONSE,
  SMP_VERSION_1,
  SMP_VERSION_2,
} from '../generated/constants';
import {
  smpCommand,
  smpGroup,
  smpOperation,
  smpPayloadLength,
  smpSequence,
  smpVersion,
  writeSmpHeader,
} from '../smp-header';
import { COUNT_REFUSED, COUNT_REQUESTS, count } from './counters';
import { advanceFrame, Frame, firstFrame, frameRest, frameRestLength, releaseFrame } from './frames';
import { callGroup, findGroup } from './groups';
import { consoleSend, consoleSending, LINE_CONSOLE } from './line-console';
import { gatewaySend, gatewaySending, LINE_GATEWAY } from './line-gateway';
import { reasonGiven, selectRequest } from './request';
import { STATUS_AGAIN, STATUS_DEFERRED, STATUS_GROUP, translateGroupError } from './status';

const reply: usize = memory.data(<i32>SMP_BUFFER_SIZE, 8);
// How many times the handler of the current request was called; 0 when the next call is the first.
let step: u32 = 0;

/** True while the reply buffer is still being sent. */
function replyLeaving(): bool {
  assert(!gatewaySending() || !consoleSending(), 'there is one reply, and it leaves on one line');
  return gatewaySending() || consoleSending();
}

/** The frame that `serveRequest` serves next, or null: none is complete, or the reply before it is still being sent. */
function nextFrame(): Frame | null {
  if (replyLeaving()) return null;
  const frame = firstFrame();
  assert(frame != null || step == 0, 'a request that takes several steps waits until it is answered');
  return frame;
}

/** Whether there is work for `serveRequest`. */
export function requestWaits(): bool {
  return nextFrame() != null;
}

/** Whether the request that waits is an echo, whose answer does not depend on the device. */
export function echoWaits(): bool {
  const frame = firstFrame();
  if (frame == null || frameRestLength(frame) < SMP_HEADER_SIZE) return false;
  const header = frameRest(frame);
  return smpGroup(header) == GROUP_OS && smpCommand(header) == OS_ECHO;
}

/**
 * Does the next piece of work; true when it did something and should be called again, false when there is
 * nothing to do before the next interrupt (of a line, or of the flash).
 */
export function serveRequest(): bool {
  const frame = nextFrame();
  if (frame == null) return false;
  const left = frameRestLength(frame);
  if (left < SMP_HEADER_SIZE) {
    assert(step == 0, 'a request that takes several steps has a header');
    releaseFrame(changetype<usize>(frame));
    return true;
  }
  const header = frameRest(frame);
  const status = answer(header, left);
  if (status == STATUS_DEFERRED || status == STATUS_AGAIN) return status == STATUS_AGAIN;
  step = 0;
  const length = finishReply(header, status);
  assert(length > SMP_HEADER_SIZE && length <= SMP_BUFFER_SIZE, 'a reply has a header and a map, and fits its buffer');
  assert(frame.line == LINE_GATEWAY || frame.line == LINE_CONSOLE, 'a request came over one of two lines');
  if (frame.line == LINE_GATEWAY) gatewaySend(frame.peer, reply, length);
  else consoleSend(reply, length);
  count(COUNT_REQUESTS);
  if (status != 0) {
    // What follows a request that failed is not looked at.
    count(COUNT_REFUSED);
    releaseFrame(changetype<usize>(frame));
  } else {
    advanceFrame(frame, SMP_HEADER_SIZE + smpPayloadLength(header));
  }
  return true;
}

function answer(header: usize, length: u32): u32 {
  assert(length >= SMP_HEADER_SIZE, 'a header is whole');
  const operation = smpOperation(header);
  const payloadLength = smpPayloadLength(header);
  if (payloadLength > length - SMP_HEADER_SIZE) return MGMT_ECORRUPT;
  if (smpVersion(header) > SMP_VERSION_2) return MGMT_UNSUPPORTED_TOO_NEW;
  if (operation != SMP_OP_READ && operation != SMP_OP_WRITE) return MGMT_ENOTSUP;
  const group = findGroup(smpGroup(header));
  if (group == null) return MGMT_ENOTSUP;
  assert(payloadLength <= SMP_BUFFER_SIZE - SMP_HEADER_SIZE, 'a request fits its frame');
  selectRequest(header + SMP_HEADER_SIZE, payloadLength);
  startReply();
  step++;
  assert(step != 0, 'a request comes to its end long before its steps wrap');
  return callGroup(group, operation, smpCommand(header), step - 1);
}

function startReply(): void {
  assert(!replyLeaving(), 'the reply before has left the buffer');
  writerStart(reply + SMP_HEADER_SIZE, SMP_BUFFER_SIZE - SMP_HEADER_SIZE);
  writeMapStart();
}

/** Completes the reply in the buffer and returns its length. */
function finishReply(header: usize, status: u32): u32 {
  assert(status < STATUS_AGAIN, 'a request that is not finished has no reply yet');
  const version = min(smpVersion(header), SMP_VERSION_2);
  const group = smpGroup(header);
  if (status != 0) writeError(version, group, status);
  writeEnd();
  let payloadLength = writerFinish();
  if (payloadLength == WRITER_OVERFLOW) {
    writeError(version, group, MGMT_EMSGSIZE);
    writeEnd();
    payloadLength = writerFinish();
  }
  assert(payloadLength > 0, 'an error fits the reply');
  assert(<u32>payloadLength <= SMP_BUFFER_SIZE - SMP_HEADER_SIZE, 'a reply fits its buffer');
  const operation = smpOperation(header) == SMP_OP_READ ? SMP_OP_READ_RESPONSE : SMP_OP_WRITE_RESPONSE;
  writeSmpHeader(reply, version, operation, group, smpSequence(header), smpCommand(header), <u32>payloadLength);
  return SMP_HEADER_SIZE + <u32>payloadLength;
}

function writeError(version: u32, group: u32, status: u32): void {
  assert(status != 0 && status < STATUS_AGAIN, 'an error, and one that is final');
  assert(version <= SMP_VERSION_2, 'a version that is answered');
  startReply();
  if (status < STATUS_GROUP) {
    writeUnsignedField('rc', status);
    writeReason();
  } else if (version == SMP_VERSION_1) {
    writeUnsignedField('rc', translateGroupError(group, status - STATUS_GROUP));
    writeReason();
  } else {
    writeText('err');
    writeMapStart();
    writeUnsignedField('group', group);
    writeUnsignedField('rc', status - STATUS_GROUP);
    writeEnd();
  }
}

/** The key that clients know beside `rc`; the error map of SMP v2 has no room for it. */
function writeReason(): void {
  if (reasonGiven() != 0) writeTextField('rsn', changetype<string>(reasonGiven()));
}
