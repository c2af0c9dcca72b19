// What is at the outputs of a core at some moment: calculated from its last commits when it is read. A run that reads no outputs spends nothing on them.
//
//   SHOWN   64 entries of 48 bytes, the last commits in a ring
//     time i64 | gains u32 | offsets u32 | marker u32 | waves u32 | their start i64 | frequency i32 | phase offset u32 | relative u32 | accumulated u32
//
// The real-time core is at most a queue ahead of the classic core, and a queue is shorter than the ring: so the commit in force is
// always there. What must stay true: times in the ring never fall.

import {
  SEQUENCER_FLAG_OUTPUT_OVERFLOW,
  SEQUENCER_OUTPUT_FREQUENCY,
  SEQUENCER_OUTPUT_MARKERS,
  SEQUENCER_OUTPUT_PATH_0,
  SEQUENCER_OUTPUT_PATH_1,
  SEQUENCER_SETTING_CORRECTION_PHASE,
} from '../../protocol/guest/generated/constants';
import {
  FREQUENCY,
  indexOf,
  LATCHED_GAIN,
  LATCHED_MARKER,
  QUEUE_MAX,
  RELATIVE_PHASE,
  ROW_SIZE,
  SHOWN,
  SHOWN_COUNT,
  setFlag,
  settingOf,
  TIME,
  WAVES,
} from './core';
import { corrected, hasCross } from './correction';
import { grownAt } from './drift';
import { NEVER, SAMPLES_MAX, SAMPLES_SIZE, WAVEFORMS, WEIGHTS } from './layout';
import { TURN } from './phase';
import { couldLeave, leftRange } from './range';

const ENTRIES: u32 = 64;
const ENTRY_SIZE: u32 = 48;
export const NO_WAVES: u32 = 0xffffffff;

function entryAt(core: usize, number: u32): usize {
  assert((ENTRIES & (ENTRIES - 1)) == 0, 'the ring goes on where the numbers wrap');
  return core + SHOWN + (number % ENTRIES) * ENTRY_SIZE;
}

/** What was latched is at the outputs from `time` on; `waves` start, or NO_WAVES: what plays goes on. */
export function show(core: usize, time: i64, waves: u32): void {
  const count = load<u32>(core, SHOWN_COUNT);
  const entry = entryAt(core, count);
  assert(QUEUE_MAX < ENTRIES, 'a queue is shorter than the ring, so the commit in force is always there');
  const before = entryAt(core, count - 1);
  store<i64>(entry, time);
  // Two words at a time, where both stand side by side in the core as in the entry: gains and offsets; frequency and phases.
  store<u64>(entry, load<u64>(core, LATCHED_GAIN), 8);
  store<u32>(entry, load<u32>(core, LATCHED_MARKER), 16);
  const goOn = waves == NO_WAVES && count != 0;
  store<u32>(entry, goOn ? load<u32>(before, 20) : waves, 20);
  store<i64>(entry, goOn ? load<i64>(before, 24) : time, 24);
  store<u64>(entry, load<u64>(core, FREQUENCY), 32);
  store<u64>(entry, load<u64>(core, RELATIVE_PHASE), 40);
  store<u32>(core, count + 1, SHOWN_COUNT);
  if (count != 0 && couldLeave(load<u32>(before, 8), load<u32>(before, 12))) judgeRange(core, before, time);
}

/** The sequencer ends: its last commit stays in force. */
export function judgeLastCommit(core: usize): void {
  const count = load<u32>(core, SHOWN_COUNT);
  assert(count == 0 || load<i64>(entryAt(core, count - 1)) < NEVER, 'what was committed has come into force');
  if (count != 0) judgeRange(core, entryAt(core, count - 1), NEVER);
}

/** Flags the core when a commit that was in force until `time` made an output leave its range. */
function judgeRange(core: usize, entry: usize, time: i64): void {
  const waves = load<u32>(entry, 20);
  if (waves == NO_WAVES) return;
  const start = load<i64>(entry, 24);
  const from = load<i64>(entry) - start;
  const to = time - start;
  assert(from >= 0 && to >= from, 'what plays has begun by then');
  const first = leftRange(core, waves & 0xffff, from, to, load<i16>(entry, 8), load<i16>(entry, 12));
  if (first || leftRange(core, waves >> 16, from, to, load<i16>(entry, 10), load<i16>(entry, 14)))
    setFlag(core, SEQUENCER_FLAG_OUTPUT_OVERFLOW);
}

/** The last commit was made before now, and what it committed is what the core has. */
export function checkShown(core: usize): void {
  const count = load<u32>(core, SHOWN_COUNT);
  if (count == 0) return;
  const last = entryAt(core, count - 1);
  assert(load<i64>(last) <= load<i64>(core, TIME), 'times in the ring never fall');
  assert(load<i64>(last, 24) <= load<i64>(last), 'what plays has begun by then');
  assert(load<u32>(last, 32) == load<u32>(core, FREQUENCY), 'the oscillator changes with a commit, and only then');
}

/** SEQUENCER_OUTPUT_* of a core at `time`, which is not before its last standstill; 0 before the first commit. */
export function outputAt(core: usize, which: u32, time: i64): u32 {
  const count = load<u32>(core, SHOWN_COUNT);
  const oldest: u32 = count > ENTRIES ? count - ENTRIES : 0;
  let number = count;
  while (number > oldest && load<i64>(entryAt(core, number - 1)) > time) number--;
  if (number == oldest) return 0;
  const entry = entryAt(core, number - 1);
  assert(number - 1 >= oldest && load<i64>(entry) <= time, 'the last commit that is in force');
  assert(number == count || load<i64>(entryAt(core, number)) > time, 'the next one comes later');
  if (which == SEQUENCER_OUTPUT_PATH_0) return <u32>shown(core, entry, 0, time);
  if (which == SEQUENCER_OUTPUT_PATH_1) return <u32>shown(core, entry, 1, time);
  if (which == SEQUENCER_OUTPUT_MARKERS) return load<u32>(entry, 16);
  const frequency = load<i32>(entry, 32);
  if (which == SEQUENCER_OUTPUT_FREQUENCY) return frequency;
  const phases = <i64>load<u32>(entry, 36) + <i64>load<u32>(entry, 40) + <i64>load<u32>(entry, 44);
  const phase = phases + <i64>settingOf(core, SEQUENCER_SETTING_CORRECTION_PHASE) + grownAt(frequency, time);
  assert(phase >= 0 && phase < 5 * <i64>TURN, 'each of five phases is less than a turn');
  return <u32>(phase % <i64>TURN);
}

/** The sample of a path, corrected and limited to what its converter has. */
function shown(core: usize, entry: usize, path: u32, time: i64): i32 {
  assert(path <= 1, 'one of two paths');
  const other = path == 0 && hasCross(core) ? sample(core, entry, 1, time) : 0;
  assert(load<u32>(core, SHOWN_COUNT) != 0, 'something was committed');
  const value = corrected(core, path, sample(core, entry, path, time), other);
  return max<i32>(<i32>i16.MIN_VALUE, min<i32>(value, <i32>i16.MAX_VALUE));
}

function sample(core: usize, entry: usize, path: u32, time: i64): i32 {
  assert(path <= 1, 'one of two paths');
  const gain = <i32>load<i16>(entry + (path << 1), 8);
  const offset = <i32>load<i16>(entry + (path << 1), 12);
  const waves = load<u32>(entry, 20);
  let value = offset;
  if (waves != NO_WAVES) {
    const row = core + WAVES + (path == 0 ? waves & 0xffff : waves >> 16) * ROW_SIZE;
    const into = time - load<i64>(entry, 24);
    if (into < <i64>load<u32>(row, 4)) {
      assert(into >= 0 && load<u32>(row) + <u32>into < SAMPLES_MAX, 'a sample that was loaded');
      const samples = WAVEFORMS + indexOf(core) * SAMPLES_SIZE;
      assert(samples + SAMPLES_SIZE <= WEIGHTS, 'samples of waveforms');
      value += (gain * load<i32>(samples + ((load<u32>(row) + <u32>into) << 2))) >> 15;
    }
  }
  return max<i32>(<i32>i16.MIN_VALUE, min<i32>(value, <i32>i16.MAX_VALUE));
}
