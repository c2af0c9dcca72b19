// Where everything is in the memory of the sequencer module. It has a memory of its own, beside the management core's: 272 pages.
//
//   0x000000  tables the compiler placed
//   0x010000  GLOBALS      the run, trigger network, requests under way
//   0x014000  EXTREMES     six of 0x2000: the extremes of 1024 waveforms                range.ts
//   0x020000  DELIVERED    triggers sent, 4096 of 16 bytes: {received i64, address u32, 0}
//   0x030000  CORES        six of 0x5000: registers, state, responses, tables    core.ts
//   0x04ffa0  PROGRAMS     six of 16384 instructions of 16 bytes, and an illegal one behind them
//   0x1d0000  WAVEFORMS    six of 16384 samples, i32
//   0x230000  WEIGHTS      likewise
//   0x290000  RECORDS      16384 of 32 bytes; the host drains them
//   0x310000  STAGING      a sequence on its way in
//   0x380000  BINS         589824 of 24 bytes, one pool for all: {sum 0 i64, sum 1 i64, count u32, over the threshold u32}
//   0x1100000
//
// Layouts are read by offset here, and not through overlays: arrays stand between the words of a core, start.ts clears words by range, figures.ts
// gives out halves of times, and the classic core adds a register's number to the address of its core. An overlay would name gaps that are not read.
// What must stay true: all state is here, in no global, so a copy of the memory is the state. The bins stand last, because those
// nobody uses hold nothing and need not be copied. What GLOBALS holds:

export const CORE_COUNT: u32 = 6;
export const GLOBALS: usize = 0x01_0000;
export const DELIVERED: usize = 0x02_0000;
export const DELIVERED_MAX: u32 = 4096;
export const CORES: usize = 0x03_0000;
export const CORE_SIZE: u32 = 0x5000;
export const PROGRAMS: usize = 0x04_ffa0;
export const PROGRAM_SIZE: u32 = 0x4_0010;
export const INSTRUCTIONS_MAX: u32 = 16384;
export const WAVEFORMS: usize = 0x1d_0000;
export const WEIGHTS: usize = 0x23_0000;
export const SAMPLES_SIZE: u32 = 0x1_0000;
export const SAMPLES_MAX: u32 = 16384;
export const RECORDS: usize = 0x29_0000;
export const RECORDS_MAX: u32 = 16384;
export const STAGING: usize = 0x31_0000;
export const STAGING_SIZE: u32 = 0x7_0000;
export const BINS: usize = 0x38_0000;
export const BIN_SIZE: u32 = 24;
/** Of all sequencers together, and of one: the limits of a readout module (protocol/q1/profiles.ts). */
export const BINS_MAX: u32 = 589824;
export const BINS_OF_CORE_MAX: u32 = 131072;

/** Records not drained yet, u32. */
export const RECORD_COUNT: usize = GLOBALS;
/** Bit n: records of kind n are wanted, u32. */
export const RECORD_MASK: usize = GLOBALS + 4;
/** Bit n: core n sends triggers and has started, u32. */
export const SENDERS: usize = GLOBALS + 8;
/** Bins given to acquisitions, u32. */
export const BINS_USED: usize = GLOBALS + 12;
/** When the network is free again, i64. */
export const NETWORK_FREE: usize = GLOBALS + 24;
/** Whose trigger it carried last, u32. */
export const NETWORK_OWNER: usize = GLOBALS + 32;
/** Requests waiting for the network, u32, and their list in the order of time: {time i64, send i64, core u32, address u32}. */
export const REQUEST_COUNT: usize = GLOBALS + 36;
export const REQUESTS: usize = GLOBALS + 0x100;
/** Of one core, and of those not yet due: one more than that is missed. */
export const REQUESTS_OF_CORE: u32 = 42;
export const REQUESTS_WAITING: u32 = 20;
export const REQUEST_SIZE: u32 = 24;
/** Triggers delivered since the reset, u32. */
export const DELIVERED_COUNT: usize = GLOBALS + 40;
/** Cores that wait in wait_sync, and synchronised cores they wait for, as of the last run; bits, u32. */
export const WAITING_SYNC: usize = GLOBALS + 44;
export const MISSING_SYNC: usize = GLOBALS + 48;
/** Cores that wait for a trigger, as of the last run; bits, u32. */
export const WAITING_TRIGGER: usize = GLOBALS + 52;
/** Time up to which the classic cores may run, i64. */
export const UNTIL: usize = GLOBALS + 56;
/** Time beyond which a real-time core may not get ahead of the others, i64. */
export const WINDOW: usize = GLOBALS + 64;
/** Classic instructions executed, by all cores, u64. */
export const EXECUTED: usize = GLOBALS + 72;
/** Real-time instructions executed, by all cores, modulo 2^32, u32. */
export const PLAYED: usize = GLOBALS + 84;
/** The window that waits for its sums from the converter: SEQUENCER_INPUT_*. */
export const INPUT_WINDOW: usize = GLOBALS + 96;
/** Drift of the clock at DRIFT_SINCE, i64 in ns, and its billionths of a nanosecond, i32; since DRIFT_SINCE, i64, it grows by DRIFT_PPB, i32. */
export const DRIFT_WHOLE: usize = GLOBALS + 160;
export const DRIFT_SINCE: usize = GLOBALS + 168;
export const DRIFT_PART: usize = GLOBALS + 176;
export const DRIFT_PPB: usize = GLOBALS + 180;
/** What the sums of each converter line are multiplied by, less one, u32 in 1/65536. */
export const INPUT_GAINS: usize = GLOBALS + 184;
/** When each line has settled after its gain was changed last, i64. */
export const INPUT_SETTLED: usize = GLOBALS + 192;
/** Where the load of a sequence failed: the instruction or table row, u32. */
export const LOAD_PLACE: usize = GLOBALS + 80;

/** Least and largest sample of each waveform, behind the requests: range.ts. */
export const EXTREMES: usize = 0x01_4000;

export const NEVER: i64 = i64.MAX_VALUE;

export function coreAt(index: u32): usize {
  assert(index < CORE_COUNT, 'there are six cores');
  return CORES + index * CORE_SIZE;
}
