// What each instruction costs, in core cycles of 4 ns.
//
// These are model values, not measurements of silicon: a simple in-order 32-bit core, one instruction at a time, single-cycle RAM, 64-bit
// values in register pairs. The core keeps locals and constants in registers and immediates, as a compiler for it would, so only
// work costs. A cost never depends on data, except for the length of memory.copy and memory.fill: cycles are exact because they are
// a property of the path taken.

import { keyOf, opcodes } from './opcodes.ts';

type CostRow = [cycles: number, mnemonics: string, reason: string];

const i32 = (names: string) => names.replaceAll('T', 'i32');
const i64 = (names: string) => names.replaceAll('T', 'i64');
const logic = 'T.and T.or T.xor';
const shifts = 'T.shl T.shr_s T.shr_u T.rotl T.rotr';
const comparisons = 'T.eqz T.eq T.ne T.lt_s T.lt_u T.gt_s T.gt_u T.le_s T.le_u T.ge_s T.ge_u';
const divisions = 'T.div_s T.div_u T.rem_s T.rem_u';

/** Each row has one reason; every allowed opcode is in exactly one row. */
export const costTable: CostRow[] = [
  [0, 'block loop else end', 'structure, no instruction; the jump over an else arm is in the cost of its if'],
  [0, 'local.get local.set local.tee', 'locals are registers, named by the instruction that uses them'],
  [0, 'i32.const i64.const drop', 'immediates, and registers that are not read'],
  [1, 'nop', 'one issue slot'],
  [1, 'unreachable memory.size', 'one instruction; the size is wired'],
  [1, i32(`T.add T.sub ${logic} ${shifts} ${comparisons}`), 'one pass through the ALU and barrel shifter'],
  [1, 'i32.clz i32.ctz', 'a leading-zero counter; trailing zeros count from the other end'],
  [8, 'i32.popcnt', 'no instruction for it: the usual three masks and a multiplication'],
  [3, 'i32.mul', 'a three-stage multiplier, not overlapped'],
  [20, i32(divisions), 'a divider that makes two bits a cycle, and its setup'],
  [1, 'i32.extend8_s i32.extend16_s i64.extend_i32_s', 'one sign extension'],
  [0, 'i32.wrap_i64', 'takes the low register of the pair'],
  [1, 'i64.extend_i32_u', 'clears the high register'],
  [2, 'i64.extend8_s i64.extend16_s i64.extend32_s', 'extend the low word, spread its sign into the high one'],
  [2, i64(`T.add T.sub ${logic}`), 'low word, then high word with carry'],
  [2, i64(comparisons), 'compare low, then high with borrow'],
  [6, i64(shifts), 'two words, the bits between them, and a choice for amounts of 32 and more'],
  [3, 'i64.clz i64.ctz', 'one word, and the other if the first is zero, without a branch'],
  [17, 'i64.popcnt', 'twice the 32-bit one and an addition'],
  [8, 'i64.mul', 'three word products, the first two overlapped, and two additions'],
  [60, i64(divisions), 'long division by words, in a support routine without data-dependent exits'],
  [2, 'select', 'test and conditional move'],
  [2, 'global.get', 'a load: globals live in RAM at a fixed address'],
  [1, 'global.set', 'a store: likewise'],
  [2, 'i32.load i32.load8_s i32.load8_u i32.load16_s i32.load16_u', 'address, then data'],
  [2, 'i64.load8_u i64.load16_u i64.load32_u', 'one word is loaded, the high register cleared meanwhile'],
  [3, 'i64.load i64.load8_s i64.load16_s i64.load32_s', 'address, then two words, or a word and its sign'],
  [1, 'i32.store i32.store8 i32.store16 i64.store8 i64.store16 i64.store32', 'the write buffer hides the rest'],
  [2, 'i64.store', 'two words through the write buffer'],
  [2, 'br br_if if return', 'the pipeline refills; charged alike whether taken or not, so that a path has one cost'],
  [4, 'br_table', 'bounds check, load from the jump table, refill'],
  [4, 'call', 'link, refill, frame; calls of the bus are dearer, see below'],
  [8, 'call_indirect', 'table bounds, null and signature checks, a load, then as a call'],
  [8, 'memory.copy memory.fill', 'set-up of the block engine; the length comes on top, see below'],
];

/** A bus access instead of a call: two cycles to the bridge and back, four wait states of the peripheral bus. */
export const busAccessCycles = 6;

/** memory.copy and memory.fill take one more cycle for every 8 bytes begun: the block engine's port to RAM is 64 bits wide. */
export const blockBytesPerCycle = 8;

/** Cycles by opcode key. */
export const costs: Uint8Array = buildCosts();

function buildCosts(): Uint8Array {
  const result = new Uint8Array(opcodes.length);
  const seen = new Set<number>();
  for (const [cycles, mnemonics] of costTable) {
    for (const mnemonic of mnemonics.split(' ')) {
      const key = keyOf(mnemonic);
      if (seen.has(key)) throw new Error(`${mnemonic} has two costs`);
      seen.add(key);
      result[key] = cycles;
    }
  }
  for (const opcode of opcodes) {
    if (opcode && !opcode.refusal && !seen.has(opcode.key)) throw new Error(`${opcode.mnemonic} has no cost`);
  }
  return result;
}
