// A log, a store, and ingesters between them that a test starts and kills.

import { EventKind } from '../../../protocol/telemetry/events.ts';
import { telemetryKinds } from '../../../protocol/telemetry/records.ts';
import { encodeCbor, type TelemetryRecord } from '../../tools/telemetry/envelope.ts';
import { recordOfWire } from '../../tools/telemetry/wire.ts';
import type { IngestState } from '../ingest/ingest-state.ts';
import { type IngestEvent, Ingester, type IngesterOptions } from '../ingest/ingester.ts';
import { RemoteWrite } from '../ingest/remote-write.ts';
import { DiskLog } from '../log/disk-log.ts';
import { FakeLogDisk } from '../log/testing/fake-log-disk.ts';
import { PlayedStore } from './play-store.ts';
import { record } from './records.ts';
import { VirtualTime } from './virtual-time.ts';

const countOf = (field: object) => ('count' in field ? Number(field.count) : 1);
const beatWords = telemetryKinds.heartbeat.fields.reduce((sum, field) => sum + countOf(field), 0);

/** A log and a store that live on, and ingesters between them that do not. */
export class IngestBench {
  readonly time = new VirtualTime();
  readonly store = new PlayedStore();
  readonly events: IngestEvent[] = [];
  log = DiskLog.open('/log', { time: this.time, disk: new FakeLogDisk() });
  ingester!: Ingester;
  state: IngestState | undefined;
  private life = new AbortController();

  async start(options: Partial<IngesterOptions> = {}): Promise<void> {
    this.life = new AbortController();
    const { signal } = this.life;
    this.ingester = new Ingester({
      ...{ name: 'one', reader: await this.log.reader('store'), store: new RemoteWrite('store', this.store.post) },
      ...{ time: this.time, state: this.state, lag: async () => this.log.status().lag.store ?? 0 },
      keep: (state) => {
        if (!signal.aborted) this.state = structuredClone(state);
      },
      onEvent: (event) => this.events.push(event),
      ...options,
    });
    void this.ingester.run(signal);
  }

  kill(): void {
    this.life.abort(new Error('killed'));
  }

  async put(...records: TelemetryRecord[]): Promise<void> {
    const receiveTimeNs = this.time.wallNs();
    const entries = records.map((one) => ({ ...one, bytes: encodeCbor({ ...one, receiveTimeNs }) }));
    await this.time.until(this.log.append(entries));
  }
}

export const event = (
  device: string,
  sequence: number,
  kind: keyof typeof EventKind = 'CELL_LATE',
): TelemetryRecord => ({
  ...record(device, 1, sequence, 'critical'),
  body: { event: EventKind[kind], argument0: sequence, argument1: 0 },
});

export function beat(device: string, sequence: number): TelemetryRecord {
  const words = Array.from({ length: beatWords }, (_, index) => (index < 2 ? sequence : 0));
  const wire = [telemetryKinds.heartbeat.number, 1, 1, sequence, 0, 0, ...words];
  return recordOfWire(wire, 1, { device, cryostat: 'north', receiveTimeNs: 0n });
}
