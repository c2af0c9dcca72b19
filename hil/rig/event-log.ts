// The log of a run as lines for a person: the time, and the record in words (event-words.ts).

import { LogKind, type LogRecord } from '../../host/board/log.ts';
import { EventKind } from '../../protocol/telemetry/events.ts';
import { type NameOfImage, recordWords } from './event-words.ts';

/** Of a longer log, half of these lines are from its beginning and half from its end. */
const linesMax = 120;

/** Events of the queue are left out, because their effects are in the log. */
const quiet: readonly number[] = [LogKind.EVENT, LogKind.OUTPUT, LogKind.INPUT, LogKind.READINGS];

/** Whether a record is one for a person. */
export const isTold = ({ kind }: LogRecord): boolean => !quiet.includes(kind);

export function eventLines(records: readonly LogRecord[], image?: NameOfImage): string[] {
  const lines = records.filter(isTold).map((record) => recordText(record, image));
  if (lines.length <= linesMax) return lines;
  const half = linesMax / 2;
  return [...lines.slice(0, half), `… ${lines.length - linesMax} lines left out`, ...lines.slice(-half)];
}

/**
 * The last lines of a log, oldest first. Heartbeats in a row with the same health are one line: otherwise a few quiet seconds would push out whatever
 * happened before them.
 */
export function lastLines(records: readonly LogRecord[], most: number): string[] {
  const lines: string[] = [];
  for (let at = records.length - 1; at >= 0 && lines.length < most; at--) {
    let first = at;
    while (first > 0 && isHeartbeat(records[first]) && isSameHeartbeat(records[first - 1], records[at])) first--;
    const count = at - first + 1;
    lines.unshift(
      count === 1
        ? recordText(records[at])
        : `${timeText(records[first])} ${count} heartbeats, the last: ${recordWords(records[at])}`,
    );
    at = first;
  }
  return lines;
}

const isHeartbeat = ({ kind, a }: LogRecord): boolean =>
  kind === LogKind.RECORDER && (a & 0xffff) === EventKind.HEARTBEAT;

/** The upper half of `a` is the health word. */
const isSameHeartbeat = (one: LogRecord, other: LogRecord): boolean => isHeartbeat(one) && one.a === other.a;

export function recordText(record: LogRecord, image?: NameOfImage): string {
  return `${timeText(record)} ${recordWords(record, image)}`;
}

const timeText = ({ timeNs }: LogRecord): string => `${(timeNs / 1e6).toFixed(6)} ms`;
