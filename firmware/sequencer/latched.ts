// Parameter instructions and set_cond: executed by the classic core, they change what the next real-time instructions find.
//
// A register gives 32 bits; gain and offset take the low 16 of them, as signed numbers. What does not fit is reported (values.ts): where the
// record buffer has no room for it, nothing is done, and the instruction is tried again.

import {
  Q1_WORD_A,
  Q1_WORD_B,
  Q1_WORD_DURATION,
  Q1_WORD_X,
  TRIGGER_ADDRESSES,
} from '../../protocol/guest/generated/constants';
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
  Q1_REAL_TIME_OPCODE,
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
  registerOf,
} from './core';
import { PROGRAMS, WAVEFORMS } from './layout';
import { latchNco, PHASES_OF_TURN } from './nco';
import { isFrequency, isHalf, isPhase, mayReport, reportValue } from './values';

const MARKERS: u32 = 15;
const TRIGGERS: u32 = 0x7fff;
const OPERATOR_MOST: u32 = 5;

/** Executes a parameter instruction or set_cond; false when the opcode is neither, or when it is to be tried again. */
export function latchParameter(core: usize, word: usize, opcode: u32): bool {
  assert(opcode < Q1_REAL_TIME_OPCODE, 'an instruction of the classic core');
  const a = load<u32>(word, Q1_WORD_A);
  const b = load<u32>(word, Q1_WORD_B);
  switch (opcode) {
    case Q1_OP_SET_AWG_GAIN_I:
      return latchPair(core, LATCHED_GAIN, a, b);
    case Q1_OP_SET_AWG_GAIN_R:
      return latchPairOf(core, word, LATCHED_GAIN, registerOf(core, a), registerOf(core, b));
    case Q1_OP_SET_AWG_OFFS_I:
      return latchPair(core, LATCHED_OFFSET, a, b);
    case Q1_OP_SET_AWG_OFFS_R:
      return latchPairOf(core, word, LATCHED_OFFSET, registerOf(core, a), registerOf(core, b));
    case Q1_OP_SET_MRK_I:
      return latch(core, LATCHED_MARKER, a & MARKERS);
    case Q1_OP_SET_MRK_R:
      return latchMarker(core, word, registerOf(core, a));
    case Q1_OP_SET_COND_I:
      return setCondition(core, word, load<u8>(word, Q1_WORD_X), a, b);
    case Q1_OP_SET_COND_R:
      return setConditionOf(
        core,
        word,
        registerOf(core, load<u8>(word, Q1_WORD_X)),
        registerOf(core, a),
        registerOf(core, b),
      );
    default:
      return latchOscillator(core, word, opcode, a);
  }
}

function latchOscillator(core: usize, word: usize, opcode: u32, a: u32): bool {
  assert(word >= PROGRAMS && word < WAVEFORMS, 'an instruction of a program');
  switch (opcode) {
    case Q1_OP_RESET_PH:
      latchNco(core, NCO_RESET);
      return true;
    case Q1_OP_SET_FREQ_I:
      return latchOne(core, NCO_FREQUENCY, LATCHED_FREQUENCY, a);
    case Q1_OP_SET_FREQ_R:
      return latchFrequencyOf(core, word, registerOf(core, a));
    case Q1_OP_SET_PH_I:
      return latchOne(core, NCO_PHASE, LATCHED_PHASE, a);
    case Q1_OP_SET_PH_R:
      return latchPhaseOf(core, word, NCO_PHASE, LATCHED_PHASE, registerOf(core, a));
    case Q1_OP_SET_PH_DELTA_I:
      return latchOne(core, NCO_DELTA, LATCHED_DELTA, a);
    case Q1_OP_SET_PH_DELTA_R:
      return latchPhaseOf(core, word, NCO_DELTA, LATCHED_DELTA, registerOf(core, a));
    default:
      return false;
  }
}

function latch(core: usize, place: usize, value: u32): bool {
  assert(place >= LATCHED_MARKER && place <= LATCHED_DELTA, 'one of the values that are latched');
  store<u32>(core + place, value);
  return true;
}

function latchPair(core: usize, place: usize, first: u32, second: u32): bool {
  assert(place == LATCHED_GAIN || place == LATCHED_OFFSET, 'a value for each path');
  store<u32>(core + place, (first & 0xffff) | (second << 16));
  return true;
}

function latchPairOf(core: usize, word: usize, place: usize, first: u32, second: u32): bool {
  if (!isHalf(first) || !isHalf(second)) {
    if (!mayReport()) return false;
    const wrong = isHalf(first) ? second : first;
    const taken = <u32>(<i32>(<i16>wrong));
    assert(!isHalf(wrong), 'what is reported does not fit');
    assert(isHalf(taken), 'what is taken of it fits');
    reportValue(core, word, wrong, taken);
  }
  return latchPair(core, place, first, second);
}

function latchMarker(core: usize, word: usize, value: u32): bool {
  if (value > MARKERS) {
    if (!mayReport()) return false;
    reportValue(core, word, value, value & MARKERS);
  }
  return latch(core, LATCHED_MARKER, value & MARKERS);
}

function latchFrequencyOf(core: usize, word: usize, value: u32): bool {
  if (!isFrequency(value)) {
    if (!mayReport()) return false;
    reportValue(core, word, value, value);
  }
  return latchOne(core, NCO_FREQUENCY, LATCHED_FREQUENCY, value);
}

function latchPhaseOf(core: usize, word: usize, what: u32, place: usize, value: u32): bool {
  if (!isPhase(value)) {
    if (!mayReport()) return false;
    const taken = value % PHASES_OF_TURN;
    assert(isPhase(taken), 'what is taken of it is a phase');
    reportValue(core, word, value, taken);
  }
  return latchOne(core, what, place, value);
}

function latchOne(core: usize, what: u32, place: usize, value: u32): bool {
  assert(place >= LATCHED_FREQUENCY && place <= LATCHED_DELTA, 'a value of the oscillator');
  assert((place & 3) == 0, 'a value is a word');
  latchNco(core, what);
  return latch(core, place, value);
}

/** The real-time core stops at an operator that does not exist; here it is reported and stored. */
function setConditionOf(core: usize, word: usize, enable: u32, mask: u32, operator: u32): bool {
  assert(TRIGGERS == (1 << TRIGGER_ADDRESSES) - 1, 'a mask has a bit for each address');
  if (enable > 1 || mask > TRIGGERS || operator > OPERATOR_MOST) {
    if (!mayReport()) return false;
    if (enable > 1) reportValue(core, word, enable, 1);
    else if (mask > TRIGGERS) reportValue(core, word, mask, mask & TRIGGERS);
    else reportValue(core, word, operator, operator);
  }
  return setCondition(core, word, enable, mask, operator);
}

function setCondition(core: usize, word: usize, enable: u32, mask: u32, operator: u32): bool {
  store<u32>(core, enable, CONDITION);
  store<u32>(core, mask & TRIGGERS, CONDITION_MASK);
  store<u32>(core, operator, CONDITION_OPERATOR);
  store<u32>(core, load<u16>(word, Q1_WORD_DURATION), CONDITION_ELSE);
  assert(load<u32>(core, CONDITION_MASK) <= TRIGGERS, 'a condition is one over triggers that there are');
  return true;
}
