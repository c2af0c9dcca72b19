// A sequence out of the staging area into a core: judged whole, then taken whole (protocol/q1/sequence.ts has its layout).
//
//   header -> sizes fit -> CRC fits -> every instruction is in the limits of its opcode -> every table row lies in its samples -> bins -> copy
//
// What must stay true: a sequence that is refused changes nothing, and one that is taken needs no look at its registers again.

import { crc32 } from '../../protocol/guest/crc32';
import {
  Q1_SEQUENCE_ACQUISITIONS,
  Q1_SEQUENCE_HEADER_SIZE,
  Q1_SEQUENCE_INSTRUCTIONS,
  Q1_SEQUENCE_LENGTH,
  Q1_SEQUENCE_MAGIC,
  Q1_SEQUENCE_MAGIC_VALUE,
  Q1_SEQUENCE_ROW_SIZE,
  Q1_SEQUENCE_VERSION,
  Q1_SEQUENCE_VERSION_VALUE,
  Q1_SEQUENCE_WAVEFORM_SAMPLES,
  Q1_SEQUENCE_WAVEFORMS,
  Q1_SEQUENCE_WEIGHT_SAMPLES,
  Q1_SEQUENCE_WEIGHTS,
  Q1_WORD_A,
  Q1_WORD_B,
  Q1_WORD_C,
  Q1_WORD_DURATION,
  Q1_WORD_SIZE,
  Q1_WORD_X,
  SEQUENCER_LOAD_BINS,
  SEQUENCER_LOAD_CRC,
  SEQUENCER_LOAD_GOOD,
  SEQUENCER_LOAD_HEADER,
  SEQUENCER_LOAD_INSTRUCTION,
  SEQUENCER_LOAD_MIXED,
  SEQUENCER_LOAD_ROW,
  SEQUENCER_LOAD_RUNNING,
  SEQUENCER_LOAD_SIZE,
  SEQUENCER_STATE_IDLE,
  SEQUENCER_STATE_Q1_STOPPED,
  SEQUENCER_STATE_RUNNING,
} from '../../protocol/guest/generated/constants';
import {
  Q1_FLAG_FIRST_SET,
  Q1_FLAG_LEGAL,
  Q1_FLAG_SECOND_SET,
  Q1_OPCODE_COUNT,
  Q1_OPCODE_ROW_SIZE,
  Q1_OPCODE_ROWS,
} from '../../protocol/guest/generated/instructions';
import { takeBins } from './bins';
import { ACQUISITION_COUNT, END, indexOf, ROW_SIZE, STATE, WAVES, WEIGHT_ROW_SIZE, WEIGHT_ROWS } from './core';
import {
  coreAt,
  INSTRUCTIONS_MAX,
  LOAD_PLACE,
  PROGRAM_SIZE,
  PROGRAMS,
  RECORDS,
  SAMPLES_MAX,
  SAMPLES_SIZE,
  STAGING,
  STAGING_SIZE,
  WAVEFORMS,
  WEIGHTS,
} from './layout';
import { measureWaves } from './range';

const WAVES_MAX: u32 = 1024;
const WEIGHTS_MAX: u32 = 32;
const ACQUISITIONS_MAX: u32 = 32;
const BOTH_SETS: u32 = Q1_FLAG_FIRST_SET | Q1_FLAG_SECOND_SET;

function count(field: u32): u32 {
  assert(field < Q1_SEQUENCE_HEADER_SIZE, 'a field of the header');
  assert((field & 3) == 0, 'a field is a word');
  return load<u32>(STAGING + field);
}

/** Loads `length` staged bytes into a core; SEQUENCER_LOAD_*, and LOAD_PLACE says which instruction or row it was. */
export function loadStaged(index: u32, length: u32, crc: u32): u32 {
  const core = coreAt(index);
  const state = load<u32>(core, STATE);
  store<u32>(LOAD_PLACE, 0);
  if (state == SEQUENCER_STATE_RUNNING || state == SEQUENCER_STATE_Q1_STOPPED) return SEQUENCER_LOAD_RUNNING;
  const refusal = judge(length, crc);
  if (refusal != SEQUENCER_LOAD_GOOD) return refusal;
  const waveRows = STAGING + Q1_SEQUENCE_HEADER_SIZE + count(Q1_SEQUENCE_INSTRUCTIONS) * Q1_WORD_SIZE;
  const weightRows = waveRows + count(Q1_SEQUENCE_WAVEFORMS) * Q1_SEQUENCE_ROW_SIZE;
  const acquisitionRows = weightRows + count(Q1_SEQUENCE_WEIGHTS) * Q1_SEQUENCE_ROW_SIZE;
  const samples = acquisitionRows + (count(Q1_SEQUENCE_ACQUISITIONS) << 2);
  assert(samples <= STAGING + length, 'the tables lie in the sequence');
  if (!rowsLieIn(waveRows, count(Q1_SEQUENCE_WAVEFORMS), count(Q1_SEQUENCE_WAVEFORM_SAMPLES)))
    return SEQUENCER_LOAD_ROW;
  if (!rowsLieIn(weightRows, count(Q1_SEQUENCE_WEIGHTS), count(Q1_SEQUENCE_WEIGHT_SAMPLES))) return SEQUENCER_LOAD_ROW;
  if (!takeBins(index, acquisitionRows, count(Q1_SEQUENCE_ACQUISITIONS))) return SEQUENCER_LOAD_BINS;
  take(core, waveRows, weightRows, samples);
  assert(load<u32>(core, STATE) == SEQUENCER_STATE_IDLE, 'a core that was loaded anew is to be armed anew');
  return SEQUENCER_LOAD_GOOD;
}

/** Header, length, CRC and instructions. */
function judge(length: u32, crc: u32): u32 {
  if (length < Q1_SEQUENCE_HEADER_SIZE || length > STAGING_SIZE) return SEQUENCER_LOAD_SIZE;
  if (crc32(0, STAGING, length) != crc) return SEQUENCER_LOAD_CRC;
  if (count(Q1_SEQUENCE_MAGIC) != Q1_SEQUENCE_MAGIC_VALUE) return SEQUENCER_LOAD_HEADER;
  if (count(Q1_SEQUENCE_VERSION) != Q1_SEQUENCE_VERSION_VALUE) return SEQUENCER_LOAD_HEADER;
  const instructions = count(Q1_SEQUENCE_INSTRUCTIONS);
  if (instructions > INSTRUCTIONS_MAX || count(Q1_SEQUENCE_WAVEFORMS) > WAVES_MAX) return SEQUENCER_LOAD_SIZE;
  if (count(Q1_SEQUENCE_WEIGHTS) > WEIGHTS_MAX) return SEQUENCER_LOAD_SIZE;
  if (count(Q1_SEQUENCE_ACQUISITIONS) > ACQUISITIONS_MAX) return SEQUENCER_LOAD_SIZE;
  const samples = count(Q1_SEQUENCE_WAVEFORM_SAMPLES);
  const weights = count(Q1_SEQUENCE_WEIGHT_SAMPLES);
  if (samples > SAMPLES_MAX || weights > SAMPLES_MAX) return SEQUENCER_LOAD_SIZE;
  const rows = count(Q1_SEQUENCE_WAVEFORMS) + count(Q1_SEQUENCE_WEIGHTS);
  const tables = rows * Q1_SEQUENCE_ROW_SIZE + (count(Q1_SEQUENCE_ACQUISITIONS) << 2);
  const whole = Q1_SEQUENCE_HEADER_SIZE + instructions * Q1_WORD_SIZE + tables + ((samples + weights) << 2);
  if (whole != length || count(Q1_SEQUENCE_LENGTH) != length) return SEQUENCER_LOAD_SIZE;
  assert(length <= STAGING_SIZE && instructions <= INSTRUCTIONS_MAX, 'a sequence that its places hold');
  let sets: u32 = 0;
  for (let index: u32 = 0; index < instructions; index++) {
    store<u32>(LOAD_PLACE, index);
    const word = STAGING + Q1_SEQUENCE_HEADER_SIZE + index * Q1_WORD_SIZE;
    if (!isLegal(word)) return SEQUENCER_LOAD_INSTRUCTION;
    sets |= setsOf(load<u8>(word));
    if (sets == BOTH_SETS) return SEQUENCER_LOAD_MIXED;
  }
  return SEQUENCER_LOAD_GOOD;
}

/** The one instruction set that has this opcode; 0 where both have it. */
function setsOf(opcode: u32): u32 {
  assert(opcode < Q1_OPCODE_COUNT, 'an opcode that was judged');
  const sets = <u32>load<u8>(Q1_OPCODE_ROWS + opcode * Q1_OPCODE_ROW_SIZE, 1) & BOTH_SETS;
  assert(sets != BOTH_SETS, 'what both sets have is of neither alone');
  return sets;
}

/** Every field within the limits its opcode has in the instruction table (protocol/generate/guest-instructions.ts). */
function isLegal(word: usize): bool {
  assert(word >= STAGING && word + Q1_WORD_SIZE <= STAGING + STAGING_SIZE, 'an instruction of the staged sequence');
  const opcode: u32 = load<u8>(word);
  if (opcode >= Q1_OPCODE_COUNT) return false;
  const row = Q1_OPCODE_ROWS + opcode * Q1_OPCODE_ROW_SIZE;
  return (
    (load<u8>(row, 1) & Q1_FLAG_LEGAL) != 0 &&
    load<u8>(word, Q1_WORD_X) <= load<u8>(row, 2) &&
    <u32>load<u16>(word, Q1_WORD_DURATION) - load<u16>(row, 4) <= load<u16>(row, 6) &&
    load<u32>(word, Q1_WORD_A) - load<u32>(row, 8) <= load<u32>(row, 12) &&
    load<u32>(word, Q1_WORD_B) - load<u32>(row, 16) <= load<u32>(row, 20) &&
    load<u16>(word, Q1_WORD_C) <= load<u16>(row, 24)
  );
}

function rowsLieIn(rows: usize, rowCount: u32, samples: u32): bool {
  assert(rows + rowCount * Q1_SEQUENCE_ROW_SIZE <= STAGING + STAGING_SIZE, 'the rows lie in the sequence');
  assert(samples <= SAMPLES_MAX, 'a number of samples that was judged');
  for (let index: u32 = 0; index < rowCount; index++) {
    store<u32>(LOAD_PLACE, index);
    const row = rows + index * Q1_SEQUENCE_ROW_SIZE;
    assert((row & 3) == 0, 'a row is words');
    if (load<u32>(row, 4) > samples || load<u32>(row) > samples - load<u32>(row, 4)) return false;
  }
  return true;
}

function take(core: usize, waveRows: usize, weightRows: usize, samples: usize): void {
  const index = indexOf(core);
  const program = PROGRAMS + index * PROGRAM_SIZE;
  const instructions = count(Q1_SEQUENCE_INSTRUCTIONS) * Q1_WORD_SIZE;
  assert(
    instructions + Q1_WORD_SIZE <= PROGRAM_SIZE,
    'the program fits its place, with an illegal instruction behind it',
  );
  assert(waveRows <= weightRows && weightRows <= samples, 'the parts of a sequence follow one another');
  memory.copy(program, STAGING + Q1_SEQUENCE_HEADER_SIZE, instructions);
  memory.fill(program + instructions, 0, Q1_WORD_SIZE);
  store<u32>(core, <u32>program + instructions, END);
  memory.fill(core + WAVES, 0, WAVES_MAX * ROW_SIZE);
  memory.copy(core + WAVES, waveRows, count(Q1_SEQUENCE_WAVEFORMS) * ROW_SIZE);
  const waveBytes = count(Q1_SEQUENCE_WAVEFORM_SAMPLES) << 2;
  assert(waveBytes <= SAMPLES_SIZE, 'the samples fit their place');
  assert(count(Q1_SEQUENCE_WEIGHT_SAMPLES) << 2 <= SAMPLES_SIZE, 'those of the weights as well');
  memory.copy(WAVEFORMS + index * SAMPLES_SIZE, samples, waveBytes);
  measureWaves(core, index, count(Q1_SEQUENCE_WAVEFORMS));
  const weights = WEIGHTS + index * SAMPLES_SIZE;
  assert(samples + waveBytes <= STAGING + STAGING_SIZE, 'the samples lie in the staged sequence');
  memory.copy(weights, samples + waveBytes, count(Q1_SEQUENCE_WEIGHT_SAMPLES) << 2);
  memory.fill(core + WEIGHT_ROWS, 0, WEIGHTS_MAX * WEIGHT_ROW_SIZE);
  for (let weight: u32 = 0; weight < count(Q1_SEQUENCE_WEIGHTS); weight++) {
    const from = weightRows + weight * ROW_SIZE;
    const row = core + WEIGHT_ROWS + weight * WEIGHT_ROW_SIZE;
    store<u64>(row, load<u64>(from));
    store<i64>(row, sumOf(weights + (load<u32>(from) << 2), load<u32>(from, 4)), 8);
  }
  store<u32>(core, count(Q1_SEQUENCE_ACQUISITIONS), ACQUISITION_COUNT);
  store<u32>(core, SEQUENCER_STATE_IDLE, STATE);
}

function sumOf(samples: usize, length: u32): i64 {
  assert(samples >= WEIGHTS && samples + (length << 2) <= RECORDS, 'samples of weights');
  assert(length <= SAMPLES_MAX, 'a sum of at most 16384 samples of 32 bits, which 46 bits hold');
  let sum: i64 = 0;
  for (let index: u32 = 0; index < length; index++) sum += <i64>load<i32>(samples + (index << 2));
  return sum;
}
