// The input log: all inputs of a run, one JSON object per line, so that the run can be repeated exactly.
//
//   {"coldrig":"input log","version":1,"seed":1,"device":"<sha-256 of flash and fuses at power-on>"}
//   {"timeNs":1000000,"line":0,"bytes":"c0..."}
//   {"endNs":5000000,"logHash":"..."}
//
// What must stay true: times never go backwards, and a run repeated from the same device with the same seed ends with
// the same log hash. A log with its last line is complete and on the disk. A log without it, of a run that was killed, is replayed up to its last
// input; then there is no hash to compare. A loss of power may leave a damaged line: such a log is refused unless it is salvaged.

import { type LineNumber, LinkError } from './link.ts';
import type { Input, PacedBoard } from './pacer.ts';

export interface InputLogHead {
  seed: number;
  /** SHA-256 over flash and fuses at power-on, hex. */
  device: string;
  /** The fridge of the run, and the faults that it got at power-on, as given on the command line. */
  fridge?: string;
  /** Of its file; a preset has none. */
  fridgeText?: string;
  faults?: string[];
}

export interface InputLog extends InputLogHead {
  inputs: Input[];
  /** Missing when the run was killed. */
  end?: { endNs: number; logHash: string };
  /** The lines that salvaging left out: all from the first damaged one on. */
  leftOut?: { fromLine: number; lines: number };
}

/** The file of a log. */
export interface RecordFile {
  write(text: string): void;
  /** Puts all of it on the disk and closes it. */
  finish(): void;
}

const FORMAT = 'input log';
const VERSION = 1;
const STEP_NS = 1_000_000_000;

const SIGNATURE = Buffer.from(`{"coldrig":"${FORMAT}"`);
/** So many bytes tell a log from any other file. */
export const SIGNATURE_BYTES = SIGNATURE.length;

/** `begin`: the first bytes of a file. A run that was killed may have left a log without its whole first line, or an empty one. */
export function mayBeInputLog(begin: Uint8Array): boolean {
  const length = Math.min(begin.length, SIGNATURE_BYTES);
  return SIGNATURE.subarray(0, length).equals(begin.subarray(0, length));
}

/** Writes each input at once, so that a run that crashes leaves the inputs that caused the crash. */
export class InputLogWriter {
  private readonly file: RecordFile;

  constructor(file: RecordFile, head: InputLogHead) {
    this.file = file;
    this.line({ coldrig: FORMAT, version: VERSION, ...head });
  }

  input({ timeNs, line, bytes }: Input): void {
    this.line({ timeNs, line, bytes: Buffer.from(bytes).toString('hex') });
  }

  close(end: { endNs: number; logHash: string }): void {
    this.line(end);
    this.file.finish();
  }

  private line(value: object): void {
    this.file.write(`${JSON.stringify(value)}\n`);
  }
}

/**
 * Reads a log, checking every line; `name` is for messages. Throws at the first damaged line, with its number. With `salvage` the
 * lines before a damaged one are taken, if the first is whole.
 */
export function readInputLog(text: string, name: string, { salvage = false } = {}): InputLog {
  const lines = text.split('\n').flatMap((line, index) => (line === '' ? [] : { line, number: index + 1 }));
  const log = logOfHead(name, lines.shift()?.line ?? '');
  for (const [index, { line, number }] of lines.entries()) {
    try {
      add(log, name, number, line);
    } catch (error) {
      if (!salvage) throw advised(error, log.inputs.length, index === lines.length - 1 && !text.endsWith('\n'));
      log.leftOut = { fromLine: number, lines: lines.length - index };
      break;
    }
  }
  return log;
}

/** Adds to an error how the damage may have happened, and what is whole. */
function advised(error: unknown, inputs: number, isCut: boolean): unknown {
  if (!(error instanceof LinkError)) return error;
  const how = isCut ? ': the file ends in the middle of this line, as after a loss of power' : '';
  const whole = inputs === 1 ? 'the 1 input' : `the ${inputs} inputs`;
  return new LinkError(`${error.message}${how}; to replay ${whole} before this line, add --salvage`);
}

function logOfHead(name: string, line: string): InputLog {
  const head = line === '' ? undefined : parseLine(name, 1, line);
  if (head?.coldrig !== FORMAT || head.version !== VERSION) {
    throw new LinkError(
      `${name}: not a coldrig input log, version ${VERSION}; make one with coldrig run --record FILE`,
    );
  }
  if (!Number.isSafeInteger(head.seed) || typeof head.device !== 'string') {
    throw new LinkError(
      `${name}:1: expected a seed and the hash of a device; the log is damaged, record the run again`,
    );
  }
  const { fridge, fridgeText, faults } = head;
  const place =
    typeof fridge === 'string'
      ? { fridge, faults: textsOf(faults), ...(typeof fridgeText === 'string' && { fridgeText }) }
      : {};
  return { seed: Number(head.seed), device: String(head.device), ...place, inputs: [] };
}

function add(log: InputLog, name: string, number: number, line: string): void {
  const entry = parseLine(name, number, line);
  if (log.end) throw new LinkError(`${name}:${number}: this line follows the end of the run`);
  const lastNs = log.inputs.at(-1)?.timeNs ?? 0;
  if (entry.endNs === undefined) log.inputs.push(toInput(name, number, entry, lastNs));
  else log.end = toEnd(name, number, entry, lastNs);
}

/**
 * Gives a board the inputs of a log at their times, then runs it to the end of the log. It goes in steps of at most one second of the board's
 * time, so that the caller can do other work in between; each step yields the time of the board.
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

function parseLine(name: string, number: number, line: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch {
    // Told below.
  }
  throw new LinkError(`${name}:${number}: not a JSON object${number === 1 ? '; this is no input log' : ''}`);
}

function toInput(name: string, number: number, entry: Record<string, unknown>, lastNs: number): Input {
  const { timeNs, line, bytes } = entry;
  const good =
    Number.isSafeInteger(timeNs) &&
    (timeNs as number) >= lastNs &&
    (line === 0 || line === 1) &&
    typeof bytes === 'string' &&
    /^([0-9a-f]{2})*$/.test(bytes);
  if (!good) {
    throw new LinkError(`${name}:${number}: expected timeNs (not before ${lastNs}), line 0 or 1 and bytes in hex`);
  }
  return { timeNs: timeNs as number, line: line as LineNumber, bytes: Buffer.from(bytes as string, 'hex') };
}

function toEnd(
  name: string,
  number: number,
  { endNs, logHash }: Record<string, unknown>,
  lastNs: number,
): Required<InputLog>['end'] {
  if (Number.isSafeInteger(endNs) && (endNs as number) >= lastNs && typeof logHash === 'string')
    return { endNs: endNs as number, logHash };
  throw new LinkError(`${name}:${number}: expected endNs (not before ${lastNs}) and logHash`);
}
