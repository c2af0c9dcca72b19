// What the classic core calculates, and the flags that its second set leaves (firmware/sequencer/classic.ts, alu.ts).
//
// What must stay true: results and flags are those of the core; hil/test/pulse/second-set.test.ts compares them with random words.

import type { Instruction } from '../../../../protocol/q1/instructions.ts';

export interface Operation {
  result(a: number, b: number): number;
  /** What the second destination gets, of an instruction that has one. */
  high?(a: number, b: number): number;
  /** Missing: it leaves the flags alone. */
  flags?(a: number, b: number, result: number): number;
}

/** Zero, negative, carry, overflow. */
const [ZF, NF, CF, OF] = [1, 2, 4, 8];

const word = (value: number | bigint): number => Number(BigInt.asUintN(32, BigInt(value)));
const signed = (value: number): bigint => BigInt(value | 0);
const zeroAndSign = (result: number): number => (result === 0 ? ZF : 0) | (result >= 2 ** 31 ? NF : 0);
const signsDiffer = (a: number, b: number): boolean => (a ^ b) < 0;

const sumFlags = (a: number, b: number, result: number): number =>
  zeroAndSign(result) | (a + b >= 2 ** 32 ? CF : 0) | (!signsDiffer(a, b) && signsDiffer(a, result) ? OF : 0);
const differenceFlags = (a: number, b: number, result: number): number =>
  zeroAndSign(result) | (a < b ? CF : 0) | (signsDiffer(a, b) && signsDiffer(a, result) ? OF : 0);
/** The bit that left last. */
const leftCarry = (a: number, b: number): number => (b >= 1 && b <= 32 && (a >>> (32 - b)) % 2 === 1 ? CF : 0);
const rightCarry = (a: number, b: number): number => (b >= 1 && b <= 32 && (a >>> (b - 1)) % 2 === 1 ? CF : 0);

const left = (a: number, b: number): number => (b > 31 ? 0 : (a << b) >>> 0);
const right = (a: number, b: number): number => (b > 31 ? 0 : a >>> b);

const first: Record<string, Operation> = {
  move: { result: (a) => a },
  not: { result: (a) => ~a >>> 0 },
  add: { result: (a, b) => (a + b) >>> 0 },
  sub: { result: (a, b) => (a - b) >>> 0 },
  and: { result: (a, b) => (a & b) >>> 0 },
  or: { result: (a, b) => (a | b) >>> 0 },
  xor: { result: (a, b) => (a ^ b) >>> 0 },
  asl: { result: left },
  asr: { result: right },
};

const bitwise = ({ result }: Operation): Operation => ({ result, flags: (_, __, value) => zeroAndSign(value) });
const leftShift: Operation = {
  result: left,
  flags: (a, b, result) => zeroAndSign(result) | leftCarry(a, b) | (signsDiffer(a, result) ? OF : 0),
};

const product = (a: number, b: number): bigint => BigInt(a) * BigInt(b);
const signedProduct = (a: number, b: number): bigint => signed(a) * signed(b);
const isNegative = (whole: bigint): boolean => BigInt.asIntN(64, whole) < 0n;
const low = (a: number): number => a & 0xffff;
const signedLow = (a: number): number => (a << 16) >> 16;

/** Products of 32 bits: which part is the result, and flags by the whole. */
function multiplication(whole: (a: number, b: number) => bigint, part: 'low' | 'high' | 'both'): Operation {
  const high = (a: number, b: number) => word(whole(a, b) >> 32n);
  return {
    result: part === 'high' ? high : (a, b) => word(whole(a, b)),
    high: part === 'both' ? high : undefined,
    flags: (a, b) => (whole(a, b) === 0n ? ZF : 0) | (isNegative(whole(a, b)) ? NF : 0),
  };
}

const second: Record<string, Operation> = {
  move: first.move,
  not: bitwise(first.not),
  add: { ...first.add, flags: sumFlags },
  sub: { ...first.sub, flags: differenceFlags },
  cmp: { ...first.sub, flags: differenceFlags },
  and: bitwise(first.and),
  test: bitwise(first.and),
  or: bitwise(first.or),
  xor: bitwise(first.xor),
  asl: leftShift,
  lsl: leftShift,
  asr: {
    result: (a, b) => ((a | 0) >> Math.min(b, 31)) >>> 0,
    flags: (a, b, result) => zeroAndSign(result) | rightCarry(a, b),
  },
  lsr: { result: right, flags: (a, b, result) => zeroAndSign(result) | rightCarry(a, b) },
  mulu16: bitwise({ result: (a, b) => low(a) * low(b) }),
  muls16: bitwise({ result: (a, b) => (signedLow(a) * signedLow(b)) >>> 0 }),
  mulu32l: multiplication(product, 'low'),
  mulu32h: multiplication(product, 'high'),
  mulu32: multiplication(product, 'both'),
  muls32l: multiplication(signedProduct, 'low'),
  muls32h: multiplication(signedProduct, 'high'),
  muls32: multiplication(signedProduct, 'both'),
};

/** What an instruction of the class arithmetic calculates. */
export function operationOf({ mnemonic, set }: Instruction): Operation | undefined {
  return (set === 2 ? second : first)[mnemonic];
}

/** The subtraction by which the second set compares. */
export const compare = second.sub as Required<Pick<Operation, 'result' | 'flags'>>;

const isLess = (flags: number): boolean => ((flags & NF) === 0) !== ((flags & OF) === 0);

/** Whether a jump by flags jumps. */
export const jumpsBy: Record<string, (flags: number) => boolean> = {
  jz: (flags) => (flags & ZF) !== 0,
  jnz: (flags) => (flags & ZF) === 0,
  jo: (flags) => (flags & OF) !== 0,
  jno: (flags) => (flags & OF) === 0,
  js: (flags) => (flags & NF) !== 0,
  jns: (flags) => (flags & NF) === 0,
  jg: (flags) => (flags & ZF) === 0 && !isLess(flags),
  jge: (flags) => !isLess(flags),
  jl: isLess,
  jle: (flags) => (flags & ZF) !== 0 || isLess(flags),
  ja: (flags) => (flags & (ZF | CF)) === 0,
  jae: (flags) => (flags & CF) === 0,
  jb: (flags) => (flags & CF) !== 0,
  jbe: (flags) => (flags & (ZF | CF)) !== 0,
};
