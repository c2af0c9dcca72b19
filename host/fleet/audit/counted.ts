// What a stranger, or somebody who only looks, makes happen again and again, on record without an entry each: a log that nobody can shorten must not grow as
// fast as anybody outside likes.
//
//   the first of a source ──> an entry at once        those behind it ──counted──> a minute later one entry, with their number and the last of them
//
// What must stay true: a source has one entry a minute at most, beside its first; all sources together have `sourcesMost` more. What was counted and is not yet
// written is lost by a crash, and nothing else is.

import type { Time } from '../../telemetry/time.ts';
import type { Audit } from './audit-log.ts';
import type { AuditEvent } from './event.ts';

/** Those beyond it are counted together, as one source. */
export const sourcesMost = 64;
export const minuteMs = 60_000;

interface Source {
  sinceMs: number;
  count: number;
  last: AuditEvent;
}

const others = 'other sources';

export class CountedRecord {
  private readonly audit: Audit;
  private readonly time: Time;
  private readonly sources = new Map<string, Source>();

  constructor(audit: Audit, time: Time) {
    [this.audit, this.time] = [audit, time];
  }

  /** Resolves when the first of a source is on record; at once for those that are counted. */
  async note(source: string, event: AuditEvent): Promise<void> {
    const key = this.sources.has(source) || this.sources.size < sourcesMost ? source : others;
    const known = this.sources.get(key);
    if (known !== undefined) {
      known.count++;
      known.last = event;
      return;
    }
    this.sources.set(key, { sinceMs: this.time.monotonicMs(), count: 0, last: event });
    await this.audit.record(event);
  }

  /** Writes what was counted in minutes that are over; `all`: also the others. To be called about once a second, and before an end. */
  async write(all = false): Promise<void> {
    const nowMs = this.time.monotonicMs();
    const written: Promise<unknown>[] = [];
    for (const [key, { sinceMs, count, last }] of [...this.sources]) {
      if (!all && nowMs < sinceMs + minuteMs) continue;
      if (count === 0) {
        this.sources.delete(key);
        continue;
      }
      this.sources.set(key, { sinceMs: nowMs, count: 0, last });
      const times = count === 1 ? 'once more' : `${count} times more`;
      const reason = `${times} within ${Math.ceil((nowMs - sinceMs) / 1000)} s${last.reason === '' ? '' : `, the last: ${last.reason}`}`;
      const who = key === others ? { ...last.who, name: others } : last.who;
      written.push(this.audit.record({ ...last, who, reason }));
    }
    await Promise.all(written);
  }
}
