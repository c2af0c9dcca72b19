// What a register holds, judged where an instruction uses it: gains, offsets, frequencies, phases, markers, conditions.
//
// An immediate is judged when the sequence is loaded; a register cannot be. The instruction takes as many bits as it has room for, as
// the instrument does, and plays something else than was meant; so the sequencer is flagged and a record says which instruction it was, one
// record however many of its registers are wrong.
// Gains and offsets are 16 bits. Compilers leave them in a register with their sign or, after a shift, without it: both are good,
// so that a register is only wrong where it is neither.

import {
  Q1_WORD_SIZE,
  SEQUENCER_FLAG_REGISTER_OUT_OF_RANGE,
  SEQUENCER_RECORD_VALUE,
} from '../../protocol/guest/generated/constants';
import { indexOf, setFlag, TIME } from './core';
import { PROGRAM_SIZE, PROGRAMS } from './layout';
import { record, recordsFull } from './records';

const HALF_MOST: u32 = 0xffff;
const FREQUENCY_MOST: i32 = 2_000_000_000;
const PHASE_MOST: u32 = 1_000_000_000;

export function isHalf(value: u32): bool {
  return value <= HALF_MOST || <i32>value == <i32>(<i16>value);
}

export function isFrequency(value: u32): bool {
  return <i32>value >= -FREQUENCY_MOST && <i32>value <= FREQUENCY_MOST;
}

export function isPhase(value: u32): bool {
  return value <= PHASE_MOST;
}

/** Whether there is room for a record. */
export function mayReport(): bool {
  return !recordsFull();
}

/** The instruction at `word` found `value` in a register and takes `taken` of it. Ask mayReport first. */
export function reportValue(core: usize, word: usize, value: u32, taken: u32): void {
  setFlag(core, SEQUENCER_FLAG_REGISTER_OUT_OF_RANGE);
  const program = PROGRAMS + indexOf(core) * PROGRAM_SIZE;
  assert(word >= program && word < program + PROGRAM_SIZE, 'an instruction of the program');
  assert(mayReport(), 'room for a record was asked for');
  assert((word & (Q1_WORD_SIZE - 1)) == 0, 'an instruction begins where a word begins');
  const index = <u32>((word - program) / Q1_WORD_SIZE);
  record(SEQUENCER_RECORD_VALUE, core, index, load<i64>(core, TIME), value, taken, 0, 0);
}
