// A record as a message of a NATS server (jetstream-stream.ts).

import type { TelemetryClass } from '../../../protocol/telemetry/records.ts';
import type { LogEntry } from './record-log.ts';

export const classHeader = 'Coldrig-Class';

export const subjectOf = (root: string, device: string): string => `${root}.${device.replace(/[^\w-]/g, '_')}`;

export const messageIdOf = ({ device, boot, sequence }: Pick<LogEntry, 'device' | 'boot' | 'sequence'>): string =>
  `${device}/${boot}/${sequence}`;

/** Throws an Error where the message is none of a record. */
export function entryOfMessage(
  messageId: string | undefined,
  of: string | undefined,
  bytes: Uint8Array,
): Omit<LogEntry, 'position'> {
  const [, device, boot, sequence] = /^(.+)\/(\d+)\/(\d+)$/.exec(messageId ?? '') ?? [];
  if (device === undefined) throw new Error(`a message has the id '${messageId}', expected DEVICE/BOOT/SEQUENCE`);
  const isClass = of === 'bulk' || of === 'critical';
  return {
    device,
    boot: Number(boot),
    sequence: Number(sequence),
    class: isClass ? of : ('heartbeat' as TelemetryClass),
    bytes,
  };
}
