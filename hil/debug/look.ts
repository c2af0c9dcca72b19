// What can be read where a recorded run was stopped. Reading a register that is computed does what the chip does when it reads it; the debugger undoes that.

import type { MutableGlobal } from '../../host/board/cpu/cpu.ts';
import { EventKind } from '../../host/board/device.ts';
import { BoardView } from '../../host/board/view.ts';
import { isComputed, readRegister, registerAt } from '../rig/scenario/recorded-board.ts';
import type { Debugger } from './debugger.ts';

export interface PendingEvent {
  /** From the beginning of the recording. */
  timeNs: number;
  name: string;
  a: number;
  b: number;
}

export const viewOf = ({ run }: Debugger): BoardView => new BoardView(run.board);

/** A register by name, as the chip would read it: `RAILS.MILLIVOLTS[3]`. Throws RangeError for a name that is none, and what the bus throws. */
export function readNamed(debug: Debugger, name: string): number {
  const { board } = debug.run;
  const { peripheral, name: register, index } = registerAt(name);
  const { count, readable } = peripheral.registers[register];
  if (index >= count) throw new RangeError(`${name}: it has ${count === 1 ? 'one word' : `${count} words`}`);
  if (readable === 0) throw new RangeError(`${name} is write-only`);
  if (!isComputed(board, name)) return viewOf(debug).register(peripheral, register, index);
  return debug.look(() => readRegister(board, name));
}

/** Of the board's queue, the next one first. */
export function pendingEvents(debug: Debugger): PendingEvent[] {
  const names = Object.entries(EventKind);
  return viewOf(debug)
    .pendingEvents()
    .map(({ time, kind, a, b }) => {
      const name = names.find(([, number]) => number === kind)?.[0] ?? `kind ${kind}`;
      return { timeNs: time - debug.run.zeroNs, name, a, b };
    });
}

/** RAM of the core, from an address on; less at its end. Empty while nothing is loaded. */
export function ramAt({ run }: Debugger, address: number, length: number): Uint8Array {
  return run.board.ram().slice(address, address + length);
}

/** Globals of the module that can change, by their index in it. */
export function globalsOf({ run }: Debugger): { index: number; value: bigint }[] {
  const { core } = run.board.processor;
  if (core === undefined) return [];
  const words = new Uint32Array(core.image.globalWords);
  core.saveGlobals(words);
  const valueIn = ({ wide, word }: MutableGlobal) =>
    wide ? BigInt.asIntN(64, (BigInt(words[word + 1]) << 32n) | BigInt(words[word])) : BigInt(words[word] | 0);
  return core.image.mutableGlobals.map((global) => ({ index: global.index, value: valueIn(global) }));
}
