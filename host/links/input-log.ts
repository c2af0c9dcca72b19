// The input log: everything a run got from outside, one JSON object a line, so that the run can be repeated exactly.
//
//   {"coldrig":"input log","version":1,"seed":1,"device":"<sha-256 of flash and fuses at power-on>"}
//   {"timeNs":1000000,"line":0,"bytes":"c0..."}
//   {"endNs":5000000,"logHash":"..."}
//
// What must stay true: times never go backwards, and a run repeated from the same device with the same seed ends with
// the same log hash. A log without its last line (the run was killed) still replays; there is only nothing to compare.

import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { type LineNumber, LinkError } from './link.ts';
import type { Input, PacedBoard } from './pacer.ts';

export interface InputLogHead {
  seed: number;
  /** SHA-256 over flash and fuses at power-on, hex. */
  device: string;
  /** The fridge it was in, and the faults it was given at power-on, as the command line had them. */
  fridge?: string;
  faults?: string[];
}

export interface InputLog extends InputLogHead {
  inputs: Input[];
  end?: { endNs: number; logHash: string };
}

const FORMAT = 'input log';
const VERSION = 1;
const STEP_NS = 1_000_000_000;

/** Writes as it goes, so that a run that crashes leaves the inputs that crashed it. */
export class InputLogWriter {
  private readonly file: number;

  constructor(path: string, head: InputLogHead) {
    this.file = openSync(path, 'w');
    this.line({ coldrig: FORMAT, version: VERSION, ...head });
  }

  input({ timeNs, line, bytes }: Input): void {
    this.line({ timeNs, line, bytes: Buffer.from(bytes).toString('hex') });
  }

  close(end: { endNs: number; logHash: string }): void {
    this.line(end);
    closeSync(this.file);
  }

  private line(value: object): void {
    writeSync(this.file, `${JSON.stringify(value)}\n`);
  }
}

/** Reads a log, checking every line. Throws with file and line number. */
export function readInputLog(path: string): InputLog {
  const lines = readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '');
  const [head, ...rest] = lines.map((line, index) => parseLine(path, index + 1, line));
  if (head?.coldrig !== FORMAT || head.version !== VERSION) {
    throw new LinkError(
      `${path}: not a coldrig input log, version ${VERSION}; make one with coldrig run --record FILE`,
    );
  }
  if (!Number.isSafeInteger(head.seed) || typeof head.device !== 'string') {
    throw new LinkError(
      `${path}:1: expected a seed and the hash of a device; the log is damaged, record the run again`,
    );
  }
  const place = typeof head.fridge === 'string' ? { fridge: head.fridge, faults: textsOf(head.faults) } : {};
  const log: InputLog = { seed: Number(head.seed), device: String(head.device), ...place, inputs: [] };
  let lastNs = 0;
  for (const [index, entry] of rest.entries()) {
    if (typeof entry.endNs === 'number') log.end = { endNs: entry.endNs, logHash: String(entry.logHash) };
    else log.inputs.push(toInput(path, index + 2, entry, lastNs));
    lastNs = log.inputs.at(-1)?.timeNs ?? 0;
  }
  return log;
}

/**
 * Gives a board the inputs of a log at their times, then runs it to the log's end. In steps of a second of the board's time at most, so that
 * the caller can do something else in between; yields the board's time.
 */
export function* replaySteps(
  board: PacedBoard,
  { inputs, end }: Pick<InputLog, 'inputs' | 'end'>,
): Generator<number, void> {
  for (const { timeNs, line, bytes } of inputs) {
    yield* runSteps(board, timeNs);
    if (board.now !== timeNs)
      throw new LinkError(`the board stands at ${board.now} ns where the recorded one was at ${timeNs} ns`);
    board.send(line, bytes);
  }
  if (end) yield* runSteps(board, end.endNs);
}

function* runSteps(board: PacedBoard, timeNs: number): Generator<number, void> {
  while (board.now + STEP_NS < timeNs) {
    board.runUntil(board.now + STEP_NS);
    yield board.now;
  }
  board.runUntil(timeNs);
}

const textsOf = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);

function parseLine(path: string, number: number, line: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch {
    // Told below.
  }
  throw new LinkError(
    `${path}:${number}: not a JSON object; this is no input log, or a damaged one: record the run again`,
  );
}

function toInput(path: string, number: number, entry: Record<string, unknown>, lastNs: number): Input {
  const { timeNs, line, bytes } = entry;
  const good =
    Number.isSafeInteger(timeNs) &&
    (timeNs as number) >= lastNs &&
    (line === 0 || line === 1) &&
    typeof bytes === 'string';
  if (!good) {
    throw new LinkError(`${path}:${number}: expected timeNs (not before ${lastNs}), line 0 or 1 and bytes in hex`);
  }
  return { timeNs: timeNs as number, line: line as LineNumber, bytes: Buffer.from(bytes as string, 'hex') };
}
