// Encodes an assembled program and its tables into the bytes that are uploaded, and decodes them. Layouts: protocol/q1/encoding.ts, sequence.ts.

import { InstructionWord } from '../../../protocol/q1/encoding.ts';
import { type Form, type Instruction, instructions } from '../../../protocol/q1/instructions.ts';
import { type OperandField, operandKinds } from '../../../protocol/q1/operands.ts';
import { SequenceLayout } from '../../../protocol/q1/sequence.ts';
import type { Program } from './assemble.ts';
import type { SequenceParts } from './sequence-file.ts';

/** The largest line number that fits into the word. */
const LINE_MOST = 0xffff;

export function encodeSequence(program: Program, parts: SequenceParts, profileNumber: number): Uint8Array {
  const waveforms = layOut(parts.waveforms);
  const weights = layOut(parts.weights);
  const acquisitions = new Uint32Array(rowCount(parts.acquisitions));
  for (const { index, bins } of parts.acquisitions) acquisitions[index] = bins;
  const sections = [
    encodeInstructions(program),
    bytesOf(waveforms.rows),
    bytesOf(weights.rows),
    bytesOf(acquisitions),
    bytesOf(waveforms.samples),
    bytesOf(weights.samples),
  ];
  const { HEADER_SIZE } = SequenceLayout;
  const length = sections.reduce((sum, section) => sum + section.length, HEADER_SIZE);
  const bytes = new Uint8Array(length);
  const header = new DataView(bytes.buffer);
  const write = (offset: number, value: number) => header.setUint32(offset, value, true);
  write(SequenceLayout.MAGIC, SequenceLayout.MAGIC_VALUE);
  write(SequenceLayout.VERSION, SequenceLayout.VERSION_VALUE);
  write(SequenceLayout.PROFILE, profileNumber);
  write(SequenceLayout.LENGTH, length);
  write(SequenceLayout.INSTRUCTIONS, program.instructions.length);
  write(SequenceLayout.WAVEFORMS, waveforms.rows.length / 2);
  write(SequenceLayout.WEIGHTS, weights.rows.length / 2);
  write(SequenceLayout.ACQUISITIONS, acquisitions.length);
  write(SequenceLayout.WAVEFORM_SAMPLES, waveforms.samples.length);
  write(SequenceLayout.WEIGHT_SAMPLES, weights.samples.length);
  let offset: number = HEADER_SIZE;
  for (const section of sections) {
    bytes.set(section, offset);
    offset += section.length;
  }
  return bytes;
}

function encodeInstructions({ instructions: program }: Program): Uint8Array {
  const bytes = new Uint8Array(program.length * InstructionWord.SIZE);
  const view = new DataView(bytes.buffer);
  for (const [index, { form, operands, line }] of program.entries()) {
    const at = index * InstructionWord.SIZE;
    view.setUint8(at + InstructionWord.OPCODE, form.opcode);
    for (const [position, { field }] of form.operands.entries()) setField(view, at, field, operands[position].value);
    view.setUint16(at + InstructionWord.LINE, line <= LINE_MOST ? line : 0, true);
  }
  return bytes;
}

function setField(view: DataView, at: number, field: OperandField, value: number): void {
  if (field === 'x') view.setUint8(at + InstructionWord.X, value);
  else if (field === 'duration') view.setUint16(at + InstructionWord.DURATION, value, true);
  else if (field === 'c') view.setUint16(at + InstructionWord.C, value, true);
  else view.setUint32(at + (field === 'a' ? InstructionWord.A : InstructionWord.B), value, true);
}

function layOut(entries: SequenceParts['waveforms']): { rows: Uint32Array; samples: Int32Array } {
  const rows = new Uint32Array(rowCount(entries) * 2);
  const samples = new Int32Array(entries.reduce((sum, entry) => sum + entry.samples.length, 0));
  let first = 0;
  for (const entry of entries) {
    rows.set([first, entry.samples.length], entry.index * 2);
    samples.set(entry.samples, first);
    first += entry.samples.length;
  }
  return { rows, samples };
}

function rowCount(entries: { index: number }[]): number {
  return entries.reduce((count, { index }) => Math.max(count, index + 1), 0);
}

/** Little endian, whatever the host is. */
function bytesOf(words: Uint32Array | Int32Array): Uint8Array {
  const bytes = new Uint8Array(words.length * 4);
  const view = new DataView(bytes.buffer);
  words.forEach((word, index) => {
    view.setUint32(index * 4, word, true);
  });
  return bytes;
}

export interface DecodedInstruction {
  instruction: Instruction;
  form: Form;
  /** In the order of the form's operands. */
  values: number[];
  line: number;
}

export interface DecodedSequence {
  profileNumber: number;
  instructions: DecodedInstruction[];
  waveforms: { index: number; samples: Int32Array }[];
  weights: { index: number; samples: Int32Array }[];
  acquisitions: { index: number; bins: number }[];
}

/** The bytes are not an assembled sequence; the message says why. */
export class DecodeError extends Error {}

const byOpcode = new Map(
  instructions.flatMap((instruction) => instruction.forms.map((form) => [form.opcode, { instruction, form }] as const)),
);

export function decodeSequence(bytes: Uint8Array): DecodedSequence {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { HEADER_SIZE, ROW_SIZE, MAGIC_VALUE, VERSION_VALUE } = SequenceLayout;
  const word = (offset: number) => view.getUint32(offset, true);
  if (bytes.length < HEADER_SIZE || word(SequenceLayout.MAGIC) !== MAGIC_VALUE) {
    throw new DecodeError('not an assembled sequence: it does not begin with "Q1SQ"');
  }
  const version = word(SequenceLayout.VERSION);
  if (version !== VERSION_VALUE) throw new DecodeError(`layout version ${version}: expected ${VERSION_VALUE}`);
  const count = word(SequenceLayout.INSTRUCTIONS);
  const rows = [SequenceLayout.WAVEFORMS, SequenceLayout.WEIGHTS].map(word);
  const samples = [SequenceLayout.WAVEFORM_SAMPLES, SequenceLayout.WEIGHT_SAMPLES].map(word);
  const acquisitionRows = word(SequenceLayout.ACQUISITIONS);
  const tables = HEADER_SIZE + count * InstructionWord.SIZE;
  const acquisitionsAt = tables + (rows[0] + rows[1]) * ROW_SIZE;
  const samplesAt = acquisitionsAt + acquisitionRows * 4;
  const length = samplesAt + (samples[0] + samples[1]) * 4;
  if (length !== bytes.length || word(SequenceLayout.LENGTH) !== length) {
    throw new DecodeError(`${bytes.length} bytes: the header describes ${length}; was it cut short?`);
  }
  const table = (at: number, rowsOfTable: number, from: number, available: number) =>
    Array.from({ length: rowsOfTable }, (_, index) => ({
      index,
      samples: samplesOf(view, at + index * ROW_SIZE, from, available),
    })).filter((entry) => entry.samples.length > 0);
  return {
    profileNumber: word(SequenceLayout.PROFILE),
    instructions: Array.from({ length: count }, (_, index) =>
      decodeInstruction(view, HEADER_SIZE + index * InstructionWord.SIZE, index),
    ),
    waveforms: table(tables, rows[0], samplesAt, samples[0]),
    weights: table(tables + rows[0] * ROW_SIZE, rows[1], samplesAt + samples[0] * 4, samples[1]),
    acquisitions: Array.from({ length: acquisitionRows }, (_, index) => ({
      index,
      bins: word(acquisitionsAt + index * 4),
    })).filter(({ bins }) => bins > 0),
  };
}

function samplesOf(view: DataView, row: number, from: number, available: number): Int32Array {
  const first = view.getUint32(row, true);
  const count = view.getUint32(row + 4, true);
  if (first + count > available) throw new DecodeError('a table row points past the samples');
  return Int32Array.from({ length: count }, (_, index) => view.getInt32(from + (first + index) * 4, true));
}

function decodeInstruction(view: DataView, at: number, index: number): DecodedInstruction {
  const opcode = view.getUint8(at + InstructionWord.OPCODE);
  const found = byOpcode.get(opcode);
  if (found === undefined) throw new DecodeError(`instruction ${index} has opcode ${opcode}, which no instruction has`);
  const values = found.form.operands.map(({ field, mode, kind }) => {
    const signed = mode === 'immediate' && operandKinds[kind].least < 0 && operandKinds[kind].most < 2 ** 31;
    return getField(view, at, field, signed);
  });
  return { ...found, values, line: view.getUint16(at + InstructionWord.LINE, true) };
}

function getField(view: DataView, at: number, field: OperandField, signed: boolean): number {
  if (field === 'x') return view.getUint8(at + InstructionWord.X);
  if (field === 'duration') return view.getUint16(at + InstructionWord.DURATION, true);
  if (field === 'c') return view.getUint16(at + InstructionWord.C, true);
  const offset = at + (field === 'a' ? InstructionWord.A : InstructionWord.B);
  return signed ? view.getInt32(offset, true) : view.getUint32(offset, true);
}
