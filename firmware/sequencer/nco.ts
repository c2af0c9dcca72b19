// Latched parameters and the oscillator. They come into force together, when an instruction commits.
//
// A turn is 4e9 units, because a frequency is given in quarters of a hertz and time in nanoseconds: the phase then grows by
// `frequency` units a nanosecond, without a rounding error however long it runs. Commit in the order reset, relative phase, frequency, accumulated phase.

import { SEQUENCER_RECORD_NCO } from '../../protocol/guest/generated/constants';
import {
  ACCUMULATED_PHASE,
  CONDITION,
  FREQUENCY,
  LATCHED_DELTA,
  LATCHED_FREQUENCY,
  LATCHED_NCO,
  LATCHED_PHASE,
  NCO_DELTA,
  NCO_FREQUENCY,
  NCO_PHASE,
  NCO_RESET,
  PHASE_OFFSET,
  RELATIVE_PHASE,
} from './core';
import { grownAt } from './drift';
import { TURN } from './phase';
import { record } from './records';

/** Units of the instruction's phase, 1e-9 turn; as many make a turn. */
const PHASE_UNITS: u64 = 4;
export const PHASES_OF_TURN: u32 = 1_000_000_000;

export function latchNco(core: usize, what: u32): void {
  assert(what != 0 && what <= (NCO_RESET | NCO_FREQUENCY | NCO_PHASE | NCO_DELTA), 'something that can be latched');
  store<u32>(core, load<u32>(core, LATCHED_NCO) | what, LATCHED_NCO);
}

/** A skipped instruction that would have committed: what waits for the oscillator is gone, marker, gain and offset stay. */
export function discardNco(core: usize): void {
  assert(load<u32>(core, CONDITION) != 0, 'only an instruction under a condition is skipped');
  store<u32>(core, 0, LATCHED_NCO);
}

export function commitNco(core: usize, index: u32, time: i64): void {
  const latched = load<u32>(core, LATCHED_NCO);
  assert(latched != 0, 'something is latched');
  store<u32>(core, 0, LATCHED_NCO);
  assert(time >= 0, 'a commit comes after the release');
  const before = load<i32>(core, FREQUENCY);
  if ((latched & NCO_RESET) != 0) {
    store<u32>(core, <u32>((TURN - <u64>grownAt(before, time)) % TURN), PHASE_OFFSET);
    store<u32>(core, 0, RELATIVE_PHASE);
    store<u32>(core, 0, ACCUMULATED_PHASE);
  }
  if ((latched & NCO_PHASE) != 0)
    store<u32>(core, <u32>((<u64>load<u32>(core, LATCHED_PHASE) * PHASE_UNITS) % TURN), RELATIVE_PHASE);
  if ((latched & NCO_FREQUENCY) != 0) {
    const after = load<i32>(core, LATCHED_FREQUENCY);
    const phase = <i64>load<u32>(core, PHASE_OFFSET) + grownAt(before, time);
    store<u32>(core, <u32>((<u64>(phase - grownAt(after, time)) + TURN) % TURN), PHASE_OFFSET);
    store<i32>(core, after, FREQUENCY);
  }
  if ((latched & NCO_DELTA) != 0) {
    const sum = <u64>load<u32>(core, ACCUMULATED_PHASE) + <u64>load<u32>(core, LATCHED_DELTA) * PHASE_UNITS;
    store<u32>(core, <u32>(sum % TURN), ACCUMULATED_PHASE);
  }
  const phase = <u64>load<u32>(core, RELATIVE_PHASE) + <u64>load<u32>(core, ACCUMULATED_PHASE);
  const offset = load<u32>(core, PHASE_OFFSET);
  assert(<u64>offset < TURN, 'a phase is less than a turn');
  assert(phase < 2 * TURN, 'each of two phases is less than a turn');
  record(SEQUENCER_RECORD_NCO, core, index, time, load<u32>(core, FREQUENCY), offset, <u32>(phase % TURN), 0);
}
