// Log of telemetry records: where a gateway keeps what it took from devices, until everybody behind it has it.
//
//   append ──> | ... entries, numbered by position ... | ──> readers, each with a position of its own that it commits
//
// This file is what gateway, forwarder and ingest need of a log. DiskLog (disk-log.ts) keeps it in files, JetStreamLog (jetstream-log.ts) on a NATS
// server; one suite of tests is for both (testing/contract.ts). What must stay true of each:
//   - what `append` calls taken is durable: it is there after kill -9, and in a file also after a loss of power
//   - a record is told by device, boot and sequence; one that is there already is not there a second time, also after a restart
//   - entries are read in the order of `append`, and again from the committed position after a restart
//   - an entry that is refused is an answer, with its reason; everything behind it in the same `append` is refused too, so that order is kept

import type { TelemetryClass } from '../../../protocol/telemetry/records.ts';

export interface LogEntry {
  /** Who made it: the serial number of a chip, or the name of a gateway. */
  readonly device: string;
  readonly boot: number;
  readonly sequence: number;
  readonly class: TelemetryClass;
  /** The record as CBOR. Empty: a mark, which is known from now on like a record, but which nobody reads. */
  readonly bytes: Uint8Array;
}

export interface StoredEntry extends LogEntry {
  /** Grows; not always by one. Entries that came as one message of a server have one position. */
  readonly position: number;
}

/**
 * What became of an entry. `repeat`: it was there. `beyond`: it is so old that the log does not know whether it was there (seen.ts), so it was not
 * taken. `full`: there is no room for its class. `failed`: the disk or the server has failed.
 */
export type Outcome = 'stored' | 'repeat' | 'beyond' | 'full' | 'failed';

export interface Appended {
  /** As many as entries. */
  readonly outcomes: readonly Outcome[];
  /** Entries from the first on that are done with: neither full nor failed. They are durable. */
  readonly taken: number;
  /** Why the rest was refused, in words. */
  readonly reason?: string;
}

/** Number of a record of a device. */
export interface RecordNumber {
  readonly boot: number;
  readonly sequence: number;
}

export interface LogStatus {
  /** Position that the next entry gets. */
  readonly end: number;
  readonly bytes: number;
  readonly bytesMost: number;
  /** Entries that a reader has not committed, by its name. */
  readonly lag: Readonly<Record<string, number>>;
  /** Since it was opened. */
  readonly stored: number;
  readonly repeats: number;
  readonly refused: number;
}

export interface LogReader {
  /**
   * The next entries from where it was, at least one: waits for the first. At most `most`, but that those of one position come together. Rejects when the signal is
   * aborted.
   */
  read(most: number, signal: AbortSignal): Promise<StoredEntry[]>;
  /** Entries up to this position are done with. Durable when it resolves. */
  commit(position: number): Promise<void>;
}

export interface RecordLog {
  /** `now`: nothing is to come soon that could share a sync with these, so they do not wait for it. */
  append(entries: readonly LogEntry[], when?: 'now' | 'soon'): Promise<Appended>;
  /** Whether there is room for an entry of this class and size now. */
  admits(of: TelemetryClass, bytes: number): boolean;
  /** Whether this number was taken, or is so old that it will not be. */
  knows(device: string, number: RecordNumber): boolean;
  /** The highest number of a device that the log knows. */
  lastOf(device: string): RecordNumber | undefined;
  /** One reader of a name at a time. A new one begins at the oldest entry. */
  reader(name: string): Promise<LogReader>;
  status(): LogStatus;
  close(): Promise<void>;
}

/** Of the room of a log, what each class may fill: the higher one goes last. */
export const classShares: Readonly<Record<TelemetryClass, number>> = { bulk: 0.8, heartbeat: 0.95, critical: 1 };

/** A log cannot be opened; the message says why and what to do. */
export class LogError extends Error {
  override readonly name = 'LogError';
  readonly code: 'LOG_BUSY' | 'LOG';

  constructor(code: LogError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Orders records of one device by their numbers. */
export const compareNumbers = (a: RecordNumber, b: RecordNumber): number => a.boot - b.boot || a.sequence - b.sequence;
