// Calls of the guest's functions, told to the host: what a profile is made of. And single instructions, for a debugger.
//
// The meter puts two pieces of code into an image that is prepared with traceCalls, and a third one with steps:
//
//   at a function's entry      enter(function, its first argument, cycles)
//   behind a call              leave(cycles)
//   before an instruction      step(its offset in the image, cycles)
//
// They go to the host through a table of their own, behind the image's, so that no index of the image moves (host-table.ts).
// What must stay true: no cycle is charged for it, and every charge between two of these moments is of the function that runs between them.

import { ValueType } from './declarations.ts';
import { fillTable, hostTable } from './host-table.ts';
import { Op } from './opcodes.ts';
import type { Writer } from './writer.ts';

/** Told of every call while a core runs. `cyclesLeft` is the rest of its budget. */
export interface CallListener {
  /** `argument`: the function's first, when that is an i32; else 0. */
  enter(functionIndex: number, argument: number, cyclesLeft: number): void;
  leave(cyclesLeft: number): void;
  /** The instruction at this offset of the image is next. */
  step?(offset: number, cyclesLeft: number): void;
}

const { I32 } = ValueType;
const ENTER = 0;
const LEAVE = 1;
const STEP = 2;

/** Types of enter, leave and step. */
export const callTypes = [
  { parameters: [I32, I32, I32], results: [] },
  { parameters: [I32], results: [] },
  { parameters: [I32, I32], results: [] },
];

/** Type and limits of the table. */
export const callTable = hostTable(callTypes.length);

/** Writes the code of the pieces. `cycles` is the index of the budget global, `firstType` that of enter's type. */
export class CallTracer {
  private readonly cycles: number;
  private readonly firstType: number;
  private readonly table: number;
  private readonly out: Writer;

  constructor(cycles: number, firstType: number, table: number, out: Writer) {
    this.cycles = cycles;
    this.firstType = firstType;
    this.table = table;
    this.out = out;
  }

  enter(functionIndex: number, hasArgument: boolean): void {
    const { out } = this;
    out.byte(Op.CONST_32);
    out.s32(functionIndex);
    if (hasArgument) out.indexed(Op.LOCAL_GET, 0);
    else out.bytesOf(Op.CONST_32, 0);
    this.call(ENTER);
  }

  leave(): void {
    this.call(LEAVE);
  }

  step(offset: number): void {
    this.out.byte(Op.CONST_32);
    this.out.s32(offset);
    this.call(STEP);
  }

  private call(entry: number): void {
    const { out } = this;
    out.indexed(Op.GLOBAL_GET, this.cycles);
    out.bytesOf(Op.CONST_32, entry);
    out.indexed(Op.CALL_INDIRECT, this.firstType + entry);
    out.u32(this.table);
  }
}

const deaf: CallListener = { enter() {}, leave() {} };

/** Connects the table of a new core with its listener. */
export function listenerTable(table: WebAssembly.Table, listener: CallListener = deaf): void {
  fillTable(table, callTypes, [
    (functionIndex: number, argument: number, cyclesLeft: number) =>
      listener.enter(functionIndex, argument, cyclesLeft),
    (cyclesLeft: number) => listener.leave(cyclesLeft),
    (offset: number, cyclesLeft: number) => listener.step?.(offset, cyclesLeft),
  ]);
}
