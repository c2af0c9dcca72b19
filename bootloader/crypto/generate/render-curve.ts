// Renders the constants of edwards25519 for the guest: field elements in limbs, and the base point's odd multiples.

import { add, base, d, modulo, order, sqrtMinusOne } from './curve.ts';

/** Digits of s are odd and below 2^(bits-1): 1, 3 ... 63 times B are kept, 3.8 KB. Twice the table saves 4 of 32 additions. */
const baseWindowBits = 7;

/** Ten limbs of 26, 25, 26 ... bits: limb i has weight 2^ceil(25.5 i). */
function limbs(value: bigint): bigint[] {
  return Array.from({ length: 10 }, (_, i) => {
    const width = i % 2 === 0 ? 26n : 25n;
    return (value >> BigInt(Math.ceil(25.5 * i))) & ((1n << width) - 1n);
  });
}

const split = (value: bigint, width: bigint, count: number) =>
  Array.from({ length: count }, (_, i) => (value >> (width * BigInt(i))) & ((1n << width) - 1n));

const table = (doc: string, name: string, type: string, rows: bigint[][]) =>
  `/** ${doc} */\nexport const ${name}: usize = memory.data<${type}>([\n${rows.map((row) => `  ${row.join(', ')},\n`).join('')}]);\n`;

function baseRows(): bigint[][] {
  const twice = add(base, base);
  const rows: bigint[][] = [];
  for (let i = 0, point = base; i < 1 << (baseWindowBits - 2); i++, point = add(point, twice)) {
    const { x, y } = point;
    rows.push(...[modulo(y + x), modulo(y - x), modulo(2n * d * x * y)].map(limbs));
  }
  return rows;
}

export function renderCurve(): string {
  return [
    '// Constants of edwards25519 (RFC 8032, 5.1); field elements in limbs as field.ts draws them.',
    '// Written by generate/generate.ts.\n',
    table('d of the curve equation -x^2 + y^2 = 1 + d x^2 y^2.', 'CURVE_D', 'i32', [limbs(d)]),
    table('2d.', 'CURVE_2D', 'i32', [limbs(modulo(2n * d))]),
    table('2^((p-1)/4), a square root of -1.', 'SQRT_MINUS_ONE', 'i32', [limbs(sqrtMinusOne)]),
    table('L, the order of the base point, four words.', 'ORDER', 'u64', [split(order, 64n, 4)]),
    table('L - 2^252, five digits of 28 bits.', 'ORDER_TAIL', 'i64', [split(order - (1n << 252n), 28n, 5)]),
    '/** Width of the signed digits the table below serves: they are odd and less than 2^(width-1) in size. */',
    `export const BASE_WINDOW_BITS: u32 = ${baseWindowBits};\n`,
    table('B, 3B, 5B ... each as y + x, y - x, 2dxy.', 'BASE_ODD_MULTIPLES', 'i32', baseRows()),
  ].join('\n');
}
