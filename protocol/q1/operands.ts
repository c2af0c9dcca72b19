// What an operand of a Q1ASM instruction may be: one row a kind, with the range of its immediate values.
//
// Widths are those of the open compiler QAT (dialect/q1/ir/imm_desc.py) and of the instrument's own documentation; where the two differ,
// the row says which was taken. A register operand of any kind is a register number; its value is judged when it is used.

export interface OperandKind {
  /** What a message calls it. */
  noun: string;
  least: number;
  most: number;
  doc: string;
}

export const operandKinds = {
  word: {
    noun: 'a number',
    least: -(2 ** 31),
    most: 2 ** 32 - 1,
    doc: '32 bits, signed or unsigned as it is written',
  },
  shift: { noun: 'a shift', least: 0, most: 2 ** 32 - 1, doc: '32 bits unsigned; 32 and more shift everything out' },
  unsignedWord: { noun: 'a number', least: 0, most: 2 ** 32 - 1, doc: '32 bits unsigned' },
  signedWord: { noun: 'a number', least: -(2 ** 31), most: 2 ** 31 - 1, doc: '32 bits signed' },
  half: { noun: 'a number', least: 0, most: 65535, doc: '16 bits unsigned; of a register the low half' },
  signedHalf: { noun: 'a number', least: -32768, most: 32767, doc: '16 bits signed; of a register the low half' },
  address: {
    noun: 'an instruction address',
    least: 0,
    most: 16383,
    doc: '14 bits; a label stands for the index of the instruction that follows it',
  },
  duration: { noun: 'a duration in ns', least: 4, most: 65535, doc: '16 bits, at least one step of the sequencer' },
  otherwise: {
    noun: 'a duration in ns',
    least: 0,
    most: 65535,
    doc: 'What a skipped instruction waits instead: 16 bits; below one step only where the condition is switched off',
  },
  wave: { noun: 'a waveform index', least: 0, most: 1023, doc: '10 bits' },
  weight: {
    noun: 'a weight index',
    least: 0,
    most: 31,
    doc: 'The field has 6 bits, of which the low five address an entry',
  },
  acquisition: { noun: 'an acquisition index', least: 0, most: 31, doc: '5 bits' },
  bin: { noun: 'a bin index', least: 0, most: 2 ** 24 - 1, doc: '24 bits' },
  gain: { noun: 'a gain', least: -32768, most: 32767, doc: '16 bits signed; 32767 is full scale' },
  offset: { noun: 'an offset', least: -32768, most: 32767, doc: '16 bits signed' },
  phase: { noun: 'a phase', least: 0, most: 1_000_000_000, doc: 'In 1e-9 turns' },
  frequency: {
    noun: 'a frequency',
    least: -2_000_000_000,
    most: 2_000_000_000,
    doc: 'In quarters of a hertz; the field has 32 bits signed',
  },
  marker: { noun: 'a marker mask', least: 0, most: 15, doc: 'Bit n is marker n + 1' },
  flag: { noun: '0 or 1', least: 0, most: 1, doc: 'One bit' },
  triggers: {
    noun: 'a mask of trigger addresses',
    least: 0,
    most: 32767,
    doc: 'Bit n is address n + 1. The documentation has 15 bits; QAT encodes four, taken for a slip',
  },
  operator: { noun: 'an operator', least: 0, most: 5, doc: '0 OR, 1 NOR, 2 AND, 3 NAND, 4 XOR, 5 XNOR' },
  trigger: { noun: 'a trigger address', least: 1, most: 15, doc: '4 bits; there is no address 0' },
} satisfies Record<string, OperandKind>;

export type OperandKindName = keyof typeof operandKinds;

/** How an operand is given: as a number in the instruction, in a register that is read, in one that is written, or both (loop). */
export type OperandMode = 'immediate' | 'source' | 'destination' | 'counter';

/** Where in the instruction word it is. */
export type OperandField = 'x' | 'duration' | 'a' | 'b' | 'c';

export interface Operand {
  kind: OperandKindName;
  mode: OperandMode;
  field: OperandField;
}

export const REGISTER_COUNT = 64;
