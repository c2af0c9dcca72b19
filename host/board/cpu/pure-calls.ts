// Calls that can be shared by what they read: of functions that work in RAM alone, and of those that look at the chip besides.
//
// The first kind, with all that it calls, never reaches the bus and calls nothing by a table. So what a call does is a function of its arguments, of
// the bytes of RAM that it reads and of the mutable globals that it reads, and of nothing else: no device, no time, no event takes part.
// The second kind reaches the bus. Only a trace shows whether a call did no more there than to look (chip.ts).
//
//   at its entry    known(its arguments, cycles) -> 1: it need not run, the host has done all of it   0: it runs
//
// What a known call answers is in a global behind `cycles` and its counters. known-calls.ts says which calls are known.

import type { CheckedImage } from './check.ts';
import { nameOf } from './code.ts';
import { ValueType } from './declarations.ts';
import { type HostType, hostTable } from './host-table.ts';
import { EMPTY_BLOCK, Op } from './opcodes.ts';
import type { Writer } from './writer.ts';

/** A function whose calls can be shared. */
export interface PureFunction {
  functionIndex: number;
  /** All of them are i32. */
  parameters: number;
  /** It returns an i32; else nothing. */
  answers: boolean;
  /** It reaches the bus, and is to look at the chip there and no more. */
  looks: boolean;
  /** Function indices: itself, and all that it calls. */
  reaches: ReadonlySet<number>;
  /** Indices of the globals that these read, and of those that they write. */
  reads: ReadonlySet<number>;
  writes: ReadonlySet<number>;
}

const { I32 } = ValueType;
const { CALL, CALL_INDIRECT, GLOBAL_GET, GLOBAL_SET } = Op;

/** Those of the functions with these names whose calls can be shared; `looking`: names of those that look. A name is compared without its path. */
export function pureFunctions(
  image: CheckedImage,
  names: readonly string[],
  looking: readonly string[] = [],
): PureFunction[] {
  const { declarations, sections } = image;
  const found: PureFunction[] = [];
  for (const [functionIndex, type] of declarations.functions.entries()) {
    const name = nameOf(sections.names, functionIndex);
    const last = name.slice(name.lastIndexOf('/') + 1);
    const looks = image.callGraph.reachesBus[functionIndex] === 1;
    if (!(looks ? looking : names).includes(last)) continue;
    const { parameters, results } = declarations.types[type];
    if (![...parameters, ...results].every((each) => each === I32)) continue;
    const use = useOf(image, functionIndex);
    if (use) found.push({ functionIndex, parameters: parameters.length, answers: results.length === 1, looks, ...use });
  }
  return found;
}

/** What a function and all that it calls use; undefined when it calls something by a table. */
function useOf(
  image: CheckedImage,
  functionIndex: number,
): Pick<PureFunction, 'reaches' | 'reads' | 'writes'> | undefined {
  const { code, declarations } = image;
  const [reaches, reads, writes] = [new Set([functionIndex]), new Set<number>(), new Set<number>()];
  // A set tells what is added while it is walked.
  for (const reached of reaches) {
    // The bus.
    if (reached < declarations.importedFunctions) continue;
    const { first, last } = code.bodies[reached - declarations.importedFunctions];
    for (let i = first; i <= last; i++) {
      const key = code.opcode[i];
      if (key === CALL_INDIRECT) return undefined;
      if (key === CALL) reaches.add(code.immediate[i]);
      else if (key === GLOBAL_GET) reads.add(code.immediate[i]);
      else if (key === GLOBAL_SET) writes.add(code.immediate[i]);
    }
  }
  return { reaches, reads, writes };
}

/** Its arguments and the cycles that are left; whether the call is known. */
export function typeOfAsking({ parameters }: PureFunction): HostType {
  return { parameters: new Array<number>(parameters + 1).fill(I32), results: [I32] };
}

/** Writes the code at the entry of functions whose calls can be shared. */
export class CallSharer {
  readonly functions: readonly PureFunction[];
  readonly types: readonly HostType[];
  readonly declaration: number[];
  private readonly cycles: number;
  private readonly answer: number;
  private readonly firstType: number;
  private readonly table: number;
  private readonly out: Writer;

  /** `cycles` and `answer` are indices of globals, `firstType` that of the first of `types`. */
  constructor(
    functions: readonly PureFunction[],
    { cycles, answer, firstType, table }: { cycles: number; answer: number; firstType: number; table: number },
    out: Writer,
  ) {
    this.functions = functions;
    this.types = functions.map(typeOfAsking);
    this.declaration = hostTable(functions.length);
    this.cycles = cycles;
    this.answer = answer;
    this.firstType = firstType;
    this.table = table;
    this.out = out;
  }

  enter(functionIndex: number): void {
    const { out } = this;
    const entry = this.functions.findIndex((each) => each.functionIndex === functionIndex);
    if (entry < 0) return;
    const { parameters, answers } = this.functions[entry];
    for (let parameter = 0; parameter < parameters; parameter++) out.indexed(Op.LOCAL_GET, parameter);
    out.indexed(Op.GLOBAL_GET, this.cycles);
    out.byte(Op.CONST_32);
    out.s32(entry);
    out.indexed(Op.CALL_INDIRECT, this.firstType + entry);
    out.u32(this.table);
    out.bytesOf(Op.IF, EMPTY_BLOCK);
    if (answers) out.indexed(Op.GLOBAL_GET, this.answer);
    out.bytesOf(Op.RETURN, Op.END);
  }
}
