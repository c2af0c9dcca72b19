// Writes the constants of edwards25519 as field limbs (host TypeScript; run crypto.generate.ts).
// All of them follow from RFC 8032, 5.1: p = 2^255 - 19, d = -121665/121666, the base point is the one with y = 4/5 and
// even x, and its order is L = 2^252 + 27742317777372353535851937790883648493.

const p = (1n << 255n) - 19n;
const order = (1n << 252n) + 27742317777372353535851937790883648493n;
/** Odd multiples of the base point kept: 1, 3 ... 63. Matches BASE_WINDOW_BITS, which is written beside them. */
const baseWindowBits = 7;

type AffinePoint = { x: bigint; y: bigint };

const reduce = (value: bigint) => ((value % p) + p) % p;

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  for (let square = base, rest = exponent; rest > 0n; rest >>= 1n, square = reduce(square * square)) {
    if (rest & 1n) result = reduce(result * square);
  }
  return result;
}

const divide = (numerator: bigint, denominator: bigint) => reduce(numerator * power(reduce(denominator), p - 2n));
const d = divide(-121665n, 121666n);
const sqrtMinusOne = power(2n, (p - 1n) / 4n);

function basePoint(): AffinePoint {
  const y = divide(4n, 5n);
  const xSquared = divide(y * y - 1n, d * y * y + 1n);
  let x = power(xSquared, (p + 3n) / 8n);
  if (reduce(x * x) !== xSquared) x = reduce(x * sqrtMinusOne);
  return { x: x & 1n ? p - x : x, y };
}

/** The addition law of RFC 8032, 5.1.4, in affine coordinates; it is complete, so it doubles as well. */
function add(a: AffinePoint, b: AffinePoint): AffinePoint {
  const product = d * a.x * b.x * a.y * b.y;
  return {
    x: divide(a.x * b.y + b.x * a.y, 1n + product),
    y: divide(a.y * b.y + a.x * b.x, 1n - product),
  };
}

/** Ten limbs of 26, 25, 26 ... bits: limb i has weight 2^ceil(25.5 i). */
function limbs(value: bigint): bigint[] {
  return Array.from({ length: 10 }, (_, i) => {
    const width = i % 2 === 0 ? 26n : 25n;
    return (value >> BigInt(Math.ceil(25.5 * i))) & ((1n << width) - 1n);
  });
}

const row = (values: bigint[]) => `  ${values.join(', ')},\n`;
const table = (name: string, type: string, rows: bigint[][]) =>
  `export const ${name}: usize = memory.data<${type}>([\n${rows.map(row).join('')}]);\n`;

const words = (name: string, value: bigint) =>
  table(name, 'u64', [[0n, 64n, 128n, 192n].map((shift) => (value >> shift) & 0xffffffffffffffffn)]);

/** B, 3B, 5B ... each as the three field elements y + x, y - x, 2dxy. */
function renderBaseTable(): string {
  const base = basePoint();
  const twice = add(base, base);
  const rows: bigint[][] = [];
  let point = base;
  for (let i = 0; i < 1 << (baseWindowBits - 2); i++, point = add(point, twice)) {
    const { x, y } = point;
    rows.push(...[reduce(y + x), reduce(y - x), reduce(2n * d * x * y)].map(limbs));
  }
  return table('BASE_ODD_MULTIPLES', 'i32', rows);
}

export function renderCurve(): string {
  const tail = order - (1n << 252n);
  const tailLimbs = [0n, 28n, 56n, 84n, 112n].map((shift) => (tail >> shift) & 0xfffffffn);
  return [
    '// Constants of edwards25519 (RFC 8032, 5.1), field elements in limbs as field.ts draws them. Written by curve.generate.ts.\n',
    `/** d of the curve equation -x^2 + y^2 = 1 + d x^2 y^2. */\n${table('CURVE_D', 'i32', [limbs(d)])}`,
    table('CURVE_2D', 'i32', [limbs(reduce(2n * d))]),
    `/** 2^((p-1)/4), a square root of -1. */\n${table('SQRT_MINUS_ONE', 'i32', [limbs(sqrtMinusOne)])}`,
    `/** L, the order of the base point, least significant word first. */\n${words('ORDER', order)}`,
    `/** L - 2^252 in five limbs of 28 bits. */\n${table('ORDER_TAIL', 'i64', [tailLimbs])}`,
    `/** Width of the signed digits the table below serves: digits are odd and less than 2^(width-1) in size. */`,
    `export const BASE_WINDOW_BITS: u32 = ${baseWindowBits};\n`,
    `/** (2i+1) B as y + x, y - x, 2dxy. */\n${renderBaseTable()}`,
  ].join('\n');
}
