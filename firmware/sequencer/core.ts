// One sequencer in memory: registers of its classic core, then the state of both cores, then its tables.
//
//   0x0000  R0 ... R63, u32 each; the classic core addresses them from here
//   0x0100  state, below
//   0x0400  QUEUE        times of the last 48 real-time instructions, i64: the queue between the cores
//   0x0600  COUNTERS     15 trigger counters, u32; 0x0640 their thresholds; 0x0680 their inversions
//   0x0700  BINNING      times of acquisitions waiting to be binned, i64
//   0x1000  RESPONSES    1024 of {path 0 i16, path 1 i16}
//   0x2000  WAVES        1024 rows {first sample u32, samples u32}
//   0x4000  WEIGHT_ROWS  32 rows {first u32, samples u32, sum of the samples i64}
//   0x4200  ACQUISITIONS 32 rows {first bin u32, bins u32}
//   0x4400  SHOWN        the last commits    outputs.ts
//
// Times are i64 nanoseconds since the release of the sequencers. What must stay true: a real-time instruction enters the queue when the
// one QUEUE_DEPTH before it has been executed; until then the classic core stands still.

import { SEQUENCER_STATE_STOPPED } from '../../protocol/guest/generated/constants';
import { Q1_REGISTER_COUNT } from '../../protocol/guest/generated/instructions';
import { coreAt } from './layout';

export const CORE_INDEX: usize = 0x100;
/** SEQUENCER_STATE_*, u32. */
export const STATE: usize = 0x104;
/** SEQUENCER_FLAG_*, u32. */
export const FLAGS: usize = 0x108;
/** Why it came to rest in this run: REST_*, u32. */
export const REST: usize = 0x10c;
/** Address in memory of the next instruction, and of the end of the program, u32. */
export const NEXT: usize = 0x110;
export const END: usize = 0x114;
/** Classic core: its time, i64. */
export const CLASSIC_TIME: usize = 0x118;
/** Real-time core: time of its next instruction, i64; CLOCK_STARTED u32 says whether its clock runs. */
export const TIME: usize = 0x120;
export const CLOCK_STARTED: usize = 0x128;
/** Slot of the queue the next real-time instruction takes, u32, and its depth, u32. */
export const QUEUE_SLOT: usize = 0x12c;
export const QUEUE_DEPTH: usize = 0x130;
/** Slack of the instruction being executed, i32. */
export const SLACK: usize = 0x134;
/** Instructions its classic core has executed, u64. */
export const EXECUTED_HERE: usize = 0x138;
/** WAIT_*, u32, and when the wait began or ended, i64. */
export const WAIT: usize = 0x140;
export const WAIT_TIME: usize = 0x148;
/** Triggers of the network taken into account so far, u32. */
export const CURSOR: usize = 0x150;
export const LATCH_ENABLED: usize = 0x154;
/** set_cond: enable u32, mask u32, operator u32, ns of a skipped instruction u32. */
export const CONDITION: usize = 0x158;
export const CONDITION_MASK: usize = 0x15c;
export const CONDITION_OPERATOR: usize = 0x160;
export const CONDITION_ELSE: usize = 0x164;
/** Latched and committed outputs: marker u32, gains i16 i16, offsets i16 i16. */
export const LATCHED_MARKER: usize = 0x168;
export const LATCHED_GAIN: usize = 0x16c;
export const LATCHED_OFFSET: usize = 0x170;
/** Latched for the oscillator: which of NCO_*, u32, and the values. */
export const LATCHED_NCO: usize = 0x174;
export const LATCHED_FREQUENCY: usize = 0x178;
export const LATCHED_PHASE: usize = 0x17c;
export const LATCHED_DELTA: usize = 0x180;
/** The oscillator: frequency i32; phase offset, relative and accumulated phase, u32 in 1/4e9 turn. */
export const FREQUENCY: usize = 0x184;
export const PHASE_OFFSET: usize = 0x188;
export const RELATIVE_PHASE: usize = 0x18c;
export const ACCUMULATED_PHASE: usize = 0x190;
/** Acquisitions so far that took a response, u32. */
export const RESPONSE_NEXT: usize = 0x194;
/** A TTL window: open u32, acquisition u32, bin u32, since i64. */
export const TTL_OPEN: usize = 0x198;
export const TTL_ACQUISITION: usize = 0x19c;
export const TTL_BIN: usize = 0x1a0;
export const TTL_SINCE: usize = 0x1a8;
/** Times it was released from wait_sync, u32. */
export const SYNCED: usize = 0x1b4;
/** Binning: entries waiting u32, when it is free again i64, how long one takes u32. */
export const BINNING_COUNT: usize = 0x1b0;
export const BINNING_FREE: usize = 0x1b8;
export const BINNING_INTERVAL: usize = 0x1c0;
/** Least slack i32. */
export const LEAST_SLACK: usize = 0x1c4;
/** What stop gave as exit code, i32. */
export const EXIT_CODE: usize = 0x1cc;
/** Instruction that underflowed or was illegal: its index u32, 0xffff when none; when it was executed or due, i64. */
export const FAULT_INDEX: usize = 0x1c8;
export const FAULT_TIME: usize = 0x1d0;
/** Where its grid of the trigger network begins: its last wait_sync, i64. */
export const GRID_ORIGIN: usize = 0x1d8;
/** Commits so far, u32. */
export const SHOWN_COUNT: usize = 0x1e0;
/** Flags of the last calculation of the second set, u32 (alu.ts). */
export const ALU_FLAGS: usize = 0x1e4;
/** When the last acquisition window closes, i64. */
export const WINDOW_END: usize = 0x1e8;
/** Windows that were open while the gain of their converter line changed, u32. */
export const GAIN_STEPS: usize = 0x1f0;
/** Acquisitions the sequence declares, u32; what stands before it is cleared when the core is armed. */
export const ACQUISITION_COUNT: usize = 0x1f4;
/** Settings by number, u32 each; those with an index have places of their own. */
export const SETTINGS: usize = 0x200;
export const SETTINGS_WITHOUT_INDEX: u32 = 24;
export const SETTING_GAIN: usize = 0x280;
export const SETTING_OFFSET: usize = 0x284;
/** Of both paths, i32 each. */
export const SETTING_CORRECTION_GAIN: usize = 0x288;
export const SETTING_CORRECTION_OFFSET: usize = 0x290;

export const QUEUE: usize = 0x400;
/** Shorter than the ring of commits. */
export const QUEUE_MAX: u32 = 48;
export const COUNTERS: usize = 0x600;
export const THRESHOLDS: usize = 0x640;
export const INVERSIONS: usize = 0x680;
export const BINNING: usize = 0x700;
export const BINNING_MAX: u32 = 16;
export const RESPONSES: usize = 0x1000;
export const WAVES: usize = 0x2000;
export const WEIGHT_ROWS: usize = 0x4000;
export const WEIGHT_ROW_SIZE: u32 = 16;
export const ACQUISITIONS: usize = 0x4200;
export const ROW_SIZE: u32 = 8;
export const SHOWN: usize = 0x4400;

// Why a core came to rest.
export const REST_NONE: u32 = 0;
/** Its classic core reached the time the run goes to. */
export const REST_UNTIL: u32 = 1;
/** What it needs to know of the other cores is not known yet. */
export const REST_HORIZON: u32 = 2;
/** It waits in wait_sync, or for a trigger. */
export const REST_SYNC: u32 = 3;
export const REST_TRIGGER: u32 = 4;
/** It is far enough ahead of the others. */
export const REST_WINDOW: u32 = 5;
/** The record buffer is full, or the instructions of this run are used up. */
export const REST_RECORDS: u32 = 6;
export const REST_BUDGET: u32 = 7;
export const REST_STOPPED: u32 = 8;
/** Its acquisition waits for the sums of its window. */
export const REST_INPUT: u32 = 9;

export const WAIT_NONE: u32 = 0;
export const WAIT_SYNC: u32 = 1;
/** All have arrived; WAIT_TIME is when. */
export const WAIT_SYNC_OVER: u32 = 2;
export const WAIT_TRIGGER: u32 = 3;

// What is latched for the oscillator.
export const NCO_RESET: u32 = 1;
export const NCO_FREQUENCY: u32 = 2;
export const NCO_PHASE: u32 = 4;
export const NCO_DELTA: u32 = 8;

export function setFlag(core: usize, flag: u32): void {
  assert(flag != 0 && (flag & (flag - 1)) == 0, 'one flag at a time');
  store<u32>(core, load<u32>(core, FLAGS) | flag, FLAGS);
}

/** The number of a core. */
export function indexOf(core: usize): u32 {
  const index = load<u32>(core, CORE_INDEX);
  assert(coreAt(index) == core, 'a core knows its place');
  return index;
}

/** What a register of the classic core holds. */
export function registerOf(core: usize, number: u32): u32 {
  assert(number < Q1_REGISTER_COUNT, 'a register that the load of the sequence has judged');
  return load<u32>(core + (number << 2));
}

/** A setting without an index. */
export function settingOf(core: usize, setting: u32): u32 {
  assert(setting < SETTINGS_WITHOUT_INDEX, 'a setting that stands among the others');
  return load<u32>(core + (setting << 2), SETTINGS);
}

export function isRunning(core: usize, running: u32): bool {
  assert(running <= SEQUENCER_STATE_STOPPED, 'a state of the table');
  return load<u32>(core, STATE) == running;
}

/** A bound below the time of the core's next real-time instruction: one that comes after its time is an underflow, and never executed. */
export function earliestExecution(core: usize): i64 {
  return max(load<i64>(core, TIME), load<i64>(core, CLASSIC_TIME));
}
