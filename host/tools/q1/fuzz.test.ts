import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { anyCharacter } from '../../board/testing/any-text.ts';
import { cases } from '../../board/testing/cases.ts';
import { assembleSequence, DecodeError, disassemble, Q1Error } from './index.ts';
import { corpusPrograms, legalProgram } from './testing.ts';

/** Assembles, or is refused with findings that have a place; anything else is a bug. */
function survives(text: string): void {
  try {
    const { binary, findings } = assembleSequence(text, 'fuzz');
    if (findings.every(({ severity }) => severity !== 'error')) expect(disassemble(binary)).toBeTypeOf('string');
  } catch (problem) {
    if (!(problem instanceof Q1Error)) throw problem;
    expect(problem.findings.length).toBeGreaterThan(0);
    for (const { line, path } of problem.findings) expect(line > 0 || path !== undefined).toBe(true);
  }
}

const words = [
  ...[
    'move',
    'wait',
    'play',
    'loop',
    'jmp',
    'set_cond',
    'acquire_weighed',
    '.DEF',
    'stop',
    'cmp',
    'R0',
    'R63',
    'R64',
    'r1',
  ],
  ...[
    '@a',
    'a:',
    '$a',
    'a',
    '0',
    '-1',
    '0x',
    '0xffffffffff',
    '1e9',
    '65536',
    ',',
    ',,',
    '#',
    '\t',
    '\n',
    '\r\n',
    ' ',
    '\u0000',
    '💡',
  ],
  ...['__proto__', 'constructor:', '@toString', '$valueOf'],
];

describe('the assembler throws nothing but its own error', () => {
  test('on any text', () => {
    fc.assert(fc.property(fc.string({ unit: anyCharacter, maxLength: 200 }), survives), cases(500));
  });

  test('on words of the language in any order', () => {
    const text = fc.array(fc.constantFrom(...words), { maxLength: 60 }).map((parts) => parts.join(' '));
    fc.assert(fc.property(text, survives), cases(1500));
  });

  test('on legal programs with a few characters changed', () => {
    const damaged = fc
      .tuple(
        fc.oneof(legalProgram(1, 12), legalProgram(2, 12)),
        fc.array(fc.tuple(fc.nat(), fc.string({ maxLength: 3 })), { minLength: 1, maxLength: 4 }),
      )
      .map(([text, changes]) =>
        changes.reduce((result, [at, piece]) => {
          const place = at % (result.length + 1);
          return result.slice(0, place) + piece + result.slice(place + 1);
        }, text),
      );
    fc.assert(fc.property(damaged, survives), cases(500));
  });

  test('on any JSON where a sequence should be', () => {
    const part = fc.oneof(fc.jsonValue(), fc.dictionary(fc.string(), fc.jsonValue()));
    const sequence = fc
      .record({ program: fc.jsonValue(), waveforms: part, weights: part, acquisitions: part }, { requiredKeys: [] })
      .map((value) => JSON.stringify(value));
    fc.assert(fc.property(sequence, survives), cases(500));
  });

  test('on the shared corpus with characters missing (nothing to do where it is not here)', () => {
    for (const [index, { text }] of corpusPrograms().entries()) {
      const cut = (index * 7919) % text.length;
      survives(text.slice(0, cut) + text.slice(cut + 1));
    }
  });
});

test('the disassembler throws nothing but its own error on bytes of any kind', () => {
  const { binary } = assembleSequence(
    '{"program":"play 0,0,100\\nstop","waveforms":{"a":{"data":[0,1],"index":0}}}',
    'a',
  );
  const damaged = fc.array(fc.tuple(fc.nat(binary.length - 1), fc.nat(255)), { maxLength: 6 }).map((changes) => {
    const bytes = binary.slice();
    for (const [at, value] of changes) bytes[at] = value;
    return bytes;
  });
  fc.assert(
    fc.property(fc.oneof(damaged, fc.uint8Array({ maxLength: 200 })), (bytes) => {
      try {
        disassemble(bytes);
      } catch (problem) {
        if (!(problem instanceof DecodeError)) throw problem;
      }
    }),
    cases(1000),
  );
});
