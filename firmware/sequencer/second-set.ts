// The classic core's instructions that only the second set has: calculations that leave flags, and jumps by them.
//
// What to do and where the operands are is in the row of the opcode (protocol/generate/guest-instructions.ts), so that one case serves all
// mixtures of numbers and registers. What must stay true: nothing but these instructions changes the flags.

import { Q1_WORD_A, Q1_WORD_B, Q1_WORD_C, Q1_WORD_SIZE, Q1_WORD_X } from '../../protocol/guest/generated/constants';
import {
  Q1_DO_FLAGGED_ADD,
  Q1_DO_FLAGGED_AND,
  Q1_DO_FLAGGED_ASL,
  Q1_DO_FLAGGED_ASR,
  Q1_DO_FLAGGED_CMP,
  Q1_DO_FLAGGED_JA,
  Q1_DO_FLAGGED_JAE,
  Q1_DO_FLAGGED_JB,
  Q1_DO_FLAGGED_JBE,
  Q1_DO_FLAGGED_JG,
  Q1_DO_FLAGGED_JGE,
  Q1_DO_FLAGGED_JL,
  Q1_DO_FLAGGED_JLE,
  Q1_DO_FLAGGED_JNO,
  Q1_DO_FLAGGED_JNS,
  Q1_DO_FLAGGED_JNZ,
  Q1_DO_FLAGGED_JO,
  Q1_DO_FLAGGED_JS,
  Q1_DO_FLAGGED_JZ,
  Q1_DO_FLAGGED_LSL,
  Q1_DO_FLAGGED_LSR,
  Q1_DO_FLAGGED_MULS16,
  Q1_DO_FLAGGED_MULS32,
  Q1_DO_FLAGGED_MULS32H,
  Q1_DO_FLAGGED_MULS32L,
  Q1_DO_FLAGGED_MULU16,
  Q1_DO_FLAGGED_MULU32,
  Q1_DO_FLAGGED_MULU32H,
  Q1_DO_FLAGGED_MULU32L,
  Q1_DO_FLAGGED_NOT,
  Q1_DO_FLAGGED_OR,
  Q1_DO_FLAGGED_SUB,
  Q1_DO_FLAGGED_TEST,
  Q1_DO_FLAGGED_XOR,
  Q1_DO_KEPT_JGE,
  Q1_DO_KEPT_JLT,
  Q1_DO_KEPT_LOOP,
  Q1_DO_STOP_CODE,
  Q1_OPCODE_COUNT,
  Q1_OPCODE_ROW_SIZE,
  Q1_OPCODE_ROWS,
  Q1_REGISTER_COUNT,
  Q1_SECOND_SET_OPCODE,
} from '../../protocol/guest/generated/instructions';
import {
  CF,
  difference,
  halfProduct,
  NF,
  OF,
  plain,
  product,
  shiftedLeft,
  shiftedRight,
  signedHalfProduct,
  signedProduct,
  signShiftedRight,
  sum,
  ZF,
} from './alu';
import { ALU_FLAGS, EXIT_CODE, registerOf } from './core';
import { INSTRUCTIONS_MAX, PROGRAMS, WAVEFORMS } from './layout';

/** What to do next, in place of the index a jump goes to. A target out of a register is at most TARGET_MOST, which is beyond every program too. */
export const STRAIGHT_ON: u32 = 0xffff_ffff;
export const STOPS: u32 = 0xffff_fffe;
export const NO_CODE: u32 = 0xffff_fffd;
export const TARGET_MOST: u32 = 0xffff_fffc;

const ROW_TO_DO: usize = 3;
const ROW_REGISTERS: usize = 26;
const A_IS_REGISTER: u32 = 1;
const B_IS_REGISTER: u32 = 2;
const REGISTER_SHIFT: u32 = 2;

/** Executes an instruction that only the second set has: the index it jumps to, or STRAIGHT_ON, STOPS, NO_CODE. */
export function executeSecondSet(core: usize, word: usize, opcode: u32): u32 {
  assert(opcode >= Q1_SECOND_SET_OPCODE && opcode < Q1_OPCODE_COUNT, 'an opcode that only the second set has');
  const row = Q1_OPCODE_ROWS + opcode * Q1_OPCODE_ROW_SIZE;
  const toDo: u32 = load<u8>(row, ROW_TO_DO);
  const registers: u32 = load<u8>(row, ROW_REGISTERS);
  assert(toDo != 0, 'the table says what it does');
  assert(word >= PROGRAMS && word < WAVEFORMS, 'an instruction of a program');
  assert(registers <= (A_IS_REGISTER | B_IS_REGISTER), 'two operands may be registers that are read');
  let a = load<u32>(word, Q1_WORD_A);
  if ((registers & A_IS_REGISTER) != 0) a = registerOf(core, a);
  const b = load<u32>(word, Q1_WORD_B);
  // Two calls, so that the compiler keeps `execute` out of the loop of the classic core, whose programs are mostly of the first set.
  if ((registers & B_IS_REGISTER) != 0) return execute(core, word, toDo, a, registerOf(core, b));
  return execute(core, word, toDo, a, b);
}

/** Rows stand in the order jumps, calculations. An instruction without code in its group is illegal. */
function execute(core: usize, word: usize, toDo: u32, a: u32, b: u32): u32 {
  assert((word & (Q1_WORD_SIZE - 1)) == 0, 'an instruction begins where a word begins');
  return toDo >= Q1_DO_FLAGGED_NOT ? calculate(core, word, toDo, a, b) : jump(core, word, toDo, a, b);
}

function goesTo(jumps: bool, target: u32): u32 {
  assert(INSTRUCTIONS_MAX < TARGET_MOST, 'a target that large lies beyond every program');
  return jumps ? min<u32>(target, TARGET_MOST) : STRAIGHT_ON;
}

function put(core: usize, register: u32, value: u32): u32 {
  assert(register < Q1_REGISTER_COUNT, 'a register that the load of the sequence has judged');
  store<u32>(core + ((<usize>register) << REGISTER_SHIFT), value);
  return STRAIGHT_ON;
}

/** The high word is written last, so it stays where both destinations are the same register. */
function putBoth(core: usize, word: usize, value: u64): u32 {
  assert(<u32>load<u16>(word, Q1_WORD_C) < Q1_REGISTER_COUNT, 'a second register that was judged too');
  put(core, load<u8>(word, Q1_WORD_X), <u32>value);
  return put(core, load<u16>(word, Q1_WORD_C), <u32>(value >> 32));
}

function calculate(core: usize, word: usize, toDo: u32, a: u32, b: u32): u32 {
  const x: u32 = load<u8>(word, Q1_WORD_X);
  assert(x < Q1_REGISTER_COUNT, 'a register that the load of the sequence has judged');
  assert(toDo >= Q1_DO_FLAGGED_NOT, 'a calculation');
  switch (toDo) {
    case Q1_DO_FLAGGED_NOT:
      return put(core, x, plain(core, ~a));
    case Q1_DO_FLAGGED_ADD:
      return put(core, x, sum(core, a, b));
    case Q1_DO_FLAGGED_SUB:
      return put(core, x, difference(core, a, b));
    case Q1_DO_FLAGGED_CMP:
      difference(core, a, b);
      return STRAIGHT_ON;
    case Q1_DO_FLAGGED_AND:
      return put(core, x, plain(core, a & b));
    case Q1_DO_FLAGGED_TEST:
      plain(core, a & b);
      return STRAIGHT_ON;
    case Q1_DO_FLAGGED_OR:
      return put(core, x, plain(core, a | b));
    case Q1_DO_FLAGGED_XOR:
      return put(core, x, plain(core, a ^ b));
    case Q1_DO_FLAGGED_ASL:
    case Q1_DO_FLAGGED_LSL:
      return put(core, x, shiftedLeft(core, a, b));
    case Q1_DO_FLAGGED_ASR:
      return put(core, x, signShiftedRight(core, a, b));
    case Q1_DO_FLAGGED_LSR:
      return put(core, x, shiftedRight(core, a, b));
    case Q1_DO_FLAGGED_MULU16:
      return put(core, x, halfProduct(core, a, b));
    case Q1_DO_FLAGGED_MULS16:
      return put(core, x, signedHalfProduct(core, a, b));
    case Q1_DO_FLAGGED_MULU32L:
      return put(core, x, <u32>product(core, a, b));
    case Q1_DO_FLAGGED_MULU32H:
      return put(core, x, <u32>(product(core, a, b) >> 32));
    case Q1_DO_FLAGGED_MULS32L:
      return put(core, x, <u32>signedProduct(core, a, b));
    case Q1_DO_FLAGGED_MULS32H:
      return put(core, x, <u32>(signedProduct(core, a, b) >> 32));
    case Q1_DO_FLAGGED_MULU32:
      return putBoth(core, word, product(core, a, b));
    case Q1_DO_FLAGGED_MULS32:
      return putBoth(core, word, signedProduct(core, a, b));
    default:
      return NO_CODE;
  }
}

/** Jumps by flags, then stop with a code and what is kept of the first set. */
function jump(core: usize, word: usize, toDo: u32, a: u32, b: u32): u32 {
  const flags = load<u32>(core, ALU_FLAGS);
  assert(flags <= (ZF | NF | CF | OF), 'four flags');
  assert(toDo < Q1_DO_FLAGGED_NOT, 'no calculation');
  const isLess = ((flags & NF) != 0) != ((flags & OF) != 0);
  switch (toDo) {
    case Q1_DO_FLAGGED_JZ:
      return goesTo((flags & ZF) != 0, b);
    case Q1_DO_FLAGGED_JNZ:
      return goesTo((flags & ZF) == 0, b);
    case Q1_DO_FLAGGED_JO:
      return goesTo((flags & OF) != 0, b);
    case Q1_DO_FLAGGED_JNO:
      return goesTo((flags & OF) == 0, b);
    case Q1_DO_FLAGGED_JS:
      return goesTo((flags & NF) != 0, b);
    case Q1_DO_FLAGGED_JNS:
      return goesTo((flags & NF) == 0, b);
    case Q1_DO_FLAGGED_JG:
      return goesTo((flags & ZF) == 0 && !isLess, b);
    case Q1_DO_FLAGGED_JGE:
      return goesTo(!isLess, b);
    case Q1_DO_FLAGGED_JL:
      return goesTo(isLess, b);
    case Q1_DO_FLAGGED_JLE:
      return goesTo((flags & ZF) != 0 || isLess, b);
    case Q1_DO_FLAGGED_JA:
      return goesTo((flags & (ZF | CF)) == 0, b);
    case Q1_DO_FLAGGED_JAE:
      return goesTo((flags & CF) == 0, b);
    case Q1_DO_FLAGGED_JB:
      return goesTo((flags & CF) != 0, b);
    case Q1_DO_FLAGGED_JBE:
      return goesTo((flags & (ZF | CF)) != 0, b);
    default:
      return keptOrStop(core, word, toDo, a, b);
  }
}

function keptOrStop(core: usize, word: usize, toDo: u32, a: u32, b: u32): u32 {
  const x: u32 = load<u8>(word, Q1_WORD_X);
  assert(toDo > Q1_DO_FLAGGED_JBE || toDo < Q1_DO_FLAGGED_JZ, 'no jump by flags');
  assert(x < Q1_REGISTER_COUNT, 'a register that the load of the sequence has judged');
  switch (toDo) {
    case Q1_DO_STOP_CODE:
      store<u32>(core, a, EXIT_CODE);
      return STOPS;
    case Q1_DO_KEPT_JGE:
      difference(core, registerOf(core, x), a);
      return goesTo((load<u32>(core, ALU_FLAGS) & CF) == 0, b);
    case Q1_DO_KEPT_JLT:
      difference(core, registerOf(core, x), a);
      return goesTo((load<u32>(core, ALU_FLAGS) & CF) != 0, b);
    case Q1_DO_KEPT_LOOP: {
      const left = difference(core, registerOf(core, x), 1);
      put(core, x, left);
      return goesTo(left != 0, b);
    }
    default:
      return NO_CODE;
  }
}
