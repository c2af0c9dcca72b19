import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cases } from '../../host/board/testing/cases.ts';
import { exp, ln, power, sineOfTurns } from './elementary.ts';

const seeded = cases(2000);

describe('elementary functions from basic operations', () => {
  test('agree with the engine’s own to a few parts in 10¹⁵', () => {
    fc.assert(
      fc.property(fc.double({ min: -700, max: 700, noNaN: true }), (x) => {
        expect(exp(x) / Math.exp(x)).toBeCloseTo(1, 13);
      }),
      seeded,
    );
    fc.assert(
      fc.property(fc.double({ min: 1e-300, max: 1e300, noNaN: true }), (x) => {
        expect(Math.abs(ln(x) - Math.log(x))).toBeLessThanOrEqual(2e-15 * Math.abs(Math.log(x)) + 1e-16);
      }),
      seeded,
    );
    fc.assert(
      fc.property(fc.double({ min: -10, max: 10, noNaN: true }), (turns) => {
        expect(sineOfTurns(turns)).toBeCloseTo(Math.sin(2 * Math.PI * (turns - Math.round(turns))), 12);
      }),
      seeded,
    );
    expect(power(2, 10)).toBeCloseTo(1024, 9);
  });

  test('have the bits that are written down here, on every engine', () => {
    const bits = new DataView(new ArrayBuffer(8));
    const hex = (value: number) => {
      bits.setFloat64(0, value);
      return bits.getBigUint64(0).toString(16);
    };
    const values = [exp(1), exp(-12.34), ln(10), ln(3e-7), sineOfTurns(0.1)];
    expect(values.map(hex)).toMatchInlineSnapshot(`
      [
        "4005bf0a8b14576a",
        "3ed257c2c1ce3704",
        "40026bb1bbb55516",
        "c02e09f9b927b484",
        "3fe2cf2304755a5e",
      ]
    `);
  });
});
