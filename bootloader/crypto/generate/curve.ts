// edwards25519 in plain BigInt arithmetic (RFC 8032, 5.1): what the tables are made from and what tests compare with.
// Slow and obvious on purpose. p = 2^255 - 19, d = -121665/121666, the base point has y = 4/5 and an even x, and its
// order is L = 2^252 + 27742317777372353535851937790883648493.

export const p = (1n << 255n) - 19n;
export const order = (1n << 252n) + 27742317777372353535851937790883648493n;

export type Point = { x: bigint; y: bigint };

export const neutral: Point = { x: 0n, y: 1n };

export const modulo = (value: bigint, modulus = p) => ((value % modulus) + modulus) % modulus;

export function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  for (let square = base, rest = exponent; rest > 0n; rest >>= 1n, square = modulo(square * square)) {
    if (rest & 1n) result = modulo(result * square);
  }
  return result;
}

export const divide = (numerator: bigint, denominator: bigint) =>
  modulo(numerator * power(modulo(denominator), p - 2n));

export const d = divide(-121665n, 121666n);
export const sqrtMinusOne = power(2n, (p - 1n) / 4n);

/** The point with this y and an even or odd x, if there is one. */
export function pointWithY(y: bigint, oddX: boolean): Point | undefined {
  const xSquared = divide(y * y - 1n, d * y * y + 1n);
  let x = power(xSquared, (p + 3n) / 8n);
  if (modulo(x * x) !== xSquared) x = modulo(x * sqrtMinusOne);
  if (modulo(x * x) !== xSquared || (x === 0n && oddX)) return undefined;
  return { x: (x & 1n) === (oddX ? 1n : 0n) ? x : p - x, y };
}

export const base = pointWithY(divide(4n, 5n), false) as Point;

/** The addition law of RFC 8032, 5.1.4, in affine coordinates; it is complete, so it doubles as well. */
export function add(a: Point, b: Point): Point {
  const product = modulo(d * modulo(a.x * b.x) * modulo(a.y * b.y));
  return {
    x: divide(a.x * b.y + b.x * a.y, 1n + product),
    y: divide(a.y * b.y + a.x * b.x, 1n - product),
  };
}

export const negate = (a: Point): Point => ({ x: modulo(-a.x), y: a.y });

export function multiply(scalar: bigint, point: Point): Point {
  let result = neutral;
  for (let doubled = point, rest = scalar; rest > 0n; rest >>= 1n, doubled = add(doubled, doubled)) {
    if (rest & 1n) result = add(result, doubled);
  }
  return result;
}

export const encode = (a: Point): Uint8Array => toBytes(a.y | ((a.x & 1n) << 255n), 32);

export function decode(bytes: Uint8Array): Point | undefined {
  const number = fromBytes(bytes);
  const y = number & ((1n << 255n) - 1n);
  return y < p ? pointWithY(y, number >> 255n === 1n) : undefined;
}

export function toBytes(value: bigint, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => Number((value >> BigInt(8 * i)) & 0xffn));
}

export function fromBytes(bytes: Uint8Array): bigint {
  return bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
}
