// Which records of a device are missing: numbers grow by one in each boot, so a repeat and a gap show.
//
//   record ──> next number? take it          ──> behind it? a gap is open until a record `dropped` explains it
//              a number that was taken: a repeat
//
// Works for any consumer of envelope records: a client beside the device, a gateway, a store. What must stay true: a record is taken once.

import type { TelemetryRecord } from './envelope.ts';

/** Numbers of one boot that did not come. */
export interface TelemetryGap {
  boot: number;
  first: number;
  last: number;
}

export interface TelemetryPosition {
  boot: number;
  sequence: number;
}

/** Of one device. */
export class GapWatch {
  /** The last record that was taken. */
  position: TelemetryPosition | undefined;
  /** Missing, and no record has said yet that they were dropped. */
  open: TelemetryGap[] = [];

  /** `position`: of the last record that was taken in an earlier life of the consumer. Without it, nothing is missing in front of the first record. */
  constructor(position?: TelemetryPosition) {
    this.position = position;
  }

  /** False for a repeat, which is to be left out. */
  take(record: Pick<TelemetryRecord, 'boot' | 'sequence' | 'kind' | 'body'>): boolean {
    const { boot, sequence } = record;
    const last = this.position;
    if (last !== undefined && (boot < last.boot || (boot === last.boot && sequence <= last.sequence))) return false;
    const expected = last === undefined ? sequence : boot === last.boot ? last.sequence + 1 : 0;
    if (sequence > expected) this.open.push({ boot, first: expected, last: sequence - 1 });
    this.position = { boot, sequence };
    if (record.kind === 'dropped') this.explain(record.body as Record<string, number>);
    return true;
  }

  /** Takes the gaps that nothing has explained: records that are lost, or that another client took. */
  takeOpen(): TelemetryGap[] {
    return this.open.splice(0);
  }

  private explain({ firstBoot, firstSequence, lastBoot, lastSequence }: Record<string, number>): void {
    this.open = this.open.flatMap(({ boot, first, last }) => {
      const from = boot < firstBoot ? last + 1 : boot === firstBoot ? Math.max(first, firstSequence) : first;
      const to = boot > lastBoot ? first - 1 : boot === lastBoot ? Math.min(last, lastSequence) : last;
      if (from > to) return [{ boot, first, last }];
      const rest = [
        { boot, first, last: from - 1 },
        { boot, first: to + 1, last },
      ];
      return rest.filter((gap) => gap.first <= gap.last);
    });
  }
}
