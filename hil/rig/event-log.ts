// The log of a run as lines for a person: the time, and the record in words (event-words.ts).

import { LogKind, type LogRecord } from '../../host/board/log.ts';
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

export function recordText(record: LogRecord, image?: NameOfImage): string {
  return `${(record.timeNs / 1e6).toFixed(6)} ms ${recordWords(record, image)}`;
}
