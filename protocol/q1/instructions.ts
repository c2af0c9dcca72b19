// The Q1ASM instruction table: assembler, disassembler, lint, the firmware's decoder and the reference page all come from it.
//
// One row a mnemonic, one form for each legal way to give its operands, and an opcode for each form: the core decides everything by the
// opcode. What must stay true: an opcode keeps its meaning, and zero is `illegal`, so that empty memory cannot run. The generator refuses a
// table in which two forms share an opcode or one is left out without a word. A row alone makes no instruction: its code is in firmware/sequencer,
// and where that is missing the sequencer stops at it with the flag of an illegal instruction.
//
// There are two instruction sets. A row is of one of them or of both; those that only the second has are in second-set.ts. A mnemonic may have
// several rows, as long as no two forms of one set have the same operands.
//
// Cost is what the classic core spends, in steps of 4 ns. Source of the default: the open simulator q1simulator 1.3.4 (q1parser.py,
// q1core.py), whose authors corrected it to the published Q1ASM specification: one step an instruction, whose first register operand
// comes with it, one for each further register, two more for arithmetic and conditional jumps, three for a jump that is taken.

import {
  alone,
  arithmetic,
  counter,
  destination,
  duration,
  form,
  type Instruction,
  type InstructionSet,
  immediate,
  jumpIf,
  otherwise,
  parameter,
  realTime,
  source,
  wait,
  weighedAcquisition,
} from './rows.ts';
import { secondSet } from './second-set.ts';

export {
  type CostSource,
  costSources,
  type Form,
  type Instruction,
  type InstructionClass,
  type InstructionSet,
} from './rows.ts';

const comparison = [source('word', 'x'), immediate('word', 'a')];

export const instructions: Instruction[] = [
  alone(0, 'illegal', 'Stops the sequencer with the flag SEQUENCE_PROCESSOR_Q1_ILLEGAL_INSTRUCTION'),
  alone(1, 'stop', 'The classic core stops; the real-time core finishes what is queued'),
  alone(2, 'nop', 'One step of the classic core'),
  jumpIf(3, 'jmp', 'JMP', [], 3, 'Continues at the address'),
  { ...jumpIf(5, 'jge', 'JGE', comparison, 2, 'Jumps if register >= number, both unsigned'), set: 1 },
  { ...jumpIf(7, 'jlt', 'JLT', comparison, 2, 'Jumps if register < number, both unsigned'), set: 1 },
  {
    ...jumpIf(
      9,
      'loop',
      'LOOP',
      [counter],
      2,
      'Takes one off the register and jumps unless it became zero; zero wraps to 2^32 - 1',
    ),
    set: 1,
  },
  {
    ...alone(11, 'move', 'destination = source', 'arithmetic'),
    forms: [
      form(11, 'MOVE_I', [immediate('word', 'a'), destination], 1),
      form(12, 'MOVE_R', [source('word', 'a'), destination], 1),
    ],
  },
  {
    ...alone(13, 'not', 'destination = bitwise complement of the source', 'arithmetic'),
    set: 1,
    forms: [
      form(13, 'NOT_I', [immediate('word', 'a'), destination], 3),
      form(14, 'NOT_R', [source('word', 'a'), destination], 3),
    ],
  },
  { ...arithmetic(15, 'add', 'word', 'destination = a + b, modulo 2^32'), costSource: 'confirmed' },
  arithmetic(17, 'sub', 'word', 'destination = a - b, modulo 2^32'),
  arithmetic(19, 'and', 'word', 'destination = a and b, bitwise'),
  arithmetic(21, 'or', 'word', 'destination = a or b, bitwise'),
  arithmetic(23, 'xor', 'word', 'destination = a exclusive-or b, bitwise'),
  arithmetic(25, 'asl', 'shift', 'destination = a shifted left by b'),
  arithmetic(
    27,
    'asr',
    'shift',
    'destination = a shifted right by b, zeros coming in: logical in spite of its name, as q1pulse found on hardware',
  ),
  parameter(32, 'set_mrk', ['marker'], 'Marker outputs; those of all sequencers are OR-ed'),
  parameter(34, 'set_freq', ['frequency'], 'NCO frequency, phase-continuous'),
  alone(36, 'reset_ph', 'NCO phase to zero, and the relative and accumulated phases with it', 'parameter'),
  parameter(38, 'set_ph', ['phase'], 'Relative phase of the NCO'),
  parameter(40, 'set_ph_delta', ['phase'], 'Adds to the accumulated phase of the NCO'),
  parameter(42, 'set_awg_gain', ['gain', 'gain'], 'Gain of path 0 and path 1: samples are multiplied by it over 32768'),
  parameter(44, 'set_awg_offs', ['offset', 'offset'], 'Offset of path 0 and path 1, added after the gain'),
  {
    ...{ mnemonic: 'set_cond', class: 'condition', commits: false, costSource: 'simulator' },
    forms: [
      form(
        48,
        'SET_COND_I',
        [immediate('flag', 'x'), immediate('triggers', 'a'), immediate('operator', 'b'), otherwise],
        1,
      ),
      form(49, 'SET_COND_R', [source('flag', 'x'), source('triggers', 'a'), source('operator', 'b'), otherwise], 3),
    ],
    doc: 'First operand 0: off. Else each real-time instruction that follows runs only while operator over the masked counters that reached their thresholds is true; otherwise it is a wait of the last operand',
  },
  realTime(
    'upd_param',
    true,
    [form(64, 'UPD_PARAM', [duration], 1)],
    'Lets time pass with the parameters that were latched',
  ),
  realTime(
    'play',
    true,
    [
      form(65, 'PLAY_I', [immediate('wave', 'a'), immediate('wave', 'b'), duration], 1),
      form(66, 'PLAY_R', [source('wave', 'a'), source('wave', 'b'), duration], 2),
    ],
    'Starts a waveform on path 0 and one on path 1, in place of what plays there; they go on after the duration',
  ),
  realTime(
    'acquire',
    true,
    [
      form(67, 'ACQUIRE_I', [immediate('acquisition', 'x'), immediate('bin', 'a'), duration], 1),
      form(68, 'ACQUIRE_R', [immediate('acquisition', 'x'), source('bin', 'a'), duration], 1),
    ],
    'Opens a square integration window into a bin; its length is the integration length of the sequencer',
  ),
  { ...weighedAcquisition(69, 'acquire_weighed'), deprecated: 'write acquire_weighted' },
  realTime(
    'acquire_ttl',
    true,
    [
      form(
        71,
        'ACQUIRE_TTL_I',
        [immediate('acquisition', 'x'), immediate('bin', 'a'), immediate('flag', 'b'), duration],
        1,
      ),
      form(
        72,
        'ACQUIRE_TTL_R',
        [immediate('acquisition', 'x'), source('bin', 'a'), immediate('flag', 'b'), duration],
        1,
      ),
    ],
    'Opens (1) or closes (0) a window that counts threshold crossings at the input',
  ),
  realTime(
    'set_latch_en',
    false,
    [
      form(73, 'SET_LATCH_EN_I', [immediate('flag', 'a'), duration], 1),
      form(74, 'SET_LATCH_EN_R', [source('flag', 'a'), duration], 1),
    ],
    'Lets the trigger counters count (1) or keeps them as they are (0)',
  ),
  wait(75, 'latch_rst', 'Sets all trigger counters to zero'),
  wait(77, 'wait', 'Lets time pass; commits nothing'),
  realTime(
    'wait_trigger',
    false,
    [
      form(79, 'WAIT_TRIGGER_I', [immediate('trigger', 'a'), duration], 1),
      form(80, 'WAIT_TRIGGER_R', [source('trigger', 'a'), source('duration', 'b')], 2),
    ],
    'Holds the real-time core until a trigger with this address arrives, then for the duration',
  ),
  wait(81, 'wait_sync', 'Holds the real-time core until every synchronised sequencer is there, then for the duration'),
  ...secondSet,
];

/** Further steps of a conditional jump or loop that jumps. */
export const JUMP_TAKEN_STEPS = 3;

/** Nanoseconds of a step of the classic core. */
export const STEP_NS = 4;

/** From here on an opcode is of the real-time class, up to SECOND_SET_OPCODE. */
export const REAL_TIME_OPCODE = 64;

/** From here on an opcode is of the classic core and of the second set. */
export const SECOND_SET_OPCODE = 128;

/** Whether an instruction set has a row. */
export const isInSet = (instruction: Instruction, set: InstructionSet): boolean =>
  instruction.set === undefined || instruction.set === set;

/** Opcodes that no instruction has, first and last, each with why. A new instruction takes one of its class, or of the second set the next after the last. */
export const unusedOpcodes: readonly (readonly [first: number, last: number, why: string])[] = [
  [29, 31, 'room for arithmetic'],
  [37, 37, 'reset_ph has no operand that a register could be'],
  [46, 47, 'room for parameters'],
  [50, 63, 'room for instructions that take no time of the real-time core'],
  [86, 127, 'room for real-time instructions'],
];

/** Opcodes are below this. */
export const opcodeCount = (table: readonly Instruction[]): number =>
  1 + Math.max(...table.flatMap(({ forms }) => forms.map(({ opcode }) => opcode)));

/** Other readings of what the core costs, as steps that differ from the table. */
export const costModels: Record<string, { doc: string; steps: Record<string, number> }> = {
  q1simulator: { doc: 'The table as it is', steps: {} },
  alu12: {
    doc: 'Arithmetic takes 12 ns also with two registers, as comments in q1pulse count it',
    steps: Object.fromEntries(['ADD', 'SUB', 'AND', 'OR', 'XOR', 'ASL', 'ASR'].map((name) => [`${name}_R`, 3])),
  },
};
