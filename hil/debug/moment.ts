// What a debugger can stop at: moments of a run, and what it watches for.
//
//   line, call, return    of the guest's code; `frames` say where
//   access                the core has read or written a word on the bus
//   rest                  the core sleeps: between two steps of the board, or at a time that was asked for

import type { LogRecord } from '../../host/board/log.ts';
import type { SourceLine } from '../../host/tools/coverage/source-blocks.ts';
import type { ModuleLines } from './module-lines.ts';

/** A function that is being executed. */
export interface Frame {
  functionIndex: number;
  /** Its first argument, when that is a 32-bit number; else 0. */
  argument: number;
  /** The line that has begun last; none before the first. */
  line: SourceLine | undefined;
}

export interface Moment {
  kind: 'line' | 'call' | 'return' | 'access' | 'rest';
  timeNs: number;
  /** The module of the core; none while it sleeps. */
  module: ModuleLines | undefined;
  /** The function that was entered first, and those that it has called. */
  frames: Frame[];
  /** Of the run of the core: the record at which it began, which no other run has. */
  run: number;
  /** That it has used. */
  cycles: number;
  /** Lines that have begun in this run. */
  linesInRun: number;
  /** Another line than the last one of this frame begins, and whether it is the frame's first. */
  isNewLine: boolean;
  isFirstLine: boolean;
  /** Of an access. */
  address: number;
  value: number;
  isWrite: boolean;
}

/** Why a run was stopped. */
export interface Hit {
  text: string;
  /** The number of the breakpoint. */
  breakpoint?: number;
}

/** What to stop at. It depends on what it is told and on nothing else, so that a search backward finds what a search forward does. */
export interface Watch {
  /** Times of the board. */
  times?: readonly { timeNs: number; hit: Hit }[];
  /** A record was added to the log. The run is stopped at the next moment. */
  record?(record: LogRecord): Hit | undefined;
  moment?(moment: Readonly<Moment>): Hit | undefined;
}
