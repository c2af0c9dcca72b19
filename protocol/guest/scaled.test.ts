// Floating arithmetic by integers, against doubles.

import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { cases } from '../../host/board/testing/cases.ts';
import { instantiateGuest } from '../../host/tools/guest.ts';

interface Scaled extends Record<string, unknown> {
  scaled(value: bigint, exponent: number): bigint;
  scaledWide(low: bigint, high: number): bigint;
  times(a: bigint, b: bigint): bigint;
  over(a: bigint, b: bigint): bigint;
  plus(a: bigint, b: bigint): bigint;
  minus(a: bigint, b: bigint): bigint;
  wholeOf(a: bigint, bits: number): bigint;
  logOf(a: bigint): number;
  isNegative(a: bigint): number;
}

let guest: Scaled;
beforeAll(async () => {
  guest = await instantiateGuest<Scaled>('protocol/guest/scaled.entry.ts');
});

const doubleOf = (a: bigint): number => Number(BigInt.asIntN(32, a >> 32n)) * 2 ** Number(BigInt.asIntN(32, a));
/** Half a unit of a mantissa of 31 bits, and a little for what a sum is cut off. */
const precision = 2 ** -30;
const integers = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.integer({ min: -1000, max: 1000 }).map(BigInt),
  fc
    .tuple(fc.integer({ min: 0, max: 62 }), fc.integer({ min: -1, max: 1 }))
    .map(([bit, off]) => 2n ** BigInt(bit) + BigInt(off)),
);
const exponents = fc.integer({ min: -100, max: 100 });
const numbers = fc.tuple(integers, exponents);

function close(found: bigint, expected: number, scale = Math.abs(expected)): void {
  const error = Math.abs(doubleOf(found) - expected);
  expect(error, `${doubleOf(found)}, exactly ${expected}`).toBeLessThanOrEqual(scale * precision);
}

describe('a scaled number', () => {
  test('is the integer it was made of, also one of 96 bits', () => {
    fc.assert(
      fc.property(integers, exponents, (value, exponent) =>
        close(guest.scaled(value, exponent), Number(value) * 2 ** exponent),
      ),
      cases(500),
    );
    const wide = fc.oneof(fc.bigInt({ min: -(2n ** 95n), max: 2n ** 95n - 1n }), integers);
    fc.assert(
      fc.property(wide, (value) =>
        close(guest.scaledWide(BigInt.asUintN(64, value), Number(BigInt.asIntN(32, value >> 64n))), Number(value)),
      ),
      cases(500),
    );
  });

  test('is multiplied, divided, added and subtracted as a double is', () => {
    fc.assert(
      fc.property(numbers, numbers, ([a, e], [b, f]) => {
        const [x, y] = [guest.scaled(a, e), guest.scaled(b, f)];
        const [u, v] = [doubleOf(x), doubleOf(y)];
        close(guest.times(x, y), u * v);
        if (v !== 0) close(guest.over(x, y), u / v);
        const scale = Math.max(Math.abs(u), Math.abs(v));
        close(guest.plus(x, y), u + v, scale);
        close(guest.minus(x, y), u - v, scale);
        expect(guest.isNegative(x) !== 0).toBe(u < 0);
      }),
      cases(1000),
    );
  });

  test('becomes an integer again, and has a logarithm', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -(2 ** 30), max: 2 ** 30 }),
        fc.integer({ min: -40, max: 30 }),
        (value, exponent) => {
          const exact = value * 2 ** exponent;
          if (Math.abs(exact) < 2 ** 60)
            expect(
              Math.abs(Number(guest.wholeOf(guest.scaled(BigInt(value), exponent), 0)) - exact),
            ).toBeLessThanOrEqual(0.5);
          if (value > 0)
            expect(
              Math.abs(guest.logOf(guest.scaled(BigInt(value), exponent)) / 65_536 - Math.log2(exact)),
            ).toBeLessThan(2 ** -15.9);
        },
      ),
      cases(500),
    );
  });
});
