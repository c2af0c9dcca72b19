// The upload of what the device stages: chunks in order, in multiples of 4 bytes; each answer says where the next begins.
//
// What must stay true: an upload that somebody else has taken over is not mixed with theirs.

import type { CborMap } from './cbor.ts';
import type { SmpClient } from './client.ts';
import { SmpError } from './error.ts';
import { Fields } from './fields.ts';
import type { Command, RequestOptions } from './session.ts';

/** What a chunk's message takes besides its data. */
const overheadBytes = 64;

export interface ChunkedUpload {
  command: Command;
  /** In messages: `sequence upload`. */
  what: string;
  /** Who has the bytes, in messages: `the sequencer`. */
  holder: string;
  /** Fields of every chunk, and of the first alone. */
  always: CborMap;
  first: CborMap;
}

export async function uploadChunks(
  client: SmpClient,
  bytes: Uint8Array,
  { command, what, holder, always, first }: ChunkedUpload,
  options?: RequestOptions,
): Promise<void> {
  const { bufferSize } = await client.paramsOrAssumed(options);
  const most = Math.min(bufferSize, client.transport.maximumMessage) - client.transport.overhead - overheadBytes;
  let offset = 0;
  do {
    const data = bytes.subarray(offset, offset + (most & ~3));
    const answer = await client.request(command, { ...always, off: offset, data, ...(offset === 0 && first) }, options);
    const next = new Fields(answer, what).count('off');
    if (next !== offset + data.length) {
      const text = `${what}: ${holder} has ${next} bytes after ${offset + data.length} were sent`;
      throw new SmpError('device', `${text}; does someone else upload as well? Upload again`);
    }
    offset = next;
  } while (offset < bytes.length);
}
