// Records as messages of a NATS server (jetstream-stream.ts). There are two kinds:
//
//   of a record    the log of a gateway (jetstream-log.ts): Nats-Msg-Id DEVICE/BOOT/SEQUENCE, Coldrig-Class, the record as CBOR
//   of a batch     what a gateway passes on (forward/jetstream-upstream.ts): Nats-Msg-Id GATEWAY DEVICE/BOOT/SEQUENCE of its first record, Coldrig-Batch with the version of
//                  what is in it; version 1 are entries (entries-cbor.ts) in the order of the gateway's log
//
// What must stay true: who reads both reads every stream that a version before this one has written; a batch of a later version is an error, because to leave it
// out would lose what is in it; what cannot be read is an error too, so that whoever leaves it out can say so.

import type { TelemetryClass } from '../../../protocol/telemetry/records.ts';
import { decodeEntries } from './entries-cbor.ts';
import type { LogEntry } from './record-log.ts';

export const classHeader = 'Coldrig-Class';
export const batchHeader = 'Coldrig-Batch';
export const batchVersion = 1;

/** What is in a message is of a later version. */
export class LaterBatch extends Error {
  override readonly name = 'LaterBatch';
}

/** What is in a message is none of records, or it is damaged: `message` says why. */
export class UnreadableMessage extends Error {
  override readonly name = 'UnreadableMessage';
}

/** What a reader needs of a message. */
export interface RecordMessage {
  headers?: { get(name: string): string };
  data: Uint8Array;
}

/** `name`: of a device, or of a gateway. */
export const subjectOf = (root: string, name: string): string => `${root}.${name.replace(/[^\w-]/g, '_')}`;

export const messageIdOf = ({ device, boot, sequence }: Pick<LogEntry, 'device' | 'boot' | 'sequence'>): string =>
  `${device}/${boot}/${sequence}`;

/** Names the batch: a gateway that sends it again begins it with the same record. */
export const batchIdOf = (gateway: string, first: LogEntry): string => `${gateway} ${messageIdOf(first)}`;

/** What is in a message; nothing where only the head of a batch was read. Throws a LaterBatch or an UnreadableMessage. */
export function entriesOfMessage({ headers, data }: RecordMessage): LogEntry[] {
  const version = headers?.get(batchHeader) ?? '';
  if (version === '') return [entryOfMessage(headers?.get('Nats-Msg-Id') ?? '', headers?.get(classHeader) ?? '', data)];
  if (version !== `${batchVersion}`)
    throw new LaterBatch(
      `a gateway has written batches of version '${version}' into the stream, this is version ${batchVersion}: install the version of that gateway here`,
    );
  if (data.length === 0) return [];
  try {
    return decodeEntries(data);
  } catch (error) {
    throw new UnreadableMessage(`a batch of ${data.length} bytes is damaged (${(error as Error).message})`);
  }
}

function entryOfMessage(messageId: string, of: string, bytes: Uint8Array): LogEntry {
  const [, device, boot, sequence] = /^(.+)\/(\d+)\/(\d+)$/.exec(messageId) ?? [];
  if (device === undefined)
    throw new UnreadableMessage(
      `it has neither the header ${batchHeader} nor a Nats-Msg-Id like DEVICE/BOOT/SEQUENCE, so something else than a gateway has written it`,
    );
  const isClass = of === 'bulk' || of === 'critical';
  return {
    device,
    boot: Number(boot),
    sequence: Number(sequence),
    class: isClass ? of : ('heartbeat' as TelemetryClass),
    bytes,
  };
}
