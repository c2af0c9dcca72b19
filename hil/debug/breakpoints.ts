// What a run can be stopped at, in words:
//
//   firmware/protect/interlock.ts:42, interlock.ts:42     a line of the source begins
//   runInterlock                                          a function is called
//   write RAILS.ENABLE, read RAILS.MILLIVOLTS[3]          the core writes or reads a register
//   event INTERLOCK_TRIPPED, event RESET                  an event of the recorder, or a record of the board's log
//   at 1.2s                                               a time, counted from the beginning of the recording
//
// What must stay true: what cannot happen in this run is refused, with what can.

import { LogKind } from '../../host/board/log.ts';
import { nameOf } from '../../protocol/constants.ts';
import { EventKind, eventKinds } from '../../protocol/telemetry/events.ts';
import { recordWords } from '../rig/event-words.ts';
import { registerAt } from '../rig/scenario/recorded-board.ts';
import { timeOf, timeText } from '../rig/time.ts';
import type { ModuleLines } from './module-lines.ts';
import type { Moment, Watch } from './moment.ts';

/** A breakpoint that cannot be set; the message says what can. */
export class BreakpointError extends Error {
  override readonly name = 'BreakpointError';
}

export interface Condition {
  /** As it is shown. */
  text: string;
  watch: Watch;
  /** Of a line: where it is, which is behind the line that was asked for when there is no code. */
  line?: { file: string; line: number };
}

export interface Context {
  modules: readonly ModuleLines[];
  zeroNs: number;
}

const forms =
  'write FILE:LINE, a function, write REGISTER, read REGISTER, event NAME or at TIME (firmware/main.ts:20, runTask, write RAILS.ENABLE, event RESET, at 1.2s)';

/** Throws `BreakpointError`. */
export function conditionOf(text: string, context: Context): Condition {
  const words = text.trim().split(/\s+/);
  const [first, ...rest] = words;
  const [, file, line] = /^(.+\.ts):(\d+)$/.exec(text.trim()) ?? [];
  if (file !== undefined) return lineCondition(file, Number(line), context.modules);
  if (words.length === 1 && first !== '') return functionCondition(first, context.modules);
  if ((first === 'write' || first === 'read') && rest.length === 1)
    return registerCondition(rest[0], first === 'write');
  if (first === 'event' && rest.length === 1) return eventCondition(rest[0]);
  if (first === 'at') return timeCondition(rest.join(' '), context.zeroNs);
  throw new BreakpointError(`'${text}' is no place to stop; ${forms}`);
}

export function lineCondition(asked: string, line: number, modules: readonly ModuleLines[]): Condition {
  const files = [...new Set(modules.flatMap(({ lines }) => lines.map((each) => each.file)))];
  const exact = files.filter((file) => file === asked);
  const [file, ...others] = exact.length > 0 ? exact : files.filter((each) => each.endsWith(`/${asked}`));
  if (file === undefined)
    throw new BreakpointError(`no code of this run comes from ${asked}${hint(asked, files)}; did its module run?`);
  if (others.length > 0)
    throw new BreakpointError(
      `${asked} is more than one file: ${[file, ...others].join(', ')}; write more of its path`,
    );
  const withCode = modules.flatMap(({ lines }) => lines.filter((each) => each.file === file).map((each) => each.line));
  const found = Math.min(...withCode.filter((each) => each >= line));
  if (!Number.isFinite(found))
    throw new BreakpointError(
      `${file} has no code at line ${line} or behind; its last is line ${Math.max(...withCode)}`,
    );
  const text = `${file}:${found}`;
  const hit = { text };
  const isThere = ({ kind, isNewLine, frames }: Readonly<Moment>) => {
    if (kind !== 'line' || !isNewLine) return false;
    const now = frames[frames.length - 1].line;
    return now !== undefined && now.line === found && now.file === file;
  };
  return { text, line: { file, line: found }, watch: { moment: (moment) => (isThere(moment) ? hit : undefined) } };
}

function functionCondition(name: string, modules: readonly ModuleLines[]): Condition {
  const isNamed = (full: string | undefined) => full === name || full?.endsWith(`/${name}`) === true;
  const all = modules.flatMap(({ functionNames }) => functionNames);
  if (!all.some(isNamed))
    throw new BreakpointError(
      `no module of this run has a function ${name}${hint(name, all)}; the compiler puts small functions into their callers, so stop at a line of it`,
    );
  const hit = { text: `call of ${name}` };
  const isThere = ({ kind, isFirstLine, frames, module }: Readonly<Moment>) => {
    if (module === undefined || (kind !== 'call' && (kind !== 'line' || !isFirstLine))) return false;
    const { functionIndex } = frames[frames.length - 1];
    // Where a function has lines, its first one is a better place to look from than the call.
    return isNamed(module.functionNames[functionIndex]) && module.hasLines[functionIndex] === (kind === 'line');
  };
  return { text: name, watch: { moment: (moment) => (isThere(moment) ? hit : undefined) } };
}

/** All words of a register array when no index is given. */
function registerCondition(asked: string, isWrite: boolean): Condition {
  const name = asked.toUpperCase();
  const { peripheral, name: registerName, index } = found(() => registerAt(name));
  const { offset, count, readable, writable } = peripheral.registers[registerName];
  if (index >= count) throw new BreakpointError(`${name}: it has ${count === 1 ? 'one word' : `${count} words`}`);
  if ((isWrite ? writable : readable) === 0)
    throw new BreakpointError(`${name} is ${isWrite ? 'read-only' : 'write-only'}: the core never does that`);
  const isOne = name.endsWith(']') || count === 1;
  const first = peripheral.base + offset + 4 * index;
  const words = isOne ? 1 : count;
  const text = `${isWrite ? 'write' : 'read'} ${name}`;
  const watch: Watch = {
    moment({ kind, address, value, isWrite: writes }) {
      if (kind !== 'access' || writes !== isWrite || address < first || address >= first + 4 * words) return undefined;
      const place = isOne ? name : `${name}[${(address - first) / 4}]`;
      return { text: `${isWrite ? 'write of' : 'read of'} ${place}: 0x${value.toString(16)}` };
    },
  };
  return { text, watch };
}

/** Kinds of the board's log that a person knows; those of the recorder have names of their own. */
const logNames = Object.keys(LogKind).filter((name) => name !== 'RECORDER' && name !== 'EVENT');

function eventCondition(asked: string): Condition {
  const name = asked.toUpperCase().replaceAll('-', '_');
  const [recorder, log] = [EventKind as Record<string, number>, LogKind as Record<string, number>];
  const isRecorder = Object.hasOwn(recorder, name);
  if (!isRecorder && !logNames.includes(name)) {
    const names = [...Object.keys(eventKinds.values), ...logNames];
    throw new BreakpointError(`there is no event ${name}${hint(name, names)}; 'events' shows those that happened`);
  }
  const watch: Watch = {
    record(record) {
      const { kind, a } = record;
      const isIt = isRecorder ? kind === LogKind.RECORDER && (a & 0xffff) === recorder[name] : kind === log[name];
      return isIt ? { text: `event ${recordWords(record)}` } : undefined;
    },
  };
  return { text: `event ${name}`, watch };
}

function timeCondition(text: string, zeroNs: number): Condition {
  const timeNs = found(() => timeOf(text));
  return { text: `at ${timeText(timeNs)}`, watch: { times: [{ timeNs: zeroNs + timeNs, hit: { text: 'the time' } }] } };
}

function found<Result>(look: () => Result): Result {
  try {
    return look();
  } catch (error) {
    throw error instanceof RangeError ? new BreakpointError(error.message) : error;
  }
}

/** The name that was meant, perhaps. */
function hint(asked: string, names: readonly string[]): string {
  const word = asked.toLowerCase().split('/').at(-1) ?? '';
  const close = [...new Set(names)]
    .filter((name) => name.toLowerCase().includes(word.replace(/\.ts$/, '')))
    .slice(0, 4);
  return close.length === 0 ? '' : ` (there is ${close.join(', ')})`;
}

/** The name of an event of the recorder, or its number. */
export const eventName = (kind: number): string => nameOf(eventKinds, kind) ?? `${kind}`;
