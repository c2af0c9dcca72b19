// A line of the live log: facts for programs (`--json`) and the same in words for a person.

import type { Paint } from '../terminal.ts';

export interface LogLine {
  timeNs: number;
  /** Stable name of what happened. */
  event: string;
  facts: Record<string, unknown>;
  text: string;
  tone?: Paint;
}

/** A line before it is known when it happened. */
export type UntimedLine = Omit<LogLine, 'timeNs'>;
/** Makes a line of an event's two arguments; undefined where it is not worth one. */
export type Wording = (argument0: number, argument1: number) => UntimedLine | undefined;
