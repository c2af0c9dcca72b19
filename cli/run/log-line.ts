// A line of the live log: facts for programs (`--json`) and the same in words for a person.

import type { Paint } from '../terminal.ts';

export interface LogLine {
  timeNs: number;
  /** Stable name of the event. */
  event: string;
  facts: Record<string, unknown>;
  text: string;
  tone?: Paint;
  /** Name of the page about it, where it is an alarm. */
  runbook?: string;
}

/** A line without its time. */
export type UntimedLine = Omit<LogLine, 'timeNs'>;
/** Makes a line of the two arguments of an event; undefined when the event needs no line. */
export type Wording = (argument0: number, argument1: number) => UntimedLine | undefined;
