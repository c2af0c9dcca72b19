import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { cases } from '../../host/board/testing/cases.ts';
import { type GuestCrypto, openGuestCrypto } from '../../host/tools/guest-crypto.ts';
import { fromBytes, order, toBytes } from './generate/curve.ts';

const wideLimit = 1n << 512n;

describe('numbers modulo L in the guest', () => {
  let crypto: GuestCrypto;
  beforeAll(async () => {
    crypto = await openGuestCrypto();
  });

  function reduced(wide: bigint): bigint {
    crypto.guest.scalarReduce(crypto.slot(1), crypto.slot(0, toBytes(wide, 64)));
    return fromBytes(crypto.peek(crypto.slot(1), 32));
  }

  it('reduces any 64 bytes', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: wideLimit - 1n }), (wide) => {
        expect(reduced(wide)).toBe(wide % order);
      }),
      cases(1000),
    );
  });

  it('reduces what lies around multiples of L and powers of two', () => {
    const places = [0n, wideLimit - 1n, wideLimit / order, 1n].map((n) => (n * order) % wideLimit);
    for (let bit = 0n; bit < 512n; bit++) places.push(1n << bit, order << bit);
    for (const place of places) {
      for (const wide of [place - 1n, place, place + 1n]) {
        if (wide >= 0n && wide < wideLimit) expect(reduced(wide), `${wide}`).toBe(wide % order);
      }
    }
  });

  it('says of 32 bytes whether they are below L', () => {
    const below = (value: bigint) => crypto.guest.scalarIsCanonical(crypto.slot(0, toBytes(value, 32))) === 1;
    for (const value of [0n, 1n, order - 1n, order - (1n << 64n), 1n << 252n])
      expect(below(value), `${value}`).toBe(true);
    for (const value of [order, order + 1n, order + (1n << 64n), (1n << 253n) - 1n, (1n << 256n) - 1n]) {
      expect(below(value), `${value}`).toBe(false);
    }
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: (1n << 253n) - 1n }), (value) => {
        expect(below(value)).toBe(value < order);
      }),
    );
  });
});

describe('signed digits in the guest', () => {
  let crypto: GuestCrypto;
  beforeAll(async () => {
    crypto = await openGuestCrypto();
  });

  const scalar = fc.oneof(
    fc.bigInt({ min: 0n, max: (1n << 253n) - 1n }),
    fc.constantFrom(0n, 1n, order - 1n, (1n << 253n) - 1n, 1n << 252n),
  );

  it('add up to the scalar, are odd, small and far enough apart', () => {
    fc.assert(
      fc.property(scalar, fc.integer({ min: 2, max: 8 }), (value, width) => {
        const out = crypto.slot(1);
        const count = crypto.guest.signedDigits(out, crypto.slot(0, toBytes(value, 32)), width);
        const digits = [...new Int8Array(crypto.guest.memory.buffer, out, 256)];
        expect(digits.reduce((sum, digit, i) => sum + (BigInt(digit) << BigInt(i)), 0n)).toBe(value);
        const places = digits.flatMap((digit, i) => (digit === 0 ? [] : [i]));
        expect(count).toBe(places.length === 0 ? 0 : places[places.length - 1] + 1);
        for (const [i, place] of places.entries()) {
          expect(digits[place] & 1).toBe(1);
          expect(Math.abs(digits[place])).toBeLessThan(2 ** (width - 1));
          if (i > 0) expect(place - places[i - 1]).toBeGreaterThanOrEqual(width);
        }
      }),
      cases(300),
    );
  });

  it('refuse a scalar that leaves no room for the last carry', () => {
    const large = crypto.slot(0, toBytes(1n << 253n, 32));
    expect(() => crypto.guest.signedDigits(crypto.slot(1), large, 5)).toThrow(WebAssembly.RuntimeError);
  });
});
