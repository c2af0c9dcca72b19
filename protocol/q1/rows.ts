// What a row of the Q1ASM instruction table is, and how rows that are alike are made.
//
// What must stay true: a jump target is in field b, a destination or counter in x (the second destination of a multiplication in c), and the
// steps of a form follow the rule in the head of instructions.ts.

import type { Operand, OperandField, OperandKindName } from './operands.ts';

/** What an instruction is to the two cores. */
export type InstructionClass =
  | 'control'
  | 'jump'
  | 'arithmetic'
  /** Latched; takes effect with the next instruction that commits. */
  | 'parameter'
  /** Decides whether the real-time instructions after it are executed. */
  | 'condition'
  /** Goes through the queue to the real-time core and takes time there. */
  | 'realTime';

/** 1: the first one. 2: the one with comparison flags, which modules have with qblox-instruments 1.2.0 and later. */
export type InstructionSet = 1 | 2;

export interface Form {
  opcode: number;
  /** Name of the opcode in the guests: Q1_OP_name. */
  name: string;
  operands: Operand[];
  /** Steps of the classic core. */
  steps: number;
}

export interface Instruction {
  mnemonic: string;
  class: InstructionClass;
  /** Commits the latched parameters before it acts. */
  commits: boolean;
  forms: Form[];
  doc: string;
  /** Where the cost comes from. */
  costSource: CostSource;
  /** The one set that has this row; without it, both have it. */
  set?: InstructionSet;
  /** The second set has it only for programs that were written for the first; what to write there. */
  deprecated?: string;
  /** Name of what it does in the guests, Q1_DO_name, where that is not the mnemonic. */
  operation?: string;
}

export const costSources = {
  simulator: 'q1simulator 1.3.4 (and 1.0.5), which follows the published specification',
  confirmed: 'q1simulator 1.3.4; the same figure in qililab’s report 670 or an independent simulator',
  disputed: 'q1simulator 1.3.4; q1pulse’s comments count 12 ns also with two registers (cost model alu12)',
  estimated: 'q1simulator 1.3.4 alone; no document gives the time of this instruction',
} as const;
export type CostSource = keyof typeof costSources;

export const immediate = (kind: OperandKindName, field: OperandField): Operand => ({ kind, mode: 'immediate', field });
export const source = (kind: OperandKindName, field: OperandField): Operand => ({ kind, mode: 'source', field });
export const destination: Operand = { kind: 'word', mode: 'destination', field: 'x' };
export const counter: Operand = { kind: 'word', mode: 'counter', field: 'x' };
export const duration = immediate('duration', 'duration');
export const otherwise = immediate('otherwise', 'duration');

export const form = (opcode: number, name: string, operands: Operand[], steps: number): Form => ({
  ...{ opcode, name, operands, steps },
});

/** Steps of an instruction: one, whose first register comes with it, one for each further register that is read, and what it adds. */
function stepsOf(operands: readonly Operand[], added: number): number {
  return Math.max(1, operands.filter(({ mode }) => mode === 'source').length) + added;
}

export function alone(opcode: number, mnemonic: string, doc: string, group: InstructionClass = 'control'): Instruction {
  const forms = [form(opcode, mnemonic.toUpperCase(), [], 1)];
  return { mnemonic, class: group, commits: false, forms, doc, costSource: 'simulator' };
}

/** `op a,b,destination`, where b is a number or a register. */
export function arithmetic(opcode: number, mnemonic: string, kind: OperandKindName, doc: string): Instruction {
  const name = mnemonic.toUpperCase();
  const forms = [
    form(opcode, `${name}_I`, [source('word', 'a'), immediate(kind, 'b'), destination], 3),
    form(opcode + 1, `${name}_R`, [source('word', 'a'), source(kind, 'b'), destination], 4),
  ];
  return { mnemonic, class: 'arithmetic', commits: false, forms, doc, costSource: 'disputed', set: 1 };
}

/** `op operands,address`: the target is a number or a register. A conditional jump adds `added` steps, and more when it jumps. */
export function jumpIf(
  opcode: number,
  mnemonic: string,
  name: string,
  operands: Operand[],
  added: number,
  doc: string,
): Instruction {
  const form_ = (at: number, suffix: string, target: Operand) => {
    const all = [...operands, target];
    return form(at, `${name}_${suffix}`, all, stepsOf(all, added));
  };
  const forms = [form_(opcode, 'I', immediate('address', 'b')), form_(opcode + 1, 'R', source('address', 'b'))];
  return { mnemonic, class: 'jump', commits: false, forms, doc, costSource: 'confirmed' };
}

export function parameter(opcode: number, mnemonic: string, kinds: OperandKindName[], doc: string): Instruction {
  const fields: OperandField[] = ['a', 'b'];
  const name = mnemonic.toUpperCase();
  const given = (make: typeof immediate) => kinds.map((kind, index) => make(kind, fields[index]));
  const forms = [
    form(opcode, `${name}_I`, given(immediate), 1),
    form(opcode + 1, `${name}_R`, given(source), kinds.length),
  ];
  return { mnemonic, class: 'parameter', commits: false, forms, doc, costSource: 'simulator' };
}

/** A real-time instruction whose duration alone may be a register. */
export function wait(opcode: number, mnemonic: string, doc: string): Instruction {
  const name = mnemonic.toUpperCase();
  const forms = [form(opcode, `${name}_I`, [duration], 1), form(opcode + 1, `${name}_R`, [source('duration', 'a')], 1)];
  return { mnemonic, class: 'realTime', commits: false, forms, doc, costSource: 'simulator' };
}

export function realTime(mnemonic: string, commits: boolean, forms: Form[], doc: string): Instruction {
  return { mnemonic, class: 'realTime', commits, forms, doc, costSource: 'simulator' };
}

/** A weighed acquisition, whose name the second set changed. */
export function weighedAcquisition(opcode: number, mnemonic: string): Instruction {
  const [acquisition, name] = [immediate('acquisition', 'x'), mnemonic.toUpperCase()];
  const forms = [
    form(
      opcode,
      `${name}_I`,
      [acquisition, immediate('bin', 'a'), immediate('weight', 'b'), immediate('weight', 'c'), duration],
      1,
    ),
    form(
      opcode + 1,
      `${name}_R`,
      [acquisition, source('bin', 'a'), source('weight', 'b'), source('weight', 'c'), duration],
      3,
    ),
  ];
  const doc = 'Opens an integration window weighed by two weight functions; it is as long as the longer of them';
  return { ...realTime(mnemonic, true, forms, doc), operation: 'ACQUIRE_WEIGHED' };
}

/** How the operands of an instruction of the second set are given: register and number, two registers, number and register. */
const mixtures = [
  ['RI', source, immediate],
  ['RR', source, source],
  ['IR', immediate, source],
] as const;

/**
 * `op a,b,destination,...` of the second set, which sets the flags. One of a and b may be a number. `first` and `second` are what a number may
 * be in their place.
 */
export function flagged(
  opcode: number,
  mnemonic: string,
  kinds: readonly [first: OperandKindName, second: OperandKindName],
  destinations: Operand[],
  added: number,
  doc: string,
): Instruction {
  const operation = `FLAGGED_${mnemonic.toUpperCase()}`;
  const forms = mixtures.map(([suffix, a, b], index) => {
    const operands = [a(kinds[0], 'a'), b(kinds[1], 'b'), ...destinations];
    return form(opcode + index, `${operation}_${suffix}`, operands, stepsOf(operands, added));
  });
  return { mnemonic, class: 'arithmetic', commits: false, forms, doc, costSource: 'estimated', set: 2, operation };
}

/** `op address` of the second set: jumps by the flags. */
export function jumpByFlags(opcode: number, mnemonic: string, doc: string): Instruction {
  const operation = `FLAGGED_${mnemonic.toUpperCase()}`;
  const row = jumpIf(opcode, mnemonic, operation, [], 0, doc);
  return { ...row, costSource: 'estimated', set: 2, operation };
}
