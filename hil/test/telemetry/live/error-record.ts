// A record that counts: each is an error of the multiplexer, so a counter in the store says how many arrived, and whether one arrived twice.

import type { LogEntry } from '../../../../host/telemetry/log/record-log.ts';
import { record } from '../../../../host/telemetry/testing/records.ts';
import { hostTime } from '../../../../host/telemetry/time.ts';
import { encodeCbor } from '../../../../host/tools/telemetry/envelope.ts';
import { EventKind } from '../../../../protocol/telemetry/events.ts';

export function errorOf(cryostat: string, device: number, sequence: number): LogEntry {
  const body = { event: EventKind.CELL_LATE, argument0: sequence, argument1: 0 };
  const named = { ...record(`${cryostat}-${device}`, 1, sequence, 'critical'), cryostat, body };
  const one = { ...named, receiveTimeNs: hostTime.wallNs() };
  return { ...one, bytes: encodeCbor(one) };
}
