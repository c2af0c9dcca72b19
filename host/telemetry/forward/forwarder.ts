// Passes a log on: reads it in order, delivers, and commits what the other end has on disk.
//
// What must stay true: nothing is committed before the other end has said that it has it; what is not sure to have arrived is delivered again, and the other
// end leaves out what it has. Whatever fails is tried again for ever, in the same order.

import type { LogReader, RecordLog, StoredEntry } from '../log/record-log.ts';
import { rest, type Time, within } from '../time.ts';

/** The other end. */
export interface Upstream {
  /** For messages. */
  readonly name: string;
  /** Resolves when the other end has all of them, durable. Rejects when that is not known. */
  deliver(entries: readonly StoredEntry[], signal: AbortSignal): Promise<void>;
  /** False: who begins behind what was delivered last would deliver something twice. Without: never. */
  readonly isAtSeam?: boolean;
  close(): Promise<void>;
}

export interface ForwarderOptions {
  log: RecordLog;
  /** Name of its reader in the log. */
  name: string;
  upstream: Upstream;
  time: Time;
  /** Entries in a delivery. */
  most?: number;
  onChange?: (state: 'connected' | 'waiting' | 'uncommitted', reason: string) => void;
}

const againMs = { least: 200, most: 2_000 };
/** A position that is lost is only work that is done twice. */
const commitEveryMs = 1_000;

export class Forwarder {
  /** Since it was started. */
  delivered = 0;
  /** Deliveries that failed, since it was started. */
  retries = 0;
  isConnected = true;
  private readonly options: Required<ForwarderOptions>;
  private committedMs: number;

  constructor(options: ForwarderOptions) {
    this.options = { most: 5_000, onChange: () => {}, ...options };
    this.committedMs = options.time.monotonicMs();
  }

  /** Until the signal is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const { log, name, upstream } = this.options;
    const reader = await log.reader(name);
    let position: number | undefined;
    const commit = async () => {
      if (position !== undefined && (await this.commit(reader, position))) position = undefined;
    };
    try {
      while (!signal.aborted) {
        const entries = await this.insistently(signal, () => this.next(reader, position !== undefined, commit, signal));
        if (entries === undefined || entries.length === 0) continue;
        await this.insistently(signal, () =>
          upstream.deliver(entries, signal).catch((error) => {
            this.retries++;
            throw error;
          }),
        );
        if (signal.aborted) break;
        this.delivered += entries.length;
        if (upstream.isAtSeam ?? true) position = entries[entries.length - 1].position;
        if (this.options.time.monotonicMs() - this.committedMs >= commitEveryMs) await commit();
      }
    } finally {
      await commit();
      await upstream.close().catch(() => {});
    }
  }

  /** The next entries; what was delivered is committed in time, also while there are none. */
  private async next(
    reader: LogReader,
    isDelivered: boolean,
    commit: () => Promise<void>,
    signal: AbortSignal,
  ): Promise<StoredEntry[]> {
    const coming = reader.read(this.options.most, signal);
    if (!isDelivered) return coming;
    const { time } = this.options;
    const untilMs = this.committedMs + commitEveryMs - time.monotonicMs();
    if ((await within(time, Math.max(0, untilMs), coming)) === undefined) await commit();
    return coming;
  }

  /** False where the position could not be written: it is tried again with the next one, and in the worst case entries are delivered twice. */
  private async commit(reader: LogReader, position: number): Promise<boolean> {
    this.committedMs = this.options.time.monotonicMs();
    try {
      await reader.commit(position);
      return true;
    } catch (error) {
      this.options.onChange('uncommitted', (error as Error).message);
      return false;
    }
  }

  private async insistently<Answer>(signal: AbortSignal, work: () => Promise<Answer>): Promise<Answer | undefined> {
    for (let wait = againMs.least; !signal.aborted; wait = Math.min(againMs.most, wait * 2)) {
      try {
        const answer = await work();
        this.tell(true, '');
        return answer;
      } catch (error) {
        if (signal.aborted) return undefined;
        this.tell(false, (error as Error).message);
        await rest(this.options.time, wait, signal);
      }
    }
    return undefined;
  }

  private tell(isConnected: boolean, reason: string): void {
    if (this.isConnected === isConnected) return;
    this.isConnected = isConnected;
    this.options.onChange(isConnected ? 'connected' : 'waiting', reason);
  }
}
