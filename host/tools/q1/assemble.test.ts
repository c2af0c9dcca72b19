import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { InstructionWord } from '../../../protocol/q1/encoding.ts';
import { instructions, isInSet } from '../../../protocol/q1/instructions.ts';
import { operandKinds } from '../../../protocol/q1/operands.ts';
import { SequenceLayout } from '../../../protocol/q1/sequence.ts';
import { cases } from '../../board/testing/cases.ts';
import { assembleSequence, decodeSequence, disassemble, disassembleToSequence, type Q1Error } from './index.ts';
import { jsonFault } from './json-place.ts';
import { assembled, corpusPrograms, findingsIn, hasCorpus, legalProgram } from './testing.ts';

const decoded = (...lines: string[]) =>
  decodeSequence(assembled(...lines).binary).instructions.map(({ form, values }) => [form.name, ...values]);

function messages(...lines: string[]): string[] {
  try {
    assembled(...lines);
    return [];
  } catch (problem) {
    return (problem as Q1Error).message.split('\n');
  }
}

describe('the assembler', () => {
  it('reads labels that stand alone, before an instruction, and after their use', () => {
    expect(decoded('jmp @end', '', '_start:', ' loop R1,@_start', 'end: stop')).toEqual([
      ['JMP_I', 2],
      ['LOOP_I', 1, 1],
      ['STOP'],
    ]);
  });

  it.each([
    ['1000', 1000],
    ['-42', 2 ** 32 - 42],
    ['0x3a', 58],
    ['-0x123', 2 ** 32 - 0x123],
    ['4294967295', 2 ** 32 - 1],
    ['-2147483648', 2 ** 31],
  ])('reads the number %s', (text, value) => {
    expect(decoded(`move ${text},R63`)).toEqual([['MOVE_I', value, 63]]);
  });

  it('keeps signed operands signed', () => {
    expect(decoded('set_awg_gain -32768,32767', 'set_freq -2000000000')).toEqual([
      ['SET_AWG_GAIN_I', -32768, 32767],
      ['SET_FREQ_I', -2_000_000_000],
    ]);
  });

  it.each([1, 2] as const)('knows every form of every mnemonic of set %i by its operands', (set) => {
    for (const { mnemonic, forms } of instructions.filter((row) => isInSet(row, set))) {
      for (const form of forms) {
        const operands = form.operands.map(({ mode, kind }) => (mode === 'immediate' ? operandKinds[kind].most : 'R4'));
        const [[name]] = decoded(`.DEF INSTRUCTION_SET ${set}`, `${mnemonic} ${operands.join(',')}`);
        expect(name).toBe(form.name);
      }
    }
  });

  it('puts the line of the source into the word', () => {
    const { binary } = assembled('', 'nop', '# nothing', 'stop');
    const lines = [0, 1].map((index) =>
      new DataView(binary.buffer).getUint16(
        SequenceLayout.HEADER_SIZE + index * InstructionWord.SIZE + InstructionWord.LINE,
        true,
      ),
    );
    expect(lines).toEqual([2, 4]);
  });
});

describe('errors of the assembler', () => {
  it('are given all at once, with line, column, what was found and what was expected', () => {
    expect(messages('start: wiat 100', 'wait 3', 'play R1,0,3', 'jmp @strat', 'move 1,R64', 'add R1 2')).toEqual([
      'test:1:8: error: unknown instruction "wiat": did you mean wait?',
      'test:2:6: error: 3 is not a duration in ns: expected 4 to 65535',
      'test:3:9: error: play does not take this mixture of numbers and registers: expected play WAVE,WAVE,DURATION or play REGISTER,REGISTER,DURATION',
      'test:3:11: error: 3 is not a duration in ns: expected 4 to 65535',
      'test:4:5: error: label @strat is not defined: did you mean @start?',
      'test:5:8: error: there is no register R64: expected R0 to R63',
      'test:6:1: error: add takes 3 operands, not 2: expected add REGISTER,WORD,REGISTER or add REGISTER,REGISTER,REGISTER',
      'test:6:8: error: a comma is missing before this operand',
    ]);
  });

  it.each([
    ['fb_pop_data 1,R1', 'fb_pop_data belongs to the feedback network between modules (LINQ)'],
    ['add 1,2,R1', 'operand 1 of add cannot be a number'],
    [
      '.DEF INSTRUCTION_SET 2\nadd 1,2,R1',
      'add does not take this mixture of numbers and registers: expected add REGISTER,WORD',
    ],
    ['fb_acq_tb_mock_en 1,1,1,4', 'fb_acq_tb_mock_en belongs to the feedback network between modules (LINQ)'],
    ['.DEF INSTRUCTION_SET 2\nmulu16 R1,65536,R2', '65536 is not a number: expected 0 to 65535'],
    ['.DEF INSTRUCTION_SET 2\njlt R1,0', 'jlt takes 3 operands, not 2'],
    ['set_time_ref', 'set_time_ref belongs to the time-tagging module'],
    ['WAIT 100', 'mnemonics are lower case, wait'],
    ['wait r1', 'r1 is not a register: they are written with a capital R'],
    ['wait 1.5', '1.5 is not a whole number'],
    ['wait $T', 'alias $T is not defined: write .DEF T value'],
    ['.DEF 1A 3', '"1A" cannot be an alias'],
    ['.DEF A', '.DEF takes a name and a value'],
    ['.ORG 4', 'unknown directive ".ORG": expected .DEF'],
    ['sw_req 1', 'sw_req belongs to the software of a module, which these sequencers do not have'],
    ['a: nop\na: nop', 'label a is defined twice'],
    ['move 4294967296,R1', '4294967296 is not a number: expected -2147483648 to 4294967295'],
    ['wait @a\na: stop', '@a is an instruction address: expected a duration in ns, 4 to 65535'],
    ['move R1,5', 'operand 2 of move cannot be a number: expected move WORD,REGISTER or move REGISTER,REGISTER'],
    ['wait_trigger 0,4', '0 is not a trigger address: expected 1 to 15'],
  ])('of %j say %j', (text, message) => {
    expect(messages(...text.split('\n')).join('\n')).toContain(message);
  });

  it('are not more than a person reads', () => {
    expect(messages(...Array(500).fill('what')).length).toBe(101);
    expect(messages(...Array(500).fill('what')).at(-1)).toBe('400 more errors are not shown');
    expect(messages(...Array(100).fill('what')).length).toBe(100);
  });

  it('are all there for a machine, and counted', () => {
    expect(findingsIn(Array(500).fill('what').join('\n')).length).toBe(500);
  });
});

describe('a sequence file', () => {
  const sequence = (changes: object) =>
    JSON.stringify({ program: 'stop', waveforms: {}, weights: {}, acquisitions: {}, ...changes });

  it('may give its program as one string or as a list of lines, and leave out what it has not', () => {
    const one = assembleSequence('{"program": "nop\\nstop"}', 'a').binary;
    const other = assembleSequence('{"program": ["nop\\n", "stop"]}', 'a').binary;
    expect(disassemble(other)).toBe(disassemble(one));
  });

  it('keeps samples as value times 32768 without its fraction, full scale included', () => {
    const { binary } = assembleSequence(
      sequence({ waveforms: { a: { data: [1, -1, 0.5, -0.00005], index: 3 } } }),
      'a',
    );
    const [{ index, samples }] = decodeSequence(binary).waveforms;
    expect([index, ...samples]).toEqual([3, 32768, -32768, 16384, -1]);
  });

  it.each([
    [{ program: 7 }, 'program', 'found 7: expected a string or a list of lines'],
    [{ waveforms: [] }, 'waveforms', 'found []: expected an object of named entries'],
    [
      { waveforms: { a: { data: [0, 1.5], index: 0 } } },
      'waveforms.a.data[1]',
      'found 1.5: expected a number from -1 to 1',
    ],
    [{ waveforms: { a: { data: 'x', index: 0 } } }, 'waveforms.a.data', 'found "x": expected a list of numbers'],
    [{ waveforms: { a: { data: [], index: 0 } } }, 'waveforms.a.data', 'expected at least one sample'],
    [
      { weights: { a: { data: [0], index: 0 }, b: { data: [0], index: 0 } } },
      'weights.b.index',
      'expected an index a does not have',
    ],
    [
      { acquisitions: { a: { num_bins: 0, index: 0 } } },
      'acquisitions.a.num_bins',
      'found 0: expected a whole number of bins',
    ],
    [{ acquisitions: { a: { num_bins: 1 } } }, 'acquisitions.a.index', 'missing: expected a whole number, 0 or more'],
  ])('that is wrong is refused with the path: %j', (changes, path, message) => {
    try {
      assembleSequence(sequence(changes), 'a.json');
      expect.unreachable();
    } catch (problem) {
      expect((problem as Q1Error).findings[0]).toMatchObject({ path });
      expect((problem as Q1Error).message).toContain(`a.json[${path}]: error: `);
      expect((problem as Q1Error).message).toContain(message);
    }
  });

  it.each([
    ['{"program": "stop",\n  "waveforms": }', '2:16', 'found "}", expected a value'],
    ['{"program": "stop",\n}', '2:1', 'found "}", expected a name in double quotes'],
    ['{"program" "stop"}', '1:12', 'expected a colon'],
    ['{"waveforms": {"a": {"data": [0 1]}}}', '1:33', 'found "1", expected a comma or ]'],
    ['{"program": "stop"', '1:19', 'the file ends here, expected a comma or }'],
    ['{"program": "stop"} x', '1:21', 'expected the end of the file'],
    ['{"program": \'stop\'}', '1:13', 'expected a value'],
  ])('that is not JSON says where it stops being so: %j', (text, place, message) => {
    expect(() => assembleSequence(text, 'a.json')).toThrow(`a.json:${place}: error: not valid JSON: `);
    expect(() => assembleSequence(text, 'a.json')).toThrow(message);
  });

  test('finds a fault in a text exactly when the parser does', () => {
    const damaged = fc
      .tuple(fc.json(), fc.nat(), fc.constantFrom('', ',', '"', '}', ']', ':', '0', '\\', ' ', '\n'))
      .map(
        ([text, at, piece]) => text.slice(0, at % (text.length + 1)) + piece + text.slice((at % (text.length + 1)) + 1),
      );
    const parses = (text: string) => {
      try {
        JSON.parse(text);
        return true;
      } catch {
        return false;
      }
    };
    fc.assert(
      fc.property(damaged, (text) => (jsonFault(text) === undefined) === parses(text)),
      cases(2000),
    );
  });

  it('says at once what is wrong with its tables and with its program', () => {
    const text = sequence({ program: ['wait 1'], weights: { a: { data: [2], index: 0 } }, acquisitions: 5 });
    expect(() => assembleSequence(text, 'a.json')).toThrow(
      [
        'a.json[weights.a.data[0]]: error: found 2: expected a number from -1 to 1',
        'a.json[acquisitions]: error: found 5: expected an object of named entries',
        'a.json[program]:1:6: error: 1 is not a duration in ns: expected 4 to 65535',
      ].join('\n'),
    );
  });

  it('that has several bad samples names every one', () => {
    const data = [0.5, 2, 'x', 0, null, -1.25];
    expect(findingsIn(sequence({ waveforms: { a: { data, index: 0 } } }))).toEqual(
      [1, 2, 4, 5].map((index) => `waveforms.a.data[${index}] SEQUENCE`),
    );
  });

  it('names lines of its program as such', () => {
    expect(() => assembleSequence(sequence({ program: ['nop', 'wait 1'] }), 'a.json')).toThrow(
      'a.json[program]:2:6: error',
    );
  });
});

describe('assembling and disassembling', () => {
  /** Without what names the source's lines. */
  const withoutLines = (binary: Uint8Array): Uint8Array => {
    const copy = binary.slice();
    const view = new DataView(copy.buffer);
    const count = view.getUint32(SequenceLayout.INSTRUCTIONS, true);
    for (let index = 0; index < count; index += 1) {
      view.setUint16(SequenceLayout.HEADER_SIZE + index * InstructionWord.SIZE + InstructionWord.LINE, 0, true);
    }
    return copy;
  };

  test.each([1, 2] as const)('gives the same bytes, for every legal program of set %i', (set) => {
    fc.assert(
      fc.property(legalProgram(set), (text) => {
        const { binary } = assembled(text);
        expect(withoutLines(assembled(disassemble(binary)).binary)).toEqual(withoutLines(binary));
      }),
      cases(300),
    );
  });

  test.runIf(hasCorpus)('gives the same bytes and no findings, for all programs of the shared corpus', () => {
    const programs = corpusPrograms();
    expect(programs.length).toBeGreaterThanOrEqual(52);
    for (const { name, text } of programs) {
      const { binary, findings } = assembleSequence(text, name);
      expect(findings, name).toEqual([]);
      const again = assembleSequence(JSON.stringify(disassembleToSequence(binary)), name);
      expect(withoutLines(again.binary), name).toEqual(withoutLines(binary));
    }
  });

  if (!hasCorpus) console.log('the shared corpus is not here: its programs are not assembled');

  test('bytes that are no sequence are refused with a sentence', () => {
    const { binary } = assembled('stop');
    expect(() => disassemble(new Uint8Array(100))).toThrow('does not begin with "Q1SQ"');
    expect(() => disassemble(binary.subarray(0, binary.length - 1))).toThrow('was it cut short?');
    const strange = binary.slice();
    strange[SequenceLayout.HEADER_SIZE] = 63;
    expect(() => disassemble(strange)).toThrow('instruction 0 has opcode 63');
  });
});
