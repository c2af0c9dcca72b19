// The commands of the debugger's prompt: one table, from which help is made as well.
//
// What must stay true: a command that cannot be done says what was wrong and what it expects, and changes nothing.

import { eventName } from '../../hil/debug/breakpoints.ts';
import type { Debugger, StepKind } from '../../hil/debug/debugger.ts';
import { globalsOf, pendingEvents, ramAt, readNamed, viewOf } from '../../hil/debug/look.ts';
import { registerAt } from '../../hil/rig/scenario/recorded-board.ts';
import { parseTime } from '../../hil/rig/time.ts';
import { fieldsOf, registersOf, registersText } from '../replay/registers.ts';
import { table } from '../terminal.ts';
import { exactTime, frameText, lineText, sourceLines, standJson, standText } from './words.ts';

export interface Answer {
  text: string;
  json: object;
}

/** A command that cannot be done, as its user wrote it. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
}

interface DebugCommand {
  names: readonly string[];
  usage: string;
  about: string;
  run(debug: Debugger, words: string[]): Answer | Promise<Answer>;
}

const REPEATS_MOST = 1_000_000;
const BYTES_MOST = 4096;
const LINES_AROUND = 5;

const whole = (word: string, least: number, most: number): number => {
  const value = /^(0x[0-9a-f]+|\d+)$/i.test(word) ? Number(word) : Number.NaN;
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new CommandError(`'${word}' is no whole number from ${least} to ${most}`);
};

const timeIn = (text: string): number => {
  const ns = parseTime(text);
  if (ns !== undefined && Number.isSafeInteger(ns)) return ns;
  throw new CommandError(`'${text}' is no time; write a number and its unit: 1.2s, 300ms`);
};

const stood = (debug: Debugger): Answer => ({ text: standText(debug.stand), json: standJson(debug.stand) });

/** Moves once, or as often as a number says, as long as nothing else ends it. */
const moves =
  (direction: 'forward' | 'back', kind: StepKind): DebugCommand['run'] =>
  async (debug, [word]) => {
    if (word !== undefined && parseTime(word) !== undefined) {
      const by = direction === 'forward' ? timeIn(word) : -timeIn(word);
      await debug.at(Math.max(0, debug.stand.timeNs + by));
      return stood(debug);
    }
    const times = word === undefined ? 1 : whole(word, 1, REPEATS_MOST);
    await debug.repeat(direction, kind, times);
    return stood(debug);
  };

const stepUsage = 'step [N | TIME]';

/** In the order of the help. */
export const debugCommands: readonly DebugCommand[] = [
  {
    ...{
      names: ['step', 's'],
      usage: stepUsage,
      about: 'to the next line, also of a called function; or N lines, or a time further',
    },
    run: moves('forward', 'line'),
  },
  {
    ...{
      names: ['back', 'rstep', 'rs'],
      usage: 'back [N | TIME]',
      about: 'to the line before; or N lines, or a time back',
    },
    run: moves('back', 'line'),
  },
  {
    ...{ names: ['next', 'n'], usage: 'next [N]', about: 'to the next line of this function' },
    run: moves('forward', 'over'),
  },
  {
    names: ['rnext', 'rn'],
    usage: 'rnext [N]',
    about: 'to the line of this function before',
    run: moves('back', 'over'),
  },
  {
    ...{ names: ['finish', 'fin'], usage: 'finish', about: 'until this function has returned' },
    run: moves('forward', 'out'),
  },
  {
    ...{ names: ['rfinish', 'rfin'], usage: 'rfinish', about: 'back to the line that called this function' },
    run: moves('back', 'caller'),
  },
  {
    ...{ names: ['interrupt', 'i'], usage: 'interrupt [N]', about: 'to the next run of the core' },
    run: moves('forward', 'interrupt'),
  },
  {
    ...{
      names: ['rinterrupt', 'ri'],
      usage: 'rinterrupt [N]',
      about: 'to the begin of this run of the core, or of the one before',
    },
    run: moves('back', 'interrupt'),
  },
  { names: ['event', 'e'], usage: 'event [N]', about: 'to the next event', run: moves('forward', 'event') },
  { names: ['revent', 're'], usage: 'revent [N]', about: 'to the event before', run: moves('back', 'event') },
  {
    ...{ names: ['continue', 'c'], usage: 'continue [N]', about: 'to the next breakpoint, or to the end' },
    run: moves('forward', 'continue'),
  },
  {
    ...{ names: ['rcontinue', 'rc'], usage: 'rcontinue [N]', about: 'to the breakpoint before, or to the beginning' },
    run: moves('back', 'continue'),
  },
  {
    ...{ names: ['at'], usage: 'at TIME', about: 'to a time from the beginning of the recording: at 1.2s' },
    async run(debug, words) {
      await debug.at(timeIn(words.join(' ')));
      return stood(debug);
    },
  },
  {
    ...{
      names: ['break', 'b'],
      usage: 'break WHERE',
      about: 'stop at FILE:LINE, FUNCTION, write REGISTER, read REGISTER, event NAME, at TIME',
    },
    run: (debug, words) => (words.length === 0 ? breakpointList(debug) : newBreakpoint(debug, words.join(' '))),
  },
  {
    ...{ names: ['delete', 'd'], usage: 'delete [N]', about: 'remove breakpoint N, or all' },
    run: removeBreakpoint,
  },
  { names: ['where', 'w', 'bt'], usage: 'where', about: 'time, functions that are being executed, lines', run: where },
  {
    ...{ names: ['list', 'l'], usage: 'list', about: 'the source around the line' },
    run: (debug) => listing(debug),
  },
  {
    ...{
      names: ['registers', 'r'],
      usage: 'registers [NAME]',
      about: 'registers by name, with fields; of one peripheral: registers RAILS',
    },
    run: registers,
  },
  {
    ...{
      names: ['print', 'p'],
      usage: 'print WHAT',
      about: 'a register (RAILS.MILLIVOLTS[3]), ram ADDRESS [BYTES], or globals',
    },
    run: print,
  },
  {
    ...{ names: ['events'], usage: 'events [N]', about: 'the last events of the recorder' },
    run: (debug, [word]) => recorderEvents(debug, word === undefined ? 12 : whole(word, 1, 256)),
  },
  { names: ['pending'], usage: 'pending', about: 'what is scheduled on the board, the next first', run: pending },
  { names: ['help', 'h', '?'], usage: 'help', about: 'this list', run: () => helpAnswer() },
  {
    ...{ names: ['quit', 'q', 'exit'], usage: 'quit', about: 'leave' },
    run: () => ({ text: '', json: {} }),
  },
];

export const isQuit = (line: string): boolean => ['quit', 'q', 'exit'].includes(line.trim().split(/\s+/)[0] ?? '');

/** Does a command as it was typed. Throws `CommandError`, `BreakpointError`, RangeError of a name. */
export async function doCommand(debug: Debugger, line: string): Promise<Answer> {
  const [name = '', ...words] = line.trim().split(/\s+/);
  const command = debugCommands.find(({ names }) => names.includes(name));
  if (command === undefined) throw new CommandError(`there is no command '${name}'; help lists them`);
  return command.run(debug, words);
}

export function helpText(): string {
  const rows = debugCommands.map(({ names: [, ...short], usage, about }) => [usage, short.join(', '), about]);
  return table([['command', 'short', 'does'], ...rows]);
}

const helpAnswer = (): Answer => ({ text: helpText(), json: { commands: debugCommands.map(({ usage }) => usage) } });

function newBreakpoint(debug: Debugger, where: string): Answer {
  const { number, text } = debug.break(where);
  return { text: `breakpoint ${number}: ${text}`, json: { number, at: text } };
}

function breakpointList({ breakpoints }: Debugger): Answer {
  const lines = breakpoints.map(({ number, text }) => `${number}  ${text}`);
  const json = { breakpoints: breakpoints.map(({ number, text }) => ({ number, at: text })) };
  return { text: lines.join('\n') || 'no breakpoints', json };
}

function removeBreakpoint(debug: Debugger, [word]: string[]): Answer {
  if (word === undefined) debug.breakpoints.splice(0);
  else if (!debug.delete(whole(word, 0, 0xffff_ffff))) throw new CommandError(`there is no breakpoint ${word}`);
  return breakpointList(debug);
}

function where(debug: Debugger): Answer {
  const { stand } = debug;
  const lines = stand.frames.map((frame, depth) => `#${depth}  ${frameText(frame)}`);
  return { text: [standText(stand), ...lines.slice(1)].join('\n'), json: standJson(stand) };
}

function listing({ stand }: Debugger): Answer {
  const [frame] = stand.frames;
  if (frame?.file === undefined || frame.line === undefined) throw new CommandError('there is no source line here');
  const { file, line } = frame;
  const all = sourceLines(file);
  if (all === undefined) throw new CommandError(`${file} is not there; run this in the folder of its project`);
  const first = Math.max(1, line - LINES_AROUND);
  const numbers = Array.from({ length: Math.min(all.length, line + LINES_AROUND) - first + 1 }, (_, at) => first + at);
  const text = numbers.map((number) => lineText(file, number, number === line)).join('\n');
  return { text, json: { file, line, first, lines: numbers.map((number) => all[number - 1]) } };
}

function registers(debug: Debugger, [name]: string[]): Answer {
  const all = registersOf(viewOf(debug));
  if (name === undefined) return { text: registersText(all), json: { registers: all } };
  const of = all.filter((register) => register.name.startsWith(`${name.toUpperCase()}.`));
  if (of.length === 0) {
    const names = [...new Set(all.map((register) => register.name.split('.')[0]))].join(', ');
    throw new CommandError(`'${name}' is no peripheral; there are ${names}`);
  }
  return { text: registersText(of), json: { registers: of } };
}

function print(debug: Debugger, [what, ...words]: string[]): Answer {
  if (what === 'ram') return printRam(debug, words);
  if (what === 'globals') {
    const globals = globalsOf(debug).map(({ index, value }) => ({ index, value: String(value) }));
    return { text: globals.map(({ index, value }) => `global ${index}  ${value}`).join('\n'), json: { globals } };
  }
  if (what === undefined)
    throw new CommandError('print what? A register (RAILS.ENABLE), ram ADDRESS [BYTES], or globals');
  const name = what.toUpperCase();
  const value = readNamed(debug, name);
  const { peripheral, name: register } = registerAt(name);
  const fields = fieldsOf(peripheral.registers[register], value);
  const parts = Object.entries(fields).filter(([field]) => field !== register);
  const text = parts.map(([field, of]) => `  ${field} ${of}`);
  return { text: [`${name} = ${value} (0x${value.toString(16)})`, ...text].join('\n'), json: { name, value, fields } };
}

function printRam(debug: Debugger, [address = '', length = '64']: string[]): Answer {
  const from = whole(address, 0, 0xffff_ffff);
  const bytes = ramAt(debug, from, whole(length, 1, BYTES_MOST));
  if (bytes.length === 0) throw new CommandError(`there is no RAM at ${address}; without power there is none at all`);
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += 16) {
    const line = Buffer.from(bytes.subarray(at, at + 16));
    const letters = line.toString('latin1').replace(/[^\x20-\x7e]/g, '.');
    const hex = line
      .toString('hex')
      .replace(/..(?=.)/g, '$& ')
      .padEnd(47);
    lines.push(`0x${(from + at).toString(16).padStart(6, '0')}  ${hex}  ${letters}`);
  }
  return { text: lines.join('\n'), json: { address: from, bytes: Buffer.from(bytes).toString('hex') } };
}

function recorderEvents(debug: Debugger, most: number): Answer {
  const events = viewOf(debug)
    .recorderEvents(most)
    .map(({ number, timeNs, kind, argument0, argument1 }) => ({
      ...{ number, sincePowerOnNs: timeNs, event: eventName(kind), argument0, argument1 },
    }));
  const rows = events.map(({ number, sincePowerOnNs, event, argument0, argument1 }) => [
    ...[`${number}`, exactTime(sincePowerOnNs), event, `${argument0}`, `${argument1}`],
  ]);
  return {
    text: table([['number', 'since power-on', 'event', 'argument 0', 'argument 1'], ...rows]),
    json: { events },
  };
}

function pending(debug: Debugger): Answer {
  const events = pendingEvents(debug);
  const now = debug.stand.timeNs;
  const rows = events.map(({ timeNs, name }) => [exactTime(timeNs), `${Math.round(timeNs - now)} ns from here`, name]);
  return { text: rows.length === 0 ? 'nothing is scheduled' : table(rows), json: { events } };
}
