// The log of a run as lines for a person: when, what, and the two numbers in words where there are any.

import { LogKind, type LogRecord } from '../../host/board/log.ts';
import { taskName } from '../../protocol/firmware/tasks.ts';
import { RESET } from '../../protocol/generated/registers.ts';
import { EventKind, eventsOfTasks } from '../../protocol/telemetry/events.ts';

/** Of a log that is longer, half of them from its beginning and half from its end. */
const linesMax = 120;

const nameIn = (table: Readonly<Record<string, number>>, value: number): string =>
  Object.keys(table).find((name) => table[name] === value) ?? `${value}`;
const causes = RESET.registers.CAUSE.fields.CAUSE.values;
const faults = RESET.registers.FAULT_CAUSE.fields.CAUSE.values;
const hex = (value: number): string => `0x${value.toString(16)}`;

/** Kinds of the log whose numbers mean more than they say. */
const words: Partial<Record<number, (a: number, b: number) => string>> = {
  [LogKind.RESET]: (a) => nameIn(causes, a),
  [LogKind.FAULT]: (a, b) => `${nameIn(faults, a)} at ${hex(b)}`,
  [LogKind.HANDOVER]: (a, b) => `${b} bytes at ${hex(a)}`,
  [LogKind.RUN]: (_a, b) => `${b} cycles`,
  [LogKind.FLASH_START]: (a, b) => `operation ${a} at ${hex(b)}`,
  [LogKind.FLASH_DONE]: (a) => `at ${hex(a)}`,
  [LogKind.FLASH_TORN]: (a) => `at ${hex(a & 0xff_ffff)}, pattern ${a >>> 24}`,
  [LogKind.FUSE]: (a, b) => `word ${a} is ${hex(b)}`,
  [LogKind.FUSE_START]: (a, b) => `word ${a}, ones ${hex(b)}`,
  [LogKind.FUSE_WEAK]: (a, b) => `word ${a}, bits ${hex(b)}`,
  [LogKind.RECORDER]: (a, b) => {
    const kind = a & 0xffff;
    return `${nameIn(EventKind, kind)} ${eventsOfTasks.includes(kind) ? taskName(b) : b} ${a >>> 16}`;
  },
};

/** Events of the queue say nothing that what they set off does not say. */
const quiet: readonly number[] = [LogKind.EVENT, LogKind.OUTPUT, LogKind.INPUT, LogKind.READINGS];

export function eventLines(records: readonly LogRecord[]): string[] {
  const lines = records.filter(({ kind }) => !quiet.includes(kind)).map(recordText);
  if (lines.length <= linesMax) return lines;
  const half = linesMax / 2;
  return [...lines.slice(0, half), `… ${lines.length - linesMax} lines left out`, ...lines.slice(-half)];
}

export function recordText({ timeNs, kind, a, b }: LogRecord): string {
  const text = words[kind]?.(a, b) ?? `${hex(a)} ${hex(b)}`;
  return `${(timeNs / 1e6).toFixed(6)} ms ${nameIn(LogKind, kind)} ${text}`;
}
