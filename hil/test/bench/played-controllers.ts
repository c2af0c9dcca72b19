// Ten thousand controllers that are played: what they tell costs little, so that what is measured is the gateway.

import type { TelemetrySource } from '../../../host/telemetry/gateway/source.ts';
import { Telemetry, telemetryKinds } from '../../../protocol/telemetry/records.ts';

export const controllers = 10_000;

/** How many records each of them has at each poll. */
export interface Fleet {
  atOnce: number;
}

const countOf = (field: object) => ('count' in field ? Number(field.count) : 1);
const heartbeatWords = telemetryKinds.heartbeat.fields.reduce((sum, field) => sum + countOf(field), 0);

/** A heartbeat whose uptime, temperatures and slack move, and whose other figures stay. */
export function wireOf(number: number, sequence: number): number[] {
  const words = Array.from({ length: heartbeatWords }, (_, index) => (index < 2 ? sequence : index < 5 ? 0 : index));
  for (let channel = 5; channel < 12; channel++)
    words[channel] = 4_000_000 + ((number * 7919 + sequence * 104_729) % 1000);
  return [telemetryKinds.heartbeat.number, 1, 1, sequence, sequence * 1_000, 0, ...words];
}

export const serialOf = (number: number) => number.toString(16).padStart(32, '0');

/** Answers each poll with its next heartbeat, in a burst with more of them; the first poll comes at a moment of its own. */
export function controller(number: number, fleet: Fleet): TelemetrySource {
  let sequence = 0;
  return {
    ...{ target: `played://${number}`, cryostat: 'north', close: async () => {} },
    identify: async () => {
      await new Promise((resolve) => setTimeout(resolve, (number * 1_000) / controllers));
      return serialOf(number);
    },
    read: async () => {
      const records = Array.from({ length: fleet.atOnce }, () => wireOf(number, sequence++));
      return { schema: Telemetry.SCHEMA_VERSION, records, more: false };
    },
  };
}

/** Processor time that it takes to make a record, µs. */
export function playingUs(): number {
  const count = 5_000;
  const before = process.cpuUsage();
  for (let number = 0; number < count; number++) wireOf(number, number);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / count;
}
