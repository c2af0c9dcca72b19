// Parameter instructions and set_cond: executed by the classic core, they change what the next real-time instructions find.
//
// A register gives 32 bits; gain and offset take the low 16 of them, as signed numbers.

import { Q1_WORD_A, Q1_WORD_B, Q1_WORD_DURATION, Q1_WORD_X } from '../../protocol/guest/generated/constants';
import {
  Q1_OP_RESET_PH,
  Q1_OP_SET_AWG_GAIN_I,
  Q1_OP_SET_AWG_GAIN_R,
  Q1_OP_SET_AWG_OFFS_I,
  Q1_OP_SET_AWG_OFFS_R,
  Q1_OP_SET_COND_I,
  Q1_OP_SET_COND_R,
  Q1_OP_SET_FREQ_I,
  Q1_OP_SET_FREQ_R,
  Q1_OP_SET_MRK_I,
  Q1_OP_SET_MRK_R,
  Q1_OP_SET_PH_DELTA_I,
  Q1_OP_SET_PH_DELTA_R,
  Q1_OP_SET_PH_I,
  Q1_OP_SET_PH_R,
} from '../../protocol/guest/generated/instructions';
import {
  CONDITION,
  CONDITION_ELSE,
  CONDITION_MASK,
  CONDITION_OPERATOR,
  LATCHED_DELTA,
  LATCHED_FREQUENCY,
  LATCHED_GAIN,
  LATCHED_MARKER,
  LATCHED_OFFSET,
  LATCHED_PHASE,
  NCO_DELTA,
  NCO_FREQUENCY,
  NCO_PHASE,
  NCO_RESET,
} from './core';
import { latchNco } from './nco';

const MARKERS: u32 = 15;
const TRIGGERS: u32 = 0x7fff;

/** Executes a parameter instruction or set_cond; false when the opcode is neither. */
export function latchParameter(core: usize, word: usize, opcode: u32): bool {
  const a = load<u32>(word, Q1_WORD_A);
  const b = load<u32>(word, Q1_WORD_B);
  switch (opcode) {
    case Q1_OP_SET_AWG_GAIN_I:
      return latchPair(core + LATCHED_GAIN, a, b);
    case Q1_OP_SET_AWG_GAIN_R:
      return latchPair(core + LATCHED_GAIN, register(core, a), register(core, b));
    case Q1_OP_SET_AWG_OFFS_I:
      return latchPair(core + LATCHED_OFFSET, a, b);
    case Q1_OP_SET_AWG_OFFS_R:
      return latchPair(core + LATCHED_OFFSET, register(core, a), register(core, b));
    case Q1_OP_SET_MRK_I:
      return latch(core + LATCHED_MARKER, a & MARKERS);
    case Q1_OP_SET_MRK_R:
      return latch(core + LATCHED_MARKER, register(core, a) & MARKERS);
    case Q1_OP_SET_COND_I:
      return setCondition(core, word, load<u8>(word, Q1_WORD_X), a, b);
    case Q1_OP_SET_COND_R:
      return setCondition(core, word, register(core, load<u8>(word, Q1_WORD_X)), register(core, a), register(core, b));
    default:
      return latchOscillator(core, opcode, a);
  }
}

function latchOscillator(core: usize, opcode: u32, a: u32): bool {
  switch (opcode) {
    case Q1_OP_RESET_PH:
      latchNco(core, NCO_RESET);
      return true;
    case Q1_OP_SET_FREQ_I:
      return latchOne(core, NCO_FREQUENCY, LATCHED_FREQUENCY, a);
    case Q1_OP_SET_FREQ_R:
      return latchOne(core, NCO_FREQUENCY, LATCHED_FREQUENCY, register(core, a));
    case Q1_OP_SET_PH_I:
      return latchOne(core, NCO_PHASE, LATCHED_PHASE, a);
    case Q1_OP_SET_PH_R:
      return latchOne(core, NCO_PHASE, LATCHED_PHASE, register(core, a));
    case Q1_OP_SET_PH_DELTA_I:
      return latchOne(core, NCO_DELTA, LATCHED_DELTA, a);
    case Q1_OP_SET_PH_DELTA_R:
      return latchOne(core, NCO_DELTA, LATCHED_DELTA, register(core, a));
    default:
      return false;
  }
}

function register(core: usize, number: u32): u32 {
  return load<u32>(core + (number << 2));
}

function latch(place: usize, value: u32): bool {
  store<u32>(place, value);
  return true;
}

function latchPair(place: usize, first: u32, second: u32): bool {
  return latch(place, (first & 0xffff) | (second << 16));
}

function latchOne(core: usize, what: u32, place: usize, value: u32): bool {
  latchNco(core, what);
  return latch(core + place, value);
}

function setCondition(core: usize, word: usize, enable: u32, mask: u32, operator: u32): bool {
  store<u32>(core, enable, CONDITION);
  store<u32>(core, mask & TRIGGERS, CONDITION_MASK);
  store<u32>(core, operator, CONDITION_OPERATOR);
  store<u32>(core, load<u16>(word, Q1_WORD_DURATION), CONDITION_ELSE);
  return true;
}
