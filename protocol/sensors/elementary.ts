// Elementary functions made of IEEE 754's basic operations only.
//
// Math.exp, Math.log, Math.pow and Math.sin may differ in their last bit from one engine, or one version of it, to the next; + - * / and
// Math.sqrt may not. A thermal run feeds every result back into the next step, so one differing bit would end in another log hash.
// Curves here and everything under host/plant/cryostat therefore use these (and never `**`). They are good to about 1e-15, relative; the tests hold them
// against Math. What must stay true: no call here depends on anything but its arguments.

/** ln 2 in two parts, the first of 33 bits, so that a whole number of it is exact. */
const LN2_HIGH = 0.6931471803691238;
const LN2_LOW = 1.9082149292705877e-10;
const TWO_PI = 6.283185307179586;

const bits = new DataView(new ArrayBuffer(8));

/** 2 to the power of a whole number in -1022 … 1023, exactly. */
function powerOfTwo(exponent: number): number {
  bits.setUint32(0, (exponent + 1023) << 20);
  bits.setUint32(4, 0);
  return bits.getFloat64(0);
}

export function exp(x: number): number {
  if (x < -708) return 0;
  if (x > 709) return Number.POSITIVE_INFINITY;
  const k = Math.round(x / Math.LN2);
  const r = x - k * LN2_HIGH - k * LN2_LOW;
  let sum = 1;
  for (let i = 13; i >= 1; i--) sum = 1 + (r / i) * sum;
  return k > 1022 ? sum * powerOfTwo(1022) * powerOfTwo(k - 1022) : sum * powerOfTwo(k);
}

/** Natural logarithm of a positive, normal number. */
export function ln(x: number): number {
  if (!(x > 0)) throw new RangeError(`ln of ${x}: expected a number above 0`);
  bits.setFloat64(0, x);
  const high = bits.getUint32(0);
  let exponent = ((high >>> 20) & 0x7ff) - 1023;
  bits.setUint32(0, (high & 0xf_ffff) | 0x3ff0_0000);
  let mantissa = bits.getFloat64(0);
  if (mantissa > Math.SQRT2) {
    mantissa /= 2;
    exponent += 1;
  }
  // ln m = 2 artanh((m - 1) / (m + 1)); the argument is below 0.172, so 11 odd terms leave less than an ulp.
  const s = (mantissa - 1) / (mantissa + 1);
  const square = s * s;
  let sum = 0;
  for (let i = 23; i >= 3; i -= 2) sum = (sum + 1 / i) * square;
  return exponent * LN2_HIGH + (2 * s * (1 + sum) + exponent * LN2_LOW);
}

export const log10 = (x: number): number => ln(x) / Math.LN10;
export const power = (base: number, exponent: number): number => (base === 0 ? 0 : exp(exponent * ln(base)));
export const powerOfTen = (exponent: number): number => exp(exponent * Math.LN10);

/** sin(2 pi turns). */
export function sineOfTurns(turns: number): number {
  let t = turns - Math.round(turns);
  if (t > 0.25) t = 0.5 - t;
  if (t < -0.25) t = -0.5 - t;
  const x = t * TWO_PI;
  const square = x * x;
  let sum = 1;
  for (let i = 21; i >= 3; i -= 2) sum = 1 - (square / (i * (i - 1))) * sum;
  return x * sum;
}

/** a0 + a1 x + a2 x^2 + … */
export function polynomial(coefficients: readonly number[], x: number): number {
  let sum = 0;
  for (let i = coefficients.length - 1; i >= 0; i--) sum = sum * x + coefficients[i];
  return sum;
}
