// Every opcode the core knows: its mnemonic, the shape of what follows it, and whether an image may use it.
// An opcode behind the prefix 0xfc has the key 0x100 + its number. The integer part of wasm 1.0, sign extension and
// memory.copy / memory.fill are allowed; the rest is listed only so that a refusal can give its name.

import type { RefusalCode } from './refused.ts';

export const Immediate = {
  NONE: 0,
  BLOCK: 1,
  LABEL: 2,
  LABEL_TABLE: 3,
  FUNCTION: 4,
  INDIRECT: 5,
  LOCAL: 6,
  GLOBAL: 7,
  MEMORY_ACCESS: 8,
  ZERO_BYTE: 9,
  TWO_ZERO_BYTES: 10,
  CONST_I32: 11,
  CONST_I64: 12,
} as const;

export interface Opcode {
  key: number;
  mnemonic: string;
  immediate: number;
  /** How the operand stack grows; `null` where that depends on the immediate (calls) or on structure. */
  stackDelta: number | null;
  refusal: RefusalCode | null;
}

/** By key; undefined where no opcode is known. */
export const opcodes: (Opcode | undefined)[] = new Array(0x100 + 0x20).fill(undefined);
const keys = new Map<string, number>();

function define(firstKey: number, mnemonics: string, immediate: number, stackDelta: number | null): void {
  for (const [index, mnemonic] of mnemonics.split(' ').entries()) {
    const key = firstKey + index;
    if (opcodes[key] || keys.has(mnemonic)) throw new Error(`opcode 0x${key.toString(16)} ${mnemonic} is listed twice`);
    opcodes[key] = { key, mnemonic, immediate, stackDelta, refusal: null };
    keys.set(mnemonic, key);
  }
}

function refuse(firstKey: number, mnemonics: string, refusal: RefusalCode): void {
  define(firstKey, mnemonics, Immediate.NONE, null);
  for (const mnemonic of mnemonics.split(' ')) (opcodes[keyOf(mnemonic)] as Opcode).refusal = refusal;
}

/** The key of a mnemonic. */
export function keyOf(mnemonic: string): number {
  const key = keys.get(mnemonic);
  if (key === undefined) throw new Error(`no opcode is called ${mnemonic}`);
  return key;
}

const both = (template: string) => template.replaceAll('T', 'i32');
const wide = (template: string) => template.replaceAll('T', 'i64');
const comparisons = 'T.eq T.ne T.lt_s T.lt_u T.gt_s T.gt_u T.le_s T.le_u T.ge_s T.ge_u';
const counts = 'T.clz T.ctz T.popcnt';
const arithmetic =
  'T.add T.sub T.mul T.div_s T.div_u T.rem_s T.rem_u T.and T.or T.xor T.shl T.shr_s T.shr_u T.rotl T.rotr';
const floatComparisons = 'T.eq T.ne T.lt T.gt T.le T.ge';
const floatArithmetic =
  'T.abs T.neg T.ceil T.floor T.trunc T.nearest T.sqrt T.add T.sub T.mul T.div T.min T.max T.copysign';

// Control
define(0x00, 'unreachable nop', Immediate.NONE, 0);
define(0x02, 'block loop', Immediate.BLOCK, 0);
define(0x04, 'if', Immediate.BLOCK, -1);
define(0x05, 'else', Immediate.NONE, null);
define(0x0b, 'end', Immediate.NONE, null);
define(0x0c, 'br', Immediate.LABEL, 0);
define(0x0d, 'br_if', Immediate.LABEL, -1);
define(0x0e, 'br_table', Immediate.LABEL_TABLE, -1);
define(0x0f, 'return', Immediate.NONE, 0);
define(0x10, 'call', Immediate.FUNCTION, null);
define(0x11, 'call_indirect', Immediate.INDIRECT, null);
define(0x1a, 'drop', Immediate.NONE, -1);
define(0x1b, 'select', Immediate.NONE, -2);
// Variables
define(0x20, 'local.get', Immediate.LOCAL, 1);
define(0x21, 'local.set', Immediate.LOCAL, -1);
define(0x22, 'local.tee', Immediate.LOCAL, 0);
define(0x23, 'global.get', Immediate.GLOBAL, 1);
define(0x24, 'global.set', Immediate.GLOBAL, -1);
// Memory
define(0x28, 'i32.load i64.load', Immediate.MEMORY_ACCESS, 0);
define(0x2c, 'i32.load8_s i32.load8_u i32.load16_s i32.load16_u', Immediate.MEMORY_ACCESS, 0);
define(0x30, 'i64.load8_s i64.load8_u i64.load16_s i64.load16_u i64.load32_s i64.load32_u', Immediate.MEMORY_ACCESS, 0);
define(0x36, 'i32.store i64.store', Immediate.MEMORY_ACCESS, -2);
define(0x3a, 'i32.store8 i32.store16 i64.store8 i64.store16 i64.store32', Immediate.MEMORY_ACCESS, -2);
define(0x3f, 'memory.size', Immediate.ZERO_BYTE, 1);
define(0x10a, 'memory.copy', Immediate.TWO_ZERO_BYTES, -3);
define(0x10b, 'memory.fill', Immediate.ZERO_BYTE, -3);
// Integers
define(0x41, 'i32.const', Immediate.CONST_I32, 1);
define(0x42, 'i64.const', Immediate.CONST_I64, 1);
define(0x45, 'i32.eqz', Immediate.NONE, 0);
define(0x46, both(comparisons), Immediate.NONE, -1);
define(0x50, 'i64.eqz', Immediate.NONE, 0);
define(0x51, wide(comparisons), Immediate.NONE, -1);
define(0x67, both(counts), Immediate.NONE, 0);
define(0x6a, both(arithmetic), Immediate.NONE, -1);
define(0x79, wide(counts), Immediate.NONE, 0);
define(0x7c, wide(arithmetic), Immediate.NONE, -1);
define(0xa7, 'i32.wrap_i64', Immediate.NONE, 0);
define(0xac, 'i64.extend_i32_s i64.extend_i32_u', Immediate.NONE, 0);
define(0xc0, 'i32.extend8_s i32.extend16_s i64.extend8_s i64.extend16_s i64.extend32_s', Immediate.NONE, 0);
// Refused
refuse(0x06, 'try catch throw rethrow throw_ref', 'exceptions');
refuse(0x18, 'delegate catch_all', 'exceptions');
refuse(0x1f, 'try_table', 'exceptions');
refuse(0x12, 'return_call return_call_indirect', 'tail-calls');
refuse(0x14, 'call_ref', 'reference-types');
refuse(0x15, 'return_call_ref', 'tail-calls');
refuse(0x1c, 'select_typed', 'reference-types');
refuse(0x25, 'table.get table.set', 'reference-types');
refuse(0xd0, 'ref.null ref.is_null ref.func ref.eq ref.as_non_null br_on_null br_on_non_null', 'reference-types');
refuse(0x2a, 'f32.load f64.load', 'float');
refuse(0x38, 'f32.store f64.store', 'float');
refuse(0x43, 'f32.const f64.const', 'float');
refuse(0x5b, floatComparisons.replaceAll('T', 'f32'), 'float');
refuse(0x61, floatComparisons.replaceAll('T', 'f64'), 'float');
refuse(0x8b, floatArithmetic.replaceAll('T', 'f32'), 'float');
refuse(0x99, floatArithmetic.replaceAll('T', 'f64'), 'float');
refuse(0xa8, 'i32.trunc_f32_s i32.trunc_f32_u i32.trunc_f64_s i32.trunc_f64_u', 'float');
refuse(0xae, 'i64.trunc_f32_s i64.trunc_f32_u i64.trunc_f64_s i64.trunc_f64_u', 'float');
refuse(0xb2, 'f32.convert_i32_s f32.convert_i32_u f32.convert_i64_s f32.convert_i64_u f32.demote_f64', 'float');
refuse(0xb7, 'f64.convert_i32_s f64.convert_i32_u f64.convert_i64_s f64.convert_i64_u f64.promote_f32', 'float');
refuse(0xbc, 'i32.reinterpret_f32 i64.reinterpret_f64 f32.reinterpret_i32 f64.reinterpret_i64', 'float');
refuse(0x100, 'i32.trunc_sat_f32_s i32.trunc_sat_f32_u i32.trunc_sat_f64_s i32.trunc_sat_f64_u', 'float');
refuse(0x104, 'i64.trunc_sat_f32_s i64.trunc_sat_f32_u i64.trunc_sat_f64_s i64.trunc_sat_f64_u', 'float');
refuse(0x40, 'memory.grow', 'memory-grow');
refuse(0x108, 'memory.init data.drop', 'bulk-memory');
refuse(0x10c, 'table.init elem.drop table.copy table.grow table.size table.fill', 'reference-types');

/** Keys of the opcodes that code treats specially or writes. Those below 0x100 are the opcode's byte. */
export const Op = {
  UNREACHABLE: keyOf('unreachable'),
  NOP: keyOf('nop'),
  BLOCK: keyOf('block'),
  LOOP: keyOf('loop'),
  IF: keyOf('if'),
  ELSE: keyOf('else'),
  END: keyOf('end'),
  BR: keyOf('br'),
  BR_IF: keyOf('br_if'),
  BR_TABLE: keyOf('br_table'),
  RETURN: keyOf('return'),
  CALL: keyOf('call'),
  CALL_INDIRECT: keyOf('call_indirect'),
  DROP: keyOf('drop'),
  SELECT: keyOf('select'),
  LOCAL_GET: keyOf('local.get'),
  LOCAL_SET: keyOf('local.set'),
  LOCAL_TEE: keyOf('local.tee'),
  GLOBAL_GET: keyOf('global.get'),
  GLOBAL_SET: keyOf('global.set'),
  LOAD_8: keyOf('i32.load8_u'),
  LOAD_32: keyOf('i32.load'),
  LOAD_64: keyOf('i64.load'),
  STORE_8: keyOf('i32.store8'),
  STORE_32: keyOf('i32.store'),
  STORE_64: keyOf('i64.store'),
  MEMORY_SIZE: keyOf('memory.size'),
  COPY: keyOf('memory.copy'),
  FILL: keyOf('memory.fill'),
  CONST_32: keyOf('i32.const'),
  CONST_64: keyOf('i64.const'),
  POPULATION_32: keyOf('i32.popcnt'),
  IS_ZERO_32: keyOf('i32.eqz'),
  EQUAL_32: keyOf('i32.eq'),
  NOT_EQUAL_32: keyOf('i32.ne'),
  LESS_32: keyOf('i32.lt_s'),
  LESS_UNSIGNED_32: keyOf('i32.lt_u'),
  ADD_32: keyOf('i32.add'),
  SUBTRACT_32: keyOf('i32.sub'),
  REMAINDER_32: keyOf('i32.rem_u'),
  AND_32: keyOf('i32.and'),
  OR_32: keyOf('i32.or'),
  XOR_32: keyOf('i32.xor'),
  SHIFT_RIGHT_32: keyOf('i32.shr_u'),
  ADD_64: keyOf('i64.add'),
  OR_64: keyOf('i64.or'),
  XOR_64: keyOf('i64.xor'),
  EXTEND_64: keyOf('i64.extend_i32_u'),
} as const;

/** What stands behind an opcode of a block that leaves nothing on the stack, where others have the type they leave. */
export const EMPTY_BLOCK = 0x40;

/** Whole families behind a prefix byte that an image may not use. */
export const refusedPrefixes = new Map<number, { family: string; refusal: RefusalCode }>([
  [0xfb, { family: 'garbage collection', refusal: 'reference-types' }],
  [0xfd, { family: 'SIMD', refusal: 'simd' }],
  [0xfe, { family: 'atomic', refusal: 'threads' }],
]);

/** Why each family is refused, and what to do; the end of a refusal's message. */
export const refusalReasons: Partial<Record<RefusalCode, string>> = {
  float: 'the core has no floating point; use integers or fixed point',
  simd: 'the core has no vector unit; build without the simd feature',
  threads: 'there is one core and no shared memory; build without the threads feature',
  'memory-grow': 'RAM is fixed; allocate statically (--runtime stub)',
  'bulk-memory': 'only active data segments, memory.copy and memory.fill exist; build without passive segments',
  'reference-types': 'tables are fixed at load; build without the reference-types feature',
  'tail-calls': 'a call always returns to its caller; build without the tail-calls feature',
  exceptions: 'nothing unwinds the core; return an error code',
  'unknown-opcode': 'the core does not know it; build for wasm 1.0 with sign extension and bulk memory only',
};
