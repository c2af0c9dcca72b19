// The records that a gateway makes of what happens to those of devices (protocol/telemetry/gateway-kinds.ts).
//
// What must stay true: they are numbered as those of a device are, by what the log has: boot counts starts, and a number is used when its record is in the log.
// A log that knows of no start may be the second of this gateway, whose first one was lost. Those behind it have the numbers of the first, and would take the new records for
// repeats. So the first start in a log is numbered by the clock, in seconds since 1970.

import type { GatewayKindName } from '../../../protocol/telemetry/gateway-kinds.ts';
import { encodeCbor, schemaVersion, type TelemetryBody } from '../../tools/telemetry/envelope.ts';
import type { LogEntry, RecordLog } from '../log/record-log.ts';
import type { Time } from '../time.ts';

export interface OwnRecord {
  kind: GatewayKindName;
  /** Of the device that it is about, where it is known and not in the body. */
  cryostat?: string;
  body: TelemetryBody;
}

export class OwnRecords {
  /** Name of the gateway, as in `device` of its records. */
  readonly name: string;
  private readonly log: RecordLog;
  private readonly time: Time;
  private readonly boot: number;
  private readonly startMs: number;

  constructor(name: string, log: RecordLog, time: Time) {
    this.name = name;
    this.log = log;
    this.time = time;
    this.boot = (log.lastOf(name)?.boot ?? Number(time.wallNs() / 1_000_000_000n) - 1) + 1;
    this.startMs = time.monotonicMs();
  }

  /** To be appended in the same turn: the next call gives the same numbers again unless they are in the log. */
  entries(records: readonly OwnRecord[], receiveTimeNs: bigint): LogEntry[] {
    const last = this.log.lastOf(this.name);
    const first = last?.boot === this.boot ? last.sequence + 1 : 0;
    const deviceTimeNs = BigInt(Math.round((this.time.monotonicMs() - this.startMs) * 1e6));
    return records.map(({ kind, body, cryostat = '' }, index) => {
      const head = { device: this.name, boot: this.boot, sequence: first + index, class: 'critical' } as const;
      const envelope = { schema: schemaVersion, ...head, cryostat, deviceTimeNs, receiveTimeNs, kind, body };
      return { ...head, bytes: encodeCbor(envelope) };
    });
  }
}
