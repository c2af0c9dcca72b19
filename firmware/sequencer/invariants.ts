// What must hold of a sequencer between two of its instructions, and of the tables that its instructions go by.
//
// Instructions rely on all of this and do not check it each time: they run millions of times a second. It is checked once
// before a core goes on; the tables once at the reset. What must stay true: nothing here changes anything, and no program can make an
// assertion fail. A value that a program chooses is judged where it is used.

import {
  Q1_WORD_SIZE,
  SEQUENCER_INPUT_SIZE,
  SEQUENCER_SETTING_RESPONSE_COUNT,
  TRIGGER_ADDRESSES,
} from '../../protocol/guest/generated/constants';
import {
  Q1_COST_ROWS,
  Q1_FLAG_DURATION_A,
  Q1_FLAG_DURATION_B,
  Q1_FLAG_LEGAL,
  Q1_FLAG_REAL_TIME,
  Q1_JUMP_TAKEN_STEPS,
  Q1_OP_SET_MRK_I,
  Q1_OPCODE_COUNT,
  Q1_OPCODE_ROW_SIZE,
  Q1_OPCODE_ROWS,
  Q1_REAL_TIME_OPCODE,
  Q1_REGISTER_COUNT,
  Q1_SECOND_SET_OPCODE,
} from '../../protocol/guest/generated/instructions';
import { CF, NF, OF, ZF } from './alu';
import { COST_MODELS } from './configure';
import {
  ACCUMULATED_PHASE,
  ACQUISITIONS,
  ALU_FLAGS,
  BINNING,
  BINNING_COUNT,
  BINNING_INTERVAL,
  BINNING_MAX,
  CLOCK_STARTED,
  CONDITION_ELSE,
  CONDITION_MASK,
  COUNTERS,
  CURSOR,
  FLAGS,
  INVERSIONS,
  LATCH_ENABLED,
  LATCHED_MARKER,
  LATCHED_NCO,
  NCO_DELTA,
  NCO_FREQUENCY,
  NCO_PHASE,
  NCO_RESET,
  PHASE_OFFSET,
  QUEUE,
  QUEUE_DEPTH,
  QUEUE_MAX,
  QUEUE_SLOT,
  RELATIVE_PHASE,
  RESPONSE_NEXT,
  RESPONSES,
  REST,
  REST_INPUT,
  SETTINGS,
  SHOWN,
  settingOf,
  THRESHOLDS,
  TIME,
  TTL_OPEN,
  TTL_SINCE,
  WAIT,
  WAIT_SYNC_OVER,
  WAIT_TIME,
  WAIT_TRIGGER,
  WAVES,
  WEIGHT_ROWS,
} from './core';
import { STEPS_MOST } from './first-set';
import {
  BIN_SIZE,
  BINS,
  BINS_MAX,
  CORE_COUNT,
  CORE_SIZE,
  CORES,
  DELIVERED,
  DELIVERED_COUNT,
  DELIVERED_MAX,
  EXTREMES,
  GLOBALS,
  INPUT_WINDOW,
  INSTRUCTIONS_MAX,
  PROGRAM_SIZE,
  PROGRAMS,
  RECORDS,
  REQUEST_SIZE,
  REQUESTS,
  REQUESTS_OF_CORE,
  REQUESTS_WAITING,
  SAMPLES_SIZE,
  STAGING,
  STAGING_SIZE,
  WAVEFORMS,
  WEIGHTS,
} from './layout';
import { checkShown } from './outputs';
import { TURN } from './phase';

const MARKERS: u32 = 15;
const LATCHED_ANYTHING: u32 = NCO_RESET | NCO_FREQUENCY | NCO_PHASE | NCO_DELTA;
const ELSE_MOST: u32 = 0xffff;
/** Offsets in the row of an opcode (protocol/generate/guest-instructions.ts). */
const ROW_B_SPAN: usize = 20;
const ROW_REGISTERS: usize = 26;
const B_IS_REGISTER: u32 = 2;
const PAGE: u32 = 0x1_0000;

/** The places of the layout follow one another, and each thing fits its place: once, at the reset. */
export function checkLayout(): void {
  assert(__heap_base <= GLOBALS, 'the tables of the compiler end before the layout begins');
  assert(INPUT_WINDOW + SEQUENCER_INPUT_SIZE <= REQUESTS, 'a window that waits ends before the requests');
  assert(REQUESTS + CORE_COUNT * REQUESTS_OF_CORE * REQUEST_SIZE <= EXTREMES, 'every request of every core fits');
  assert(REQUESTS_WAITING <= REQUESTS_OF_CORE, 'requests that wait are some of a core');
  assert(DELIVERED + DELIVERED_MAX * 16 <= CORES, 'triggers end before the cores');
  assert(CORES + CORE_COUNT * CORE_SIZE <= PROGRAMS, 'cores end before the programs');
  assert(
    (INSTRUCTIONS_MAX + 1) * Q1_WORD_SIZE == PROGRAM_SIZE,
    'a program has room for its instructions, and one more',
  );
  assert(PROGRAMS + CORE_COUNT * PROGRAM_SIZE <= WAVEFORMS, 'programs end before the waveforms');
  assert(WAVEFORMS + CORE_COUNT * SAMPLES_SIZE <= WEIGHTS, 'waveforms end before the weights');
  assert(WEIGHTS + CORE_COUNT * SAMPLES_SIZE <= RECORDS, 'weights end before the records');
  assert(STAGING + STAGING_SIZE <= BINS, 'a sequence on its way in ends before the bins');
  assert(BINS + <usize>BINS_MAX * BIN_SIZE <= <usize>memory.size() * PAGE, 'all bins are in memory');
}

/** The parts of a core follow one another: once, at the reset. */
export function checkCoreLayout(): void {
  assert((<usize>Q1_REGISTER_COUNT) << 2 <= FLAGS, 'registers end before the state');
  assert(WAIT_TIME < SETTINGS && SETTINGS < QUEUE, 'the state ends before the settings, and these before the queue');
  assert(QUEUE + (QUEUE_MAX << 3) <= COUNTERS, 'the queue ends before the counters');
  assert(COUNTERS + (TRIGGER_ADDRESSES << 2) <= THRESHOLDS, 'counters end before their thresholds');
  assert(THRESHOLDS + (TRIGGER_ADDRESSES << 2) <= INVERSIONS, 'thresholds end before the inversions');
  assert(INVERSIONS + (TRIGGER_ADDRESSES << 2) <= BINNING, 'inversions end before what waits to be binned');
  assert(BINNING + (BINNING_MAX << 3) <= RESPONSES, 'what waits to be binned ends before the responses');
  assert(RESPONSES < WAVES && WAVES < WEIGHT_ROWS, 'tables of the program stand behind the responses');
  assert(ACQUISITIONS < SHOWN && SHOWN < CORE_SIZE, 'the last commits stand at the end');
}

/** What the instructions read in the rows of their opcodes: once, at the reset. */
export function checkOpcodes(): void {
  for (let opcode: u32 = 0; opcode < Q1_OPCODE_COUNT; opcode++) {
    const row = Q1_OPCODE_ROWS + opcode * Q1_OPCODE_ROW_SIZE;
    const flags: u32 = load<u8>(row, 1);
    const durations = flags & (Q1_FLAG_DURATION_A | Q1_FLAG_DURATION_B);
    if ((flags & Q1_FLAG_LEGAL) == 0) continue;
    const isRealTime = (flags & Q1_FLAG_REAL_TIME) != 0;
    const isSecond = opcode >= Q1_SECOND_SET_OPCODE;
    assert(isRealTime == (opcode >= Q1_REAL_TIME_OPCODE && !isSecond), 'an opcode says to which core it belongs');
    assert(
      (isRealTime || isSecond) == (load<u8>(row, 3) != 0),
      'what is not switched on by opcode has something to do',
    );
    assert(durations != (Q1_FLAG_DURATION_A | Q1_FLAG_DURATION_B), 'a duration is in one field');
    assert(<u32>load<u8>(row, 2) < Q1_REGISTER_COUNT, 'field x names a register, or less');
    assert(load<u8>(Q1_COST_ROWS + opcode) != 0, 'every instruction takes time, so every program comes to its bound');
    if (opcode < Q1_OP_SET_MRK_I) checkFirstSet(opcode, row);
  }
}

/** What the loop of the first set takes for granted of an opcode. */
function checkFirstSet(opcode: u32, row: usize): void {
  const registers: u32 = load<u8>(row, ROW_REGISTERS);
  const isOdd = (opcode & 1) != 0;
  assert(!isOdd || (registers & B_IS_REGISTER) == 0, 'an odd opcode has a number in b, or nothing');
  assert(
    isOdd || (registers & B_IS_REGISTER) != 0 || load<u32>(row, ROW_B_SPAN) == 0,
    'an even one a register, or nothing',
  );
  for (let model: u32 = 0; model < COST_MODELS; model++) {
    const steps: u32 = load<u8>(Q1_COST_ROWS + model * Q1_OPCODE_COUNT + opcode);
    assert(steps != 0, 'an instruction takes a step at least, by every row of costs');
    assert(steps + Q1_JUMP_TAKEN_STEPS <= STEPS_MOST, 'and no more than the slowest is said to take');
  }
}

/** What the next instruction of a core that runs relies on. */
export function checkCore(core: usize): void {
  assert(load<u32>(core, REST) <= REST_INPUT, 'a core comes to rest for a reason of the list');
  assert(load<u32>(core, ALU_FLAGS) <= (ZF | NF | CF | OF), 'four flags');
  checkQueue(core);
  checkShown(core);
  checkLatched(core);
  checkNetworkPlace(core);
  checkAcquisitions(core);
}

function checkQueue(core: usize): void {
  const depth = load<u32>(core, QUEUE_DEPTH);
  const slot = load<u32>(core, QUEUE_SLOT);
  assert(depth != 0 && depth <= QUEUE_MAX, 'a queue has places, and no more than there is room for');
  assert(slot < depth, 'the next place is one of the queue');
  assert(load<u32>(core, CLOCK_STARTED) <= 1, 'the clock of the real-time core runs or does not');
  const last = slot == 0 ? depth - 1 : slot - 1;
  assert(load<i64>(core + (last << 3), QUEUE) <= load<i64>(core, TIME), 'time of the real-time core never goes back');
}

function checkLatched(core: usize): void {
  assert(load<u32>(core, CONDITION_MASK) >> TRIGGER_ADDRESSES == 0, 'a condition is one over triggers that there are');
  assert(load<u32>(core, CONDITION_ELSE) <= ELSE_MOST, 'what a skipped instruction takes is a duration');
  assert(load<u32>(core, LATCHED_MARKER) <= MARKERS, 'a bit for each marker');
  assert(load<u32>(core, LATCHED_NCO) <= LATCHED_ANYTHING, 'what is latched is something that can be latched');
  assert(<u64>load<u32>(core, PHASE_OFFSET) < TURN, 'a phase is less than a turn');
  assert(<u64>load<u32>(core, RELATIVE_PHASE) < TURN, 'the relative phase is less than a turn');
  assert(<u64>load<u32>(core, ACCUMULATED_PHASE) < TURN, 'the accumulated phase is less than a turn');
}

function checkNetworkPlace(core: usize): void {
  const wait = load<u32>(core, WAIT);
  assert(wait <= WAIT_TRIGGER, 'a core waits for something of the list');
  assert(
    wait != WAIT_SYNC_OVER || load<i64>(core, WAIT_TIME) >= load<i64>(core, TIME),
    'nobody goes on before it came',
  );
  assert(load<u32>(core, LATCH_ENABLED) <= 1, 'triggers are counted or not');
  const behind = load<u32>(DELIVERED_COUNT) - load<u32>(core, CURSOR);
  assert(behind <= DELIVERED_MAX, 'no trigger is overwritten before every core has taken it');
}

function checkAcquisitions(core: usize): void {
  const next = load<u32>(core, RESPONSE_NEXT);
  assert(
    next == 0 || next < settingOf(core, SEQUENCER_SETTING_RESPONSE_COUNT),
    'the next response is one that was given',
  );
  const isOpen = load<u32>(core, TTL_OPEN);
  assert(isOpen <= 1, 'a window is open or closed');
  assert(
    isOpen == 0 || load<i64>(core, TTL_SINCE) <= load<i64>(core, TIME),
    'a window is open since a time that has passed',
  );
  assert(load<u32>(core, BINNING_COUNT) < BINNING_MAX, 'no more acquisitions wait than there is room for');
  assert(load<u32>(core, BINNING_INTERVAL) != 0, 'binning takes its time');
}
