// The instruction table for the guests, in AssemblyScript: Q1_OP_name for every form, a row of limits for every opcode so that a program
// can be judged before it runs, and the profiles as rows.
//
// What the real-time core does, and the classic core for an instruction that only the second set has, is a number an operation, Q1_DO_name.
// For all others it is 0: there the classic core switches on opcodes. Where the operands come from is in the row too, so that a new form of a
// mnemonic needs no code.
//
// Layout of an opcode's row (32 bytes; least and span, so that one unsigned comparison `value - least <= span` judges any operand; a field the
// form does not use has least 0 and span 0):
//
//   0 steps u8 | 1 flags u8 | 2 x span u8 | 3 what to do u8 | 4 duration least u16 | 6 duration span u16
//   8 a least u32 | 12 a span u32 | 16 b least u32 | 20 b span u32 | 24 c span u16
//   26 registers u8: bit 0: a names one that is read, bit 1: b | 27 0 ... 31 0

import {
  costModels,
  type Form,
  type Instruction,
  JUMP_TAKEN_STEPS,
  opcodeCount,
  instructions as ownInstructions,
  REAL_TIME_OPCODE,
  SECOND_SET_OPCODE,
  STEP_NS,
  unusedOpcodes,
} from '../q1/instructions.ts';
import { type OperandField, operandKinds, REGISTER_COUNT } from '../q1/operands.ts';
import { type Profile, profiles } from '../q1/profiles.ts';
import { checkInstructions } from './check-instructions.ts';
import { generatedNotice, hex } from './text.ts';

export const opcodeFlags = {
  LEGAL: 1,
  COMMITS: 2,
  REAL_TIME: 4,
  /** Operands other than the duration are registers, but for those that are always numbers. */
  REGISTERS: 8,
  /** The duration is in the register that field a, or b, names; else it is in the field of durations. */
  DURATION_A: 16,
  DURATION_B: 32,
  /** Only one instruction set has it. */
  FIRST_SET: 64,
  SECOND_SET: 128,
} as const;
const ROW_BYTES = 32;

export function guestInstructions(
  instructions: readonly Instruction[] = ownInstructions,
  unused = unusedOpcodes,
): string {
  checkInstructions(instructions, unused);
  const lines = [`// ${generatedNotice}`];
  const constant = (name: string, value: number, doc: string) =>
    lines.push(`/** ${doc}. */`, `export const ${name}: u32 = ${value};`);
  constant('Q1_REGISTER_COUNT', REGISTER_COUNT, 'Registers of a classic core');
  constant('Q1_STEP_NS', STEP_NS, 'Nanoseconds of a step of the classic core');
  constant('Q1_JUMP_TAKEN_STEPS', JUMP_TAKEN_STEPS, 'Further steps of a conditional jump or loop that jumps');
  constant('Q1_REAL_TIME_OPCODE', REAL_TIME_OPCODE, 'Opcodes from here on are of the real-time class');
  constant('Q1_SECOND_SET_OPCODE', SECOND_SET_OPCODE, 'Opcodes from here on are of the classic core, second set');
  constant('Q1_OPCODE_COUNT', opcodeCount(instructions), 'Opcodes are below this');
  lines.push('');
  for (const instruction of instructions) {
    for (const form of instruction.forms) {
      lines.push(`/** ${signature(instruction, form)}: ${instruction.doc}. */`);
      lines.push(`export const Q1_OP_${form.name}: u32 = ${form.opcode};`);
    }
  }
  lines.push('', '// What is to be done.');
  for (const [index, operation] of operationsOf(instructions).entries())
    lines.push(`export const Q1_DO_${operation}: u32 = ${index + 1};`);
  lines.push('', ...limitRows(instructions), '', ...profileRows(), '', ...costRows(instructions));
  return `${lines.join('\n')}\n`;
}

function signature({ mnemonic }: Instruction, { operands }: Form): string {
  const letters = { immediate: 'I', source: 'R', destination: 'D', counter: 'D' } as const;
  return `${mnemonic} ${operands.map(({ mode }) => letters[mode]).join(',')}`.trim();
}

/** What the guests know a row by; undefined where they switch on its opcodes. */
function operationOf({ mnemonic, class: group, set, operation }: Instruction): string | undefined {
  return group === 'realTime' || set === 2 ? (operation ?? mnemonic.toUpperCase()) : undefined;
}

const operationsOf = (instructions: readonly Instruction[]): string[] => [
  ...new Set(instructions.flatMap((instruction) => operationOf(instruction) ?? [])),
];

function limitRows(instructions: readonly Instruction[]): string[] {
  const operations: (string | undefined)[] = operationsOf(instructions);
  const constants = Object.entries(opcodeFlags).map(([name, value]) => `export const Q1_FLAG_${name}: u32 = ${value};`);
  const rows = Array.from({ length: opcodeCount(instructions) }, (_, opcode) => {
    const instruction = instructions.find(({ forms }) => forms.some((form) => form.opcode === opcode));
    const form = instruction?.forms.find((candidate) => candidate.opcode === opcode);
    return `  ${instruction && form ? limitRow(instruction, form, 1 + operations.indexOf(operationOf(instruction))).join(', ') : Array(ROW_BYTES).fill(0).join(', ')},`;
  });
  return [
    '// Row of an opcode: protocol/generate/guest-instructions.ts has the layout.',
    ...constants,
    `export const Q1_OPCODE_ROW_SIZE: u32 = ${ROW_BYTES};`,
    'export const Q1_OPCODE_ROWS: usize = memory.data<u8>([',
    ...rows,
    ']);',
  ];
}

function limitRow(instruction: Instruction, form: Form, toDo: number): number[] {
  const row = new DataView(new ArrayBuffer(ROW_BYTES));
  row.setUint8(0, form.steps);
  row.setUint8(1, flagsOf(instruction, form));
  row.setUint8(3, toDo);
  const limits = (field: OperandField): [least: number, span: number] => {
    const operand = form.operands.find((candidate) => candidate.field === field);
    if (operand === undefined) return [0, 0];
    if (operand.mode !== 'immediate') return [0, REGISTER_COUNT - 1];
    const { least, most } = operandKinds[operand.kind];
    return most - least > 0xffff_ffff ? [0, 0xffff_ffff] : [least, most - least];
  };
  row.setUint8(2, limits('x')[1]);
  const [durationLeast, durationSpan] = limits('duration');
  row.setUint16(4, durationLeast, true);
  row.setUint16(6, durationSpan, true);
  for (const [field, offset] of [
    ['a', 8],
    ['b', 16],
  ] as const) {
    const [least, span] = limits(field);
    row.setInt32(offset, least, true);
    row.setUint32(offset + 4, span, true);
  }
  row.setUint16(24, limits('c')[1], true);
  const isRead = (field: OperandField) => form.operands.some((one) => one.field === field && one.mode === 'source');
  row.setUint8(26, (isRead('a') ? 1 : 0) | (isRead('b') ? 2 : 0));
  return [...new Uint8Array(row.buffer)];
}

function flagsOf(instruction: Instruction, { operands }: Form): number {
  const { LEGAL, COMMITS, REAL_TIME, REGISTERS, DURATION_A, DURATION_B, FIRST_SET, SECOND_SET } = opcodeFlags;
  const set = instruction.set === undefined ? 0 : instruction.set === 1 ? FIRST_SET : SECOND_SET;
  if (instruction.class !== 'realTime') return LEGAL | set | (instruction.commits ? COMMITS : 0);
  const durationField = operands.find(({ kind, mode }) => kind === 'duration' && mode === 'source')?.field;
  const hasRegisters = operands.some(({ kind, mode }) => kind !== 'duration' && mode === 'source');
  return (
    (LEGAL | REAL_TIME | set | (instruction.commits ? COMMITS : 0)) +
    (hasRegisters ? REGISTERS : 0) +
    (durationField === 'a' ? DURATION_A : durationField === 'b' ? DURATION_B : 0)
  );
}

/** Numbers of a profile in the order of their words; booleans as 0 and 1. */
const profileWords = [
  'sequencers',
  'instructions',
  'sharedInstructions',
  'waveforms',
  'waveformSamples',
  'weights',
  'weightSamples',
  'acquisitions',
  'sequencerBins',
  'bins',
  'realTimeQueue',
  'headStartSteps',
  'syncCreditSteps',
  'syncAgainSteps',
  'acquisitionQueue',
  'acquisitionIntervalNs',
] as const satisfies (keyof Profile)[];

function profileRows(): string[] {
  const inOrder = Object.values(profiles).sort((a, b) => a.number - b.number);
  const constants = profileWords.map(
    (word, index) => `export const Q1_PROFILE_${word.replace(/[A-Z]/g, '_$&').toUpperCase()}: u32 = ${index * 4};`,
  );
  return [
    '// Profiles: offsets of words in a row, then the rows by number.',
    ...constants,
    `export const Q1_PROFILE_COUNT: u32 = ${inOrder.length};`,
    `export const Q1_PROFILE_ROW_SIZE: u32 = ${profileWords.length * 4};`,
    'export const Q1_PROFILE_ROWS: usize = memory.data<u32>([',
    ...inOrder.map((profile) => `  ${profileWords.map((word) => hex(Number(profile[word]))).join(', ')},`),
    ']);',
  ];
}

function costRows(instructions: readonly Instruction[]): string[] {
  const forms = instructions.flatMap((instruction) => instruction.forms);
  const steps = ([, model]: [string, { steps: Record<string, number> }]) =>
    Array.from({ length: opcodeCount(instructions) }, (_, opcode) => {
      const form = forms.find((candidate) => candidate.opcode === opcode);
      return form === undefined ? 0 : (model.steps[form.name] ?? form.steps);
    });
  const models = Object.entries(costModels);
  return [
    '// Cost models: steps by opcode, one row a model, the default first.',
    ...models.map(([name], index) => `export const Q1_COST_${name.toUpperCase()}: u32 = ${index};`),
    'export const Q1_COST_ROWS: usize = memory.data<u8>([',
    ...models.map((model) => `  ${steps(model).join(', ')},`),
    ']);',
  ];
}
