// What is to become of each entry of an append, before anything is written: the same for every log.

import type { LogEntry, Outcome } from './record-log.ts';
import type { Seen } from './seen.ts';

export interface Judged {
  outcomes: Outcome[];
  /** Those that are to be written. */
  fresh: LogEntry[];
  /** Why the rest was refused. */
  reason?: string;
}

/**
 * What is to be written is seen from now on; where it is not written after all, the caller takes it back. `admits`: whether there is room for an entry behind so many bytes. What comes behind an entry that there is no
 * room for is refused, too.
 */
export function judge(
  entries: readonly LogEntry[],
  seen: Seen,
  room: { admits: (entry: LogEntry, bytesBefore: number) => boolean; sizeOf: (entry: LogEntry) => number },
  refusal: (entry: LogEntry) => string,
): Judged {
  const outcomes: Outcome[] = [];
  const fresh: LogEntry[] = [];
  let size = 0;
  for (const entry of entries) {
    const known = seen.look(entry.device, entry);
    if (known === 'new' && !room.admits(entry, size)) {
      const rest = entries.slice(outcomes.length).map((): Outcome => 'full');
      return { outcomes: [...outcomes, ...rest], fresh, reason: refusal(entry) };
    }
    outcomes.push(known === 'new' ? 'stored' : known);
    if (known !== 'new') continue;
    seen.add(entry.device, entry);
    fresh.push(entry);
    size += room.sizeOf(entry);
  }
  return { outcomes, fresh };
}
