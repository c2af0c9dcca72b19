// When records were received, so that it can be measured how long they took to their store. Those of one millisecond are measured together.

import type { TelemetryRecord } from '../../tools/telemetry/envelope.ts';
import { ingestSamples } from '../gateway-samples.ts';
import type { Sample } from '../sample.ts';

export class Received {
  /** How many, by cryostat and millisecond. */
  private readonly counts = new Map<string, Map<number, number>>();

  take({ cryostat, receiveTimeNs }: TelemetryRecord): void {
    if (cryostat === '') return;
    let counts = this.counts.get(cryostat);
    if (counts === undefined) {
      counts = new Map();
      this.counts.set(cryostat, counts);
    }
    const ms = Math.floor(Number(receiveTimeNs) / 1e6);
    counts.set(ms, (counts.get(ms) ?? 0) + 1);
  }

  /** They are in the store now. */
  *stored(nowNs: bigint): Generator<Sample[]> {
    const nowMs = Number(nowNs) / 1e6;
    for (const [cryostat, counts] of this.counts)
      for (const [ms, count] of counts)
        yield ingestSamples(cryostat, Math.max(0, Math.round(nowMs - ms)) / 1000, count);
  }
}
