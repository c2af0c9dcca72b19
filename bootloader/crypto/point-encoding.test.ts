import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { cases } from '../../host/board/testing/cases.ts';
import { type GuestCrypto, openGuestCrypto } from '../../host/tools/guest-crypto.ts';
import { base, decode, encode, multiply, order, p, toBytes } from './generate/curve.ts';

const signBit = 1n << 255n;

describe('point encoding in the guest', () => {
  let crypto: GuestCrypto;
  beforeAll(async () => {
    crypto = await openGuestCrypto();
  });

  /** The bytes after decoding and encoding again, or undefined if decoding was refused. */
  function roundTrip(bytes: Uint8Array): Uint8Array | undefined {
    const { guest, slot, peek } = crypto;
    if (guest.pointDecode(slot(2), slot(0, bytes)) === 0) return undefined;
    guest.pointEncode(slot(1), slot(2));
    return peek(slot(1), 32);
  }

  it('accepts exactly the 32 bytes that encode a point, and encodes it the same again', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (bytes) => {
        expect(roundTrip(bytes)).toEqual(decode(bytes) ? bytes : undefined);
      }),
      cases(200),
    );
  });

  it('accepts every multiple of the base point', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: order - 1n }), (scalar) => {
        const bytes = encode(multiply(scalar, base));
        expect(roundTrip(bytes)).toEqual(bytes);
      }),
      cases(10),
    );
  });

  it('refuses every y that is not below p, with either sign, though the same y below p is a point for some', () => {
    let onCurve = 0;
    for (let y = 0n; y < 19n; y++) {
      for (const sign of [0n, signBit]) {
        if (decode(toBytes(y | sign, 32))) onCurve++;
        expect(roundTrip(toBytes((y + p) | sign, 32)), `y = p + ${y}`).toBeUndefined();
      }
    }
    expect(onCurve).toBeGreaterThan(10);
  });

  it('refuses a negative zero for x', () => {
    for (const y of [1n, p - 1n]) {
      expect(roundTrip(toBytes(y, 32))).toEqual(toBytes(y, 32));
      expect(roundTrip(toBytes(y | signBit, 32))).toBeUndefined();
    }
  });
});
