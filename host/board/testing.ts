// Boards with tiny guests, for tests: a bootloader of a few instructions, and a firmware that it starts without any check.

import { peripheralTable, RESET } from '../../protocol/generated/registers.ts';
import { MemoryMap } from '../../protocol/memory-map.ts';
import { Board } from './board.ts';
import type { BoardOptions } from './board-options.ts';
import { image } from './cpu/testing/modules.ts';
import { FaultCause, ResetCause } from './device.ts';
import { LogKind, type LogRecord } from './log.ts';

/** Module fields, and the bodies of reset() and interrupt($lines), in WebAssembly text. */
export interface Guest {
  fields?: string;
  reset?: string;
  interrupt?: string;
}

const assembled = new Map<string, Uint8Array>();

/** Cached, because assembling takes ten times as long as most tests, and many use the same guest. */
export function assembleGuest({ fields = '', reset = '', interrupt = '' }: Guest): Uint8Array {
  const key = [fields, reset, interrupt].join('\n;\n');
  const module = assembled.get(key) ?? image(fields, { reset, interrupt, pages: 2 });
  assembled.set(key, module);
  return module;
}

/** Address of a register by name: `at('UART0', 'DATA')`. */
export function at(peripheral: string, register: string, index = 0): number {
  const entry = peripheralTable.find(({ name }) => name === peripheral);
  const offset = (entry?.registers as Record<string, { offset: number }> | undefined)?.[register]?.offset;
  if (entry === undefined || offset === undefined) throw new Error(`the chip has no ${peripheral}.${register}`);
  return entry.base + offset + index * 4;
}

/** `(call $write32 …)`; the value is a number or an expression. */
export function write(peripheral: string, register: string, value: number | string, index = 0): string {
  return `(call $write32 (i32.const ${at(peripheral, register, index)}) ${typeof value === 'number' ? `(i32.const ${value})` : value})`;
}

/** `(call $read32 …)`, an expression. */
export function read(peripheral: string, register: string, index = 0): string {
  return `(call $read32 (i32.const ${at(peripheral, register, index)}))`;
}

/** A loop that runs `body` n times, counting in the local $i, which the caller's function must have. */
export function times(n: number, body: string): string {
  return `(local.set $i (i32.const 0)) (loop $again ${body}
    (local.set $i (i32.add (local.get $i) (i32.const 1)))
    (br_if $again (i32.lt_u (local.get $i) (i32.const ${n}))))`;
}

const { REQUEST, KEY } = RESET.registers.CONTROL.fields;
const requestWord = (request: number) => ((KEY.values.KEY << KEY.shift) | request) >>> 0;
export const requestReset = write('RESET', 'CONTROL', requestWord(REQUEST.values.RESET));
export const requestHandover = write('RESET', 'CONTROL', requestWord(REQUEST.values.HANDOVER));
export const clearFault = write('RESET', 'CONTROL', requestWord(REQUEST.values.CLEAR_FAULT));

/** Where `bench` puts a firmware: a bare module, no image around it. */
export const firmwareAddress = MemoryMap.SLOT_A;

/** Instructions that hand over to the module of this length at `firmwareAddress`. */
export function handOverTo(module: Uint8Array, address: number = firmwareAddress): string {
  return `${write('RESET', 'HANDOVER_ADDRESS', address)} ${write('RESET', 'HANDOVER_LENGTH', module.length)} ${requestHandover}`;
}

export interface Bench {
  board: Board;
  records: LogRecord[];
}

/** A board with this bootloader, without power, and its log records. A firmware, if given, gets the hand-over at the end of reset(). */
export function bench(bootloader: Guest, firmware?: Guest, options: BoardOptions = {}): Bench {
  const board = new Board(options);
  const records: LogRecord[] = [];
  board.onLog = (record) => records.push(record);
  const module = firmware && assembleGuest(firmware);
  const reset = `${bootloader.reset ?? ''} ${module ? handOverTo(module) : ''}`;
  board.provision({ bootloader: assembleGuest({ ...bootloader, reset }), keys: [] });
  if (module) {
    const flash = board.flashImage();
    flash.set(module, firmwareAddress);
    board.loadFlash(flash);
  }
  return { board, records };
}

export function faultName(board: Board): string {
  return nameIn(FaultCause, board.fault.cause);
}

/** Causes of all resets so far, by name. */
export function resetCauses(records: LogRecord[]): string[] {
  return records.filter(({ kind }) => kind === LogKind.RESET).map(({ a }) => nameIn(ResetCause, a));
}

function nameIn(values: Record<string, number>, value: number): string {
  return Object.keys(values).find((name) => values[name] === value) ?? `unknown ${value}`;
}
