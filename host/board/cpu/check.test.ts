import { describe, expect, it } from 'vitest';
import { checkImage, ImageRefused, moduleBytesMax, type RefusalCode } from './cpu.ts';
import { prepareUncached } from './image.ts';
import { assemble, image } from './testing/modules.ts';
import { moduleOf } from './testing/raw-module.ts';

function refusalOf(bytes: Uint8Array): ImageRefused {
  try {
    prepareUncached(bytes);
  } catch (error) {
    if (error instanceof ImageRefused) return error;
    throw error;
  }
  throw new Error('the image was accepted, but a refusal was expected');
}

/** A module without the usual fields, for tests of those. */
const bare = (fields: string) => assemble(`(module ${fields})`);
const entries = '(func (export "reset")) (func (export "interrupt") (param i32))';
const memory = '(memory (export "memory") 1 1)';

type Case = [sentence: string, code: RefusalCode, bytes: () => Uint8Array, words: RegExp];

const opcodeCases: Case[] = [
  ['a float constant', 'float', () => image('(func $warm (drop (f32.const 1)))'), /f32\.const.*fixed point/],
  ['float arithmetic', 'float', () => image('(func $f (drop (f64.mul (f64.const 1) (f64.const 2))))'), /f64\.const/],
  [
    'a conversion to float',
    'float',
    () => image('(func $f (drop (f64.convert_i32_s (i32.const 1))))'),
    /f64\.convert_i32_s/,
  ],
  ['a saturating conversion', 'float', () => moduleOf([0x00, 0xfc, 0x02, 0x0b]), /i32\.trunc_sat_f64_s/],
  ['a SIMD instruction', 'simd', () => image('(func $f (drop (v128.const i32x4 1 2 3 4)))'), /SIMD opcode 0xfd 0xc/],
  [
    'an atomic instruction',
    'threads',
    () => image('(func $f (drop (i32.atomic.load (i32.const 0))))'),
    /atomic opcode 0xfe 0x10/,
  ],
  [
    'memory.grow',
    'memory-grow',
    () => image('(func $f (drop (memory.grow (i32.const 1))))'),
    /memory\.grow.*statically/,
  ],
  ['memory.init', 'bulk-memory', () => moduleOf([0x41, 0, 0x41, 0, 0x41, 0, 0xfc, 0x08, 0, 0, 0x0b]), /memory\.init/],
  ['data.drop', 'bulk-memory', () => moduleOf([0xfc, 0x09, 0, 0x0b]), /data\.drop/],
  ['a null reference', 'reference-types', () => image('(func $f (drop (ref.null func)))'), /ref\.null/],
  ['ref.func', 'reference-types', () => moduleOf([0xd2, 0, 0x1a, 0x0b]), /ref\.func/],
  [
    'table.get',
    'reference-types',
    () => image('(table 1 funcref) (func $f (drop (table.get 0 (i32.const 0))))'),
    /table\.get/,
  ],
  ['table.grow', 'reference-types', () => moduleOf([0xfc, 0x0f, 0, 0x0b]), /table\.grow/],
  ['a typed select', 'reference-types', () => moduleOf([0x1c, 1, 0x7f, 0x0b]), /select_typed/],
  ['a garbage collection opcode', 'reference-types', () => moduleOf([0xfb, 0, 0, 0x0b]), /garbage collection/],
  ['a tail call', 'tail-calls', () => image('(func $g) (func $f (return_call $g))'), /return_call.*always returns/],
  ['throw', 'exceptions', () => moduleOf([0x08, 0, 0x0b]), /throw.*error code/],
  ['try', 'exceptions', () => moduleOf([0x06, 0x40, 0x0b, 0x0b]), /^.*\btry\b/],
  ['an unknown opcode', 'unknown-opcode', () => moduleOf([0x27, 0x0b]), /opcode 0x27/],
  ['an unknown prefixed opcode', 'unknown-opcode', () => moduleOf([0xfc, 0x1f, 0x0b]), /opcode 0xfc 0x1f/],
  ['an unknown prefix', 'unknown-opcode', () => moduleOf([0xff, 0x01, 0x0b]), /opcode 0xff 0x1/],
  ['a block of two values', 'multi-value', () => moduleOf([0x02, 0x00, 0x0b, 0x0b]), /one integer or nothing/],
  ['a block of a float', 'float', () => moduleOf([0x02, 0x7d, 0x00, 0x0b, 0x1a, 0x0b]), /block of type 0x7d/],
];

const typeCases: Case[] = [
  ['a float parameter', 'float', () => image('(func $f (param f32))'), /parameter of type/],
  ['a float result', 'float', () => image('(func $f (result f64) (unreachable))'), /result of type/],
  ['a float local', 'float', () => image('(func $f (local f64))'), /a local is no integer/],
  ['a float global', 'float', () => image('(global (mut f32) (f32.const 0))'), /initial value is a float/],
  ['a vector parameter', 'simd', () => image('(func $f (param v128))'), /no integer/],
  ['a reference parameter', 'reference-types', () => image('(func $f (param externref))'), /no integer/],
  ['two results', 'multi-value', () => image('(func $f (result i32 i32) (unreachable))'), /2 results/],
  ['too many locals', 'limit', () => image(`(func $f ${'(local i32 i64)'.repeat(600)})`), /over 1024 locals/],
  [
    'too many mutable globals',
    'limit',
    () => image('(global (mut i32) (i32.const 0))'.repeat(4097)),
    /4097 mutable globals; at most 4096/,
  ],
];

const importCases: Case[] = [
  ['env.abort', 'import', () => image('', {}, '(import "env" "abort" (func (param i32 i32 i32 i32)))'), /env\.abort/],
  [
    'another function of the bus',
    'import',
    () => image('', {}, '(import "bus" "read8" (func (param i32) (result i32)))'),
    /bus\.read8/,
  ],
  ['toString of the bus', 'import', () => image('', {}, '(import "bus" "toString" (func))'), /bus\.toString/],
  [
    'a bus access of another type',
    'import',
    () => image('', {}, '(import "bus" "read32" (func (param i64) (result i32)))'),
    /\(i64\) -> \(i32\); the core provides \(i32\) -> \(i32\)/,
  ],
  [
    'an imported memory',
    'import',
    () => bare(`(import "bus" "memory" (memory 1 1)) ${entries}`),
    /bus\.memory is a memory/,
  ],
  ['an imported global', 'import', () => image('', {}, '(import "bus" "time" (global i32))'), /bus\.time is a global/],
  [
    'an import in the table',
    'import',
    () => image('(table 1 funcref) (elem (i32.const 0) $read32)'),
    /read32 is an import in the table/,
  ],
  ['an import exported again', 'import', () => image('(export "peek" (func $read32))'), /"peek" hands an import on/],
];

const shapeCases: Case[] = [
  ['no reset', 'export', () => bare(`${memory} (func (export "interrupt") (param i32))`), /no exported function reset/],
  ['no interrupt', 'export', () => bare(`${memory} (func (export "reset"))`), /no exported function interrupt/],
  [
    'a reset that wants something',
    'export',
    () => bare(`${memory} (func (export "reset") (param i32)) (func (export "interrupt") (param i32))`),
    /reset has the type \(i32\) -> \(\)/,
  ],
  [
    'a reset that is no function',
    'export',
    () => bare(`${memory} (global (export "reset") i32 (i32.const 0)) (func (export "interrupt") (param i32))`),
    /no exported function reset/,
  ],
  ['a memory that is not exported', 'export', () => bare(`(memory 1 1) ${entries}`), /not exported as "memory"/],
  ['no memory', 'memory', () => bare(entries), /0 memories/],
  ['two memories', 'memory', () => bare(`${memory} (memory 1 1) ${entries}`), /2 memories/],
  ['a memory without maximum', 'memory', () => bare(`(memory (export "memory") 1) ${entries}`), /no maximum/],
  ['a memory that may grow', 'memory', () => bare(`(memory (export "memory") 1 2) ${entries}`), /from 1 to 2 pages/],
  ['a memory of no page', 'memory', () => bare(`(memory (export "memory") 0 0) ${entries}`), /0 pages/],
  [
    'a memory of nine pages',
    'memory',
    () => bare(`(memory (export "memory") 9 9) ${entries}`),
    /9 pages of memory; the core has 1 to 8 \(512 KiB/,
  ],
  ['a 64-bit memory', 'memory', () => bare(`(memory (export "memory") i64 1 1) ${entries}`), /64-bit/],
  ['a shared memory', 'threads', () => bare(`(memory (export "memory") 1 1 shared) ${entries}`), /shared/],
  [
    'data beyond RAM',
    'memory',
    () => image('(data (i32.const 65533) "four")'),
    /data for bytes 65533 to 65537; RAM ends at 65536/,
  ],
  ['a passive data segment', 'bulk-memory', () => image('(data "idle")'), /data segment of kind 1/],
  ['two tables', 'table', () => image('(table 1 funcref) (table 1 funcref)'), /2 tables/],
  ['a table of external references', 'reference-types', () => image('(table 1 externref)'), /table of type 0x6f/],
  ['an endless table', 'limit', () => image('(table 5000 funcref)'), /5000 entries; the core has 4096/],
  [
    'table entries beyond the table',
    'table',
    () => image('(table 1 funcref) (func $f) (elem (i32.const 1) $f)'),
    /entries 1 to 2 of a table of 1/,
  ],
  [
    'a passive element segment',
    'reference-types',
    () => image('(func $f) (elem $idle func $f)'),
    /element segment of kind/,
  ],
  ['a start function', 'start', () => image('(func $begin) (start $begin)'), /start section.*reset\(\)/],
  ['an exception tag', 'exceptions', () => image('(tag $oops (param i32))'), /exception tags/],
  [
    'more than a slot of flash',
    'size',
    () => new Uint8Array(moduleBytesMax + 1),
    /524289 bytes; a slot of flash holds 524288/,
  ],
  ['not wasm at all', 'malformed', () => new TextEncoder().encode('#!/bin/sh\n'), /do not start as wasm/],
  ['erased flash', 'malformed', () => new Uint8Array(4096).fill(0xff), /do not start as wasm/],
  ['nothing', 'malformed', () => new Uint8Array(), /do not start as wasm/],
  [
    'operands of the wrong type',
    'invalid',
    () => moduleOf([0x42, 0, 0x41, 0, 0x6a, 0x1a, 0x0b]),
    /i32\.add\[0\] expected type i32, found i64/,
  ],
  [
    'a store to an immutable global',
    'invalid',
    () => image('(global i32 (i32.const 1)) (func $f (global.set 0 (i32.const 2)))'),
    /immutable/,
  ],
];

describe('an image is refused, with the reason, for', () => {
  it.each([...opcodeCases, ...typeCases, ...importCases, ...shapeCases])('%s', (_, code, bytes, words) => {
    const refusal = refusalOf(bytes());
    expect(refusal.code).toBe(code);
    expect(refusal.message).toMatch(words);
  });
});

describe('a refusal points', () => {
  it('to the byte of the opcode and to its function by name', () => {
    const bytes = image('(func $firmware/heater/tick (drop (f32.const 1)))');
    const refusal = refusalOf(bytes);
    expect(bytes[refusal.offset]).toBe(0x43);
    expect(refusal.functionName).toBe('firmware/heater/tick');
    expect(refusal.message).toContain(`at byte 0x${refusal.offset.toString(16)} in firmware/heater/tick`);
  });

  it('to the byte the engine objects to, counted in the image as it was flashed', () => {
    const bytes = moduleOf([0x41, 0, 0x41, 0, 0x1a, 0x1a, 0x42, 0, 0x41, 0, 0x6a, 0x1a, 0x0b]);
    expect(bytes[refusalOf(bytes).offset]).toBe(0x42); // the i64 operand of i32.add
  });

  it('to a function by its number when the image has no names', () => {
    expect(refusalOf(moduleOf([0x40, 0, 0x0b])).functionName).toBe('reset');
    expect(refusalOf(moduleOf([0x0b], [[0x00, 0x40, 0, 0x0b]])).functionName).toBe('function[4]');
  });
});

describe('recursion is refused', () => {
  it.each([
    ['of a function on itself', '(func $f (call $f))', /recursion: f -> f;/],
    ['of two on each other', '(func $f (call $g)) (func $g (call $f))', /recursion: f -> g -> f;/],
    [
      'through the table',
      '(table 1 funcref) (elem (i32.const 0) $g) (type $t (func)) (func $f (call_indirect (type $t) (i32.const 0))) (func $g (call $f))',
      /recursion: f -> \(indirect call\) -> g -> f;/,
    ],
    [
      'of a long chain, shortened in the middle',
      Array.from({ length: 40 }, (_, i) => `(func $f${i} (call $f${(i + 1) % 40}))`).join(' '),
      /f0 -> f1 -> .* -> f10 -> … -> f0;/,
    ],
  ])('%s', (_, fields, words) => {
    const refusal = refusalOf(image(fields));
    expect(refusal.code).toBe('recursion');
    expect(refusal.message).toMatch(words);
  });

  it('but not an indirect call whose type no caller in the table has', () => {
    const fields = `(table 1 funcref) (elem (i32.const 0) $g) (type $t (func)) (type $u (func (param i32)))
      (func $f (call_indirect (type $t) (i32.const 0))) (func $g (param i32) (call $f))`;
    expect(() => checkImage(image(fields))).not.toThrow();
  });
});

describe('the stack is bounded at load', () => {
  const chain = (length: number, locals: number) =>
    Array.from(
      { length },
      (_, i) => `(func $f${i} ${`(local${' i64'.repeat(locals)})`} ${i + 1 < length ? `(call $f${i + 1})` : ''})`,
    ).join(' ');

  it('by the deepest path: linkage, locals and operands of every frame', () => {
    const checked = checkImage(image('(func $f (drop (i32.add (i32.const 1) (i32.const 2))))', { reset: '(call $f)' }));
    expect(checked.stackBytes).toBe(64 + (64 + 2 * 8));
  });

  it('and refused when it is too deep', () => {
    expect(() => checkImage(image(chain(15, 1000), { reset: '(call $f0)' }))).not.toThrow();
    const refusal = refusalOf(image(chain(20, 1000), { reset: '(call $f0)' }));
    expect(refusal.code).toBe('stack-depth');
    expect(refusal.message).toMatch(/from reset takes 161\d+ bytes of stack; the core has 131072/);
  });
});

describe('an image is accepted with', () => {
  it.each([
    ['sign extension', '(func (drop (i64.extend32_s (i64.extend8_s (i64.const 200)))))'],
    [
      'memory.copy and memory.fill',
      '(func (memory.copy (i32.const 0) (i32.const 8) (i32.const 8)) (memory.fill (i32.const 0) (i32.const 1) (i32.const 8)))',
    ],
    ['mutable and exported globals', '(global (export "tick") (mut i64) (i64.const -1))'],
    ['a table that may be exported', '(table (export "table") 4 8 funcref) (func $f) (elem (i32.const 3) $f)'],
    ['data up to the last byte', '(data (i32.const 65532) "four")'],
    [
      'exports called as our own are',
      '(func (export "readCycles") (result i32) (i32.const 1)) (global (export "cycles") i32 (i32.const 5))',
    ],
    ['eight pages', '', 8],
  ])('%s', (_, fields, pages = 1) => {
    expect(prepareUncached(image(fields, { pages })).memoryPages).toBe(pages);
  });

  it('no bus at all', () => {
    expect(prepareUncached(bare(`${memory} ${entries}`)).functionNames).toEqual(['reset', 'interrupt']);
  });
});
