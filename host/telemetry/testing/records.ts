// Records for tests: of devices that number them as a controller does.

import type { TelemetryClass } from '../../../protocol/telemetry/records.ts';
import { encodeCbor, type TelemetryRecord } from '../../tools/telemetry/envelope.ts';
import type { LogEntry } from '../log/record-log.ts';

/** A record of kind `event`. */
export function record(
  device: string,
  boot: number,
  sequence: number,
  of: TelemetryClass = 'heartbeat',
): TelemetryRecord {
  return {
    ...{ schema: 1, device, cryostat: 'north', boot, sequence, class: of, kind: 'event' },
    ...{ deviceTimeNs: BigInt(sequence) * 1_000_000_000n, receiveTimeNs: 1_800_000_000_000_000_000n },
    body: { event: 1, argument0: sequence, argument1: 0 },
  };
}

export function entry(device: string, boot: number, sequence: number, of: TelemetryClass = 'heartbeat'): LogEntry {
  return { device, boot, sequence, class: of, bytes: encodeCbor(record(device, boot, sequence, of)) };
}

export const entries = (device: string, boot: number, first: number, count: number, of?: TelemetryClass): LogEntry[] =>
  Array.from({ length: count }, (_, index) => entry(device, boot, first + index, of));

export const nameOf = ({ device, boot, sequence }: Pick<LogEntry, 'device' | 'boot' | 'sequence'>): string =>
  `${device}/${boot}/${sequence}`;
