// What every answer must be: the header of the request with the operation of a reply, and a body that is either a success or one error.

import { type CborMap, decodeBody } from '../../../host/tools/smp/cbor.ts';
import { decodeMessage, headerSize, type SmpMessage } from '../../../host/tools/smp/message.ts';
import { Smp } from '../../../protocol/smp/smp.ts';

export interface Answer extends SmpMessage {
  fields: CborMap;
}

/** An answer must mirror its request's header, and be a success, an `rc`, or a group's `err` in version 2. */
export function checkAnswer(request: Uint8Array, bytes: Uint8Array, broken: (what: string) => never): Answer {
  const answer = decodeMessage(bytes);
  const expected = Buffer.from(request.subarray(0, headerSize));
  const operation = (expected[0] & 7) === Smp.OP_READ ? Smp.OP_READ_RESPONSE : Smp.OP_WRITE_RESPONSE;
  const version = Math.min((expected[0] >> 3) & 3, 1);
  expected[0] = (version << 3) | operation;
  expected[1] = 0;
  expected.writeUInt16BE(answer.body.length, 2);
  const header = Buffer.from(bytes.subarray(0, headerSize));
  if (!header.equals(expected)) broken(`header ${header.toString('hex')} answers, not ${expected.toString('hex')}`);
  const fields = decodeBody(answer.body);
  const { rc, err } = fields as { rc?: number; err?: { group: number; rc: number } };
  if (rc !== undefined && !(rc >= 1 && rc <= 13)) broken(`rc ${rc} is no SMP error`);
  if (err !== undefined && (version === 0 || err.group !== answer.group || !(err.rc >= 1)))
    broken(`${JSON.stringify(err)} is no error of group ${answer.group} in version ${version + 1}`);
  return { ...answer, fields };
}
