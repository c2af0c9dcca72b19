// A row more in the instruction table, without code, is an illegal instruction; a new form of an instruction that has code works.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { SequencerModule } from '../../host/board/sequencer/sequencer-module.ts';
import { compileGuest, repositoryRoot } from '../../host/tools/guest.ts';
import { sequencerSource } from '../../host/tools/sequencer.ts';
import { guestInstructions } from '../../protocol/generate/guest-instructions.ts';
import { InstructionWord } from '../../protocol/q1/encoding.ts';
import {
  type Instruction,
  instructions,
  opcodeCount,
  REAL_TIME_OPCODE,
  unusedOpcodes,
} from '../../protocol/q1/instructions.ts';
import type { Operand } from '../../protocol/q1/operands.ts';
import { SequenceLayout } from '../../protocol/q1/sequence.ts';
import { sequencerFlagNames } from '../../protocol/q1/status.ts';

/** Opcodes that are listed as unused: one of the classic core, one of the real-time core; and the next of the second set. */
const [[free]] = unusedOpcodes;
const next = unusedOpcodes.find(([first]) => first >= REAL_TIME_OPCODE)?.[0] ?? Number.NaN;
const nextOfSecondSet = opcodeCount(instructions);
/** The list without an opcode. */
const unusedWithout = (taken: number) =>
  unusedOpcodes.flatMap(([first, last, why]) =>
    first !== taken ? [[first, last, why] as const] : first < last ? [[first + 1, last, why] as const] : [],
  );

const generated = 'protocol/guest/generated/instructions.ts';
const duration: Operand = { kind: 'duration', mode: 'immediate', field: 'duration' };
const row = (mnemonic: string, group: Instruction['class'], opcode: number, operands: Operand[]): Instruction => ({
  ...{ mnemonic, class: group, commits: false, doc: 'New', costSource: 'simulator' },
  forms: [{ opcode, name: `${mnemonic.toUpperCase()}_I`, operands, steps: 1 }],
});

/** The sequencers as they are compiled with this table. */
async function grown(table: Instruction[], taken: number): Promise<SequencerModule> {
  const find = readFileSync(join(repositoryRoot, generated), 'utf8');
  const changes = [{ path: generated, find, replace: guestInstructions(table, unusedWithout(taken)) }];
  return new SequencerModule(await compileGuest(sequencerSource, { changes }));
}

type Word = [opcode: number, x: number, duration: number, a: number, b?: number];

/** A program of words, then `stop`, as it is uploaded. */
function sequenceOf(...program: Word[]): Uint8Array {
  const words: Word[] = [...program, [1, 0, 0, 0]];
  const bytes = new Uint8Array(SequenceLayout.HEADER_SIZE + words.length * InstructionWord.SIZE);
  const view = new DataView(bytes.buffer);
  view.setUint32(SequenceLayout.MAGIC, SequenceLayout.MAGIC_VALUE, true);
  view.setUint32(SequenceLayout.VERSION, SequenceLayout.VERSION_VALUE, true);
  view.setUint32(SequenceLayout.LENGTH, bytes.length, true);
  view.setUint32(SequenceLayout.INSTRUCTIONS, words.length, true);
  for (const [index, [opcode, x, length, a, b = 0]] of words.entries()) {
    const at = SequenceLayout.HEADER_SIZE + index * InstructionWord.SIZE;
    view.setUint8(at + InstructionWord.OPCODE, opcode);
    view.setUint8(at + InstructionWord.X, x);
    view.setUint16(at + InstructionWord.DURATION, length, true);
    view.setUint32(at + InstructionWord.A, a, true);
    view.setUint32(at + InstructionWord.B, b, true);
  }
  return bytes;
}

/** Flags of the first sequencer, which instruction it stopped at, and when its real-time core came to its end. */
function runOn(cores: SequencerModule, sequence: Uint8Array) {
  cores.stage(sequence);
  expect(cores.load(0, sequence.length, crc32(sequence))).toBe(0);
  cores.arm(1);
  cores.start(1);
  cores.run(1_000_000, 10_000);
  return {
    flags: sequencerFlagNames(cores.figure(0, 'FLAGS')),
    stoppedAt: cores.figure(0, 'FAULT_INDEX'),
    endNs: cores.figure(0, 'TIME_LOW'),
  };
}

const wait = (ns: number): Word => [77, 0, ns, 0];

describe('a row more in the instruction table', () => {
  test('of the real-time class stops the real-time core as illegal, and is no wait_sync', async () => {
    const cores = await grown([...instructions, row('spare', 'realTime', next, [duration])], next);
    const { flags, stoppedAt } = runOn(cores, sequenceOf(wait(100), [next, 0, 100, 0], wait(100)));
    expect([flags, stoppedAt]).toEqual([['SEQUENCE_PROCESSOR_RT_EXEC_ILLEGAL_INSTRUCTION'], 1]);
  });

  test.each([free, nextOfSecondSet])(
    'of the classic core, opcode %i, stops that as illegal, and does not wait for ever',
    async (opcode) => {
      const set = opcode === nextOfSecondSet ? 2 : undefined;
      const cores = await grown([...instructions, { ...row('spare', 'arithmetic', opcode, []), set }], opcode);
      const { flags, stoppedAt } = runOn(cores, sequenceOf([2, 0, 0, 0], [opcode, 0, 0, 0]));
      expect([flags, stoppedAt]).toEqual([['SEQUENCE_PROCESSOR_Q1_ILLEGAL_INSTRUCTION'], 1]);
    },
  );

  test('that is a form more of an instruction works without code: its operands are where the table says', async () => {
    const operands: Operand[] = [
      { kind: 'flag', mode: 'immediate', field: 'a' },
      { kind: 'duration', mode: 'source', field: 'b' },
    ];
    const table = instructions.map((each) =>
      each.mnemonic === 'set_latch_en'
        ? { ...each, forms: [...each.forms, { opcode: next, name: 'SET_LATCH_EN_D', operands, steps: 1 }] }
        : each,
    );
    const cores = await grown(table, next);
    const fromNumber = runOn(cores, sequenceOf([11, 3, 0, 400], [2, 0, 0, 0], [73, 0, 400, 1]));
    const fromRegister = runOn(cores, sequenceOf([11, 3, 0, 400], [2, 0, 0, 0], [next, 0, 0, 1, 3]));
    expect(fromRegister).toEqual(fromNumber);
    expect(fromNumber.endNs).toBeGreaterThan(400);
  });
});
