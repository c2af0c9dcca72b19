// The request being served, as handlers see it.

import { openFields } from '../cbor-fields';
import { SMP_BUFFER_SIZE } from '../generated/constants';
import { isInRam } from '../ram';

let payload: usize = 0;
let payloadLength: u32 = 0;
let reason: u32 = 0;

/** The server's part: selects the request before it calls a handler. */
export function selectRequest(pointer: usize, length: u32): void {
  assert(length <= SMP_BUFFER_SIZE && isInRam(pointer, length), 'a request lies in its frame');
  assert(pointer != 0, 'a request without bytes has an address, too');
  payload = pointer;
  payloadLength = length;
  reason = 0;
}

/** Opens the request's map for reading fields; false when there is none: the answer is then MGMT_EINVAL. */
export function openRequest(): bool {
  assert(payload != 0, 'a request was selected');
  assert(payloadLength <= SMP_BUFFER_SIZE, 'a request lies in its frame');
  return openFields(payload, payloadLength);
}

export function requestIsEmpty(): bool {
  assert(payload != 0, 'a request was selected');
  return payloadLength == 0;
}

/** A few words for a person beside an error: a literal. The error map of SMP v2 has no room for them, a plain `rc` has. */
export function giveReason(text: string): void {
  assert(text.length != 0, 'a reason says something');
  reason = changetype<u32>(text);
}

/** The words given, or 0: a literal. */
export function reasonGiven(): usize {
  return <usize>reason;
}
