// Where two runs part: the first record of their logs that differs, found by two passes over each run with little memory.
//
//   pass 1   hash of the first 4096, 8192, … records of the first run; the second run is compared at the same counts
//   pass 2   the records of the window in which the hashes first differ, of both runs
//
// Times are compared from the beginning of each run, so that two failures of scenarios that began at different moments can be compared. What must
// stay true: everything that decides what happens next is a record (host/board/log.ts), so before the record that is found the runs were the same.

import { Arena } from '../../host/board/arena.ts';
import type { Board } from '../../host/board/board.ts';
import { nsPerCycle } from '../../host/board/clock.ts';
import { Log, type LogRecord } from '../../host/board/log.ts';

/** A run that can be repeated once. */
export interface RepeatableRun {
  board: Board;
  /** The time of the board from which times are counted. */
  zeroNs: number;
  begin(): void;
  steps(untilNs: number): Generator<number, void>;
}

/** Makes the run anew, as often as it is called. */
export type RunMaker = () => Promise<RepeatableRun>;

export interface Parting {
  /** Nanoseconds, and cycles of the core's clock, from the beginning of the runs to the earlier of the two records. */
  timeNs: number;
  cycle: number;
  /** Records before it, the same in both. */
  before: LogRecord[];
  /** The record of each run; undefined where a run ends before. */
  records: [LogRecord | undefined, LogRecord | undefined];
  /** How many records were the same. */
  same: number;
}

const WINDOW = 4096;
const BEFORE = 6;

/** Undefined when the runs are the same to the end. */
export async function whereTheyPart(makers: readonly [RunMaker, RunMaker]): Promise<Parting | undefined> {
  const hashes: string[] = [];
  const first = await pass(makers[0], (_, count, log) => {
    if (count % WINDOW === 0) hashes.push(log.hash);
  });
  let window: number | undefined;
  const second = await pass(makers[1], (_, count, log) => {
    if (count % WINDOW === 0) window ??= hashes[count / WINDOW - 1] === log.hash ? undefined : count / WINDOW - 1;
  });
  if (window === undefined && first.count === second.count && first.hash === second.hash) return undefined;
  // Where the hashes are equal as far as they go, the runs part in what follows the last window.
  const from = (window ?? Math.floor(Math.min(first.count, second.count) / WINDOW)) * WINDOW - BEFORE;
  const windows: LogRecord[][] = [];
  for (const make of makers) {
    const records: LogRecord[] = [];
    await pass(make, (record, count) => {
      if (count > from && count <= from + WINDOW + 2 * BEFORE) records.push(record);
    });
    windows.push(records);
  }
  return partingOf(windows, Math.max(0, from));
}

function partingOf([one, other]: LogRecord[][], from: number): Parting {
  let at = 0;
  while (at < one.length && at < other.length && isSame(one[at], other[at])) at++;
  const records: Parting['records'] = [one[at], other[at]];
  const timeNs = Math.min(...records.map((record) => record?.timeNs ?? Number.POSITIVE_INFINITY));
  return {
    ...{ timeNs, cycle: Math.floor(timeNs / nsPerCycle), before: one.slice(Math.max(0, at - BEFORE), at) },
    ...{ records, same: from + at },
  };
}

const isSame = (one: LogRecord, other: LogRecord): boolean =>
  one.timeNs === other.timeNs && one.kind === other.kind && one.a === other.a && one.b === other.b;

/** Repeats a run; the number of its records and the hash over them. */
async function pass(
  make: RunMaker,
  onRecord: (record: LogRecord, count: number, log: Log) => void,
): Promise<{ count: number; hash: string }> {
  const { board, zeroNs, begin, steps } = await make();
  const log = new Log(new Arena());
  board.onLog = (record) => {
    const own = { ...record, timeNs: record.timeNs - zeroNs };
    log.add(own.timeNs, own.kind, own.a, own.b);
    onRecord(own, log.length, log);
  };
  begin();
  for (const _ of steps(Number.POSITIVE_INFINITY)) await new Promise<void>((resolve) => setImmediate(resolve));
  return { count: log.length, hash: log.hash };
}
