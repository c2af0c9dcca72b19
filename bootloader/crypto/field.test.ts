import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { cases } from '../../host/board/testing/cases.ts';
import { type GuestCrypto, openGuestCrypto } from '../../host/tools/guest-crypto.ts';
import { divide, fromBytes, modulo, p, toBytes } from './generate/curve.ts';

// The extremes field.ts promises to take: loose limbs, of either sign.
const evenLimit = 2 ** 28 - 1;
const oddLimit = 2 ** 27 - 1;
/** How far beyond its width a tight limb may be: the two that end the carry chains. */
const slackOf: Record<number, number> = { 1: 2 ** 17, 6: 2 ** 13 };
const limit = (i: number) => (i % 2 === 0 ? evenLimit : oddLimit);
const weight = (i: number) => 1n << BigInt(Math.ceil(25.5 * i));
const integerOf = (limbs: number[]) => modulo(limbs.reduce((sum, limb, i) => sum + BigInt(limb) * weight(i), 0n));

const looseLimb = (i: number) =>
  fc.oneof(fc.integer({ min: -limit(i), max: limit(i) }), fc.constantFrom(-limit(i), -1, 0, 1, limit(i)));
const loose = fc.tuple(...Array.from({ length: 10 }, (_, i) => looseLimb(i)));
/** Numbers around the places where reduction could go wrong, and any other. */
const number = fc.oneof(
  fc.bigInt({ min: 0n, max: (1n << 255n) - 1n }),
  fc.bigInt({ min: p - 40n, max: (1n << 255n) - 1n }),
  fc.bigInt({ min: 0n, max: 40n }),
);

describe('field arithmetic in the guest', () => {
  let crypto: GuestCrypto;
  beforeAll(async () => {
    crypto = await openGuestCrypto();
  });

  const limbsAt = (address: number) => [...new Int32Array(crypto.guest.memory.buffer, address, 10)];
  const put = (index: number, limbs: number[]) => crypto.slot(index, new Uint8Array(Int32Array.from(limbs).buffer));

  function canonicalValue(address: number): bigint {
    crypto.guest.fieldToBytes(crypto.slot(15), address);
    return fromBytes(crypto.peek(crypto.slot(15), 32));
  }

  function expectTight(address: number): void {
    for (const [i, limb] of limbsAt(address).entries()) {
      const slack = slackOf[i] ?? 0;
      const top = 2 ** (26 - (i % 2)) + slack;
      expect(limb >= -slack && limb < top, `limb ${i} is ${limb}`).toBe(true);
    }
  }

  it('multiplies the largest limbs it promises to take without overflow', () => {
    const extremes = [1, -1].map((sign) => Array.from({ length: 10 }, (_, i) => sign * limit(i)));
    for (const a of extremes) {
      for (const b of extremes) {
        const out = crypto.slot(2);
        crypto.guest.fieldMultiply(out, put(0, a), put(1, b));
        expectTight(out);
        expect(canonicalValue(out)).toBe(modulo(integerOf(a) * integerOf(b)));
      }
    }
  });

  it('multiplies as integers modulo p do, with tight results, for any loose arguments', () => {
    fc.assert(
      fc.property(loose, loose, (a, b) => {
        const out = crypto.slot(2);
        crypto.guest.fieldMultiply(out, put(0, a), put(1, b));
        expectTight(out);
        expect(canonicalValue(out)).toBe(modulo(integerOf(a) * integerOf(b)));
      }),
      cases(500),
    );
  });

  it('squares as it multiplies, and in place', () => {
    fc.assert(
      fc.property(loose, (a) => {
        const address = put(0, a);
        crypto.guest.fieldMultiply(crypto.slot(2), address, address);
        crypto.guest.fieldSquare(address, address);
        expect(limbsAt(address)).toEqual(limbsAt(crypto.slot(2)));
      }),
      cases(500),
    );
  });

  it('adds, subtracts and negates limb by limb', () => {
    fc.assert(
      fc.property(loose, loose, (a, b) => {
        const half = (limbs: number[]) => limbs.map((limb) => limb >> 1);
        const [x, y] = [put(0, half(a)), put(1, half(b))];
        const [sum, difference, opposite] = [2, 3, 4].map((index) => crypto.slot(index));
        crypto.guest.fieldAdd(sum, x, y);
        crypto.guest.fieldSubtract(difference, x, y);
        crypto.guest.fieldNegate(opposite, x);
        const [valueX, valueY] = [integerOf(half(a)), integerOf(half(b))];
        expect(canonicalValue(sum)).toBe(modulo(valueX + valueY));
        expect(canonicalValue(difference)).toBe(modulo(valueX - valueY));
        expect(canonicalValue(opposite)).toBe(modulo(-valueX));
      }),
    );
  });

  it('inverts, and takes 0 to 0', () => {
    fc.assert(
      fc.property(loose, (a) => {
        crypto.guest.fieldInvert(crypto.slot(2), put(0, a));
        expect(canonicalValue(crypto.slot(2))).toBe(divide(1n, integerOf(a)));
      }),
      cases(30),
    );
    crypto.guest.fieldInvert(crypto.slot(2), put(0, Array(10).fill(0)));
    expect(canonicalValue(crypto.slot(2))).toBe(0n);
  });

  it('reads 255 bits and writes them back below p, whatever bit 255 was', () => {
    fc.assert(
      fc.property(number, fc.boolean(), (value, top) => {
        const bytes = toBytes(value | (top ? 1n << 255n : 0n), 32);
        crypto.guest.fieldFromBytes(crypto.slot(2), crypto.slot(0, bytes));
        expect(canonicalValue(crypto.slot(2))).toBe(value % p);
        expect(crypto.guest.fieldBytesAreCanonical(crypto.slot(0, bytes))).toBe(value < p ? 1 : 0);
      }),
      cases(500),
    );
  });

  it('writes every loose element below p', () => {
    fc.assert(
      fc.property(loose, (a) => {
        const value = canonicalValue(put(0, a));
        expect(value).toBe(integerOf(a));
      }),
      cases(500),
    );
  });
});
