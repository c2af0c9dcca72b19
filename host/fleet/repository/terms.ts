// Until when a repository counts, for people and for a scraper: said before it ends, and when it has.
//
// What must stay true: what is said once is not said again until something has changed; a repository that cannot be read is said to be so.

import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { RoleName } from './keys.ts';
import { type Term, TufRepository } from './tuf.ts';

const hourMs = 3_600_000;
/** People have to sign root and targets; the other two are renewed each day, by a machine. */
const soonMs: Readonly<Record<RoleName, number>> = {
  ...{ root: 720 * hourMs, targets: 720 * hourMs },
  ...{ snapshot: 4 * hourMs, timestamp: 4 * hourMs },
};
const renewals: Readonly<Record<RoleName, string>> = {
  root: "'coldrig fleet release rekey root' with the same keys, signed and published,",
  targets: "'coldrig fleet release renew', signed and published,",
  snapshot: "'coldrig fleet release refresh'",
  timestamp: "'coldrig fleet release refresh'",
};

/** What ends soon, or has ended, and what renews it. */
export function endingsIn(terms: readonly Term[]): string[] {
  return terms.flatMap(({ name, expires, leftMs }) => {
    if (leftMs > soonMs[name]) return [];
    const when = leftMs > 0 ? `counts until ${expires}` : `has ended (${expires}): devices get nothing`;
    return [`${name}: ${when}; ${renewals[name]} renews it`];
  });
}

const metric = 'coldrig_repository_expires_timestamp_seconds';

/** For a server that gives out a repository which others publish. */
export class TermWatch {
  private readonly repository: string;
  private readonly nowMs: () => number;
  private readonly onTrouble: (reason: string) => void;
  private readAt: number | undefined;
  private ends: { name: RoleName; expires: string }[] = [];
  private told = new Set<string>();

  constructor(repository: string, nowMs: () => number, onTrouble: (reason: string) => void) {
    [this.repository, this.nowMs, this.onTrouble] = [repository, nowMs, onTrouble];
  }

  /** To be called about once a second. */
  look(): void {
    let endings: string[];
    try {
      this.readIfChanged();
      endings = endingsIn(this.terms());
    } catch (error) {
      endings = [(error as Error).message];
    }
    for (const ending of endings) if (!this.told.has(ending)) this.onTrouble(`the repository: ${ending}`);
    this.told = new Set(endings);
  }

  /** In the text format of Prometheus. */
  metrics(): string {
    this.look();
    return [
      `# HELP ${metric} Until when the releases' metadata counts; devices get nothing once one of it has ended.`,
      `# TYPE ${metric} gauge`,
      ...this.ends.map(({ name, expires }) => `${metric}{role="${name}"} ${Date.parse(expires) / 1000}`),
      '',
    ].join('\n');
  }

  private terms(): Term[] {
    return this.ends.map((end) => ({ ...end, leftMs: Date.parse(end.expires) - this.nowMs() }));
  }

  private readIfChanged(): void {
    // Who publishes or refreshes writes it last.
    const timestamp = join(this.repository, 'metadata', 'timestamp.json');
    const changed = statSync(timestamp, { throwIfNoEntry: false })?.mtimeMs;
    if (changed === this.readAt) return;
    this.ends = new TufRepository(this.repository, this.nowMs()).terms();
    this.readAt = changed;
  }
}
