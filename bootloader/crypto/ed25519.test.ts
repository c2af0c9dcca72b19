import { createHash, createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { cases } from '../../host/board/testing/cases.ts';
import { type GuestCrypto, openGuestCrypto } from '../../host/tools/guest-crypto.ts';
import * as curve from './generate/curve.ts';

const { add, base, encode, fromBytes, multiply, negate, neutral, order, p, toBytes } = curve;
const bytesOf = (hex: string) => new Uint8Array(Buffer.from(hex, 'hex'));

/** A private key from its 32-byte seed: RFC 8410's fixed DER prefix, then the seed. */
const privateKeyOf = (seed: Uint8Array) =>
  createPrivateKey({
    key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]),
    format: 'der',
    type: 'pkcs8',
  });
const publicBytesOf = (seed: Uint8Array) =>
  new Uint8Array(createPublicKey(privateKeyOf(seed)).export({ format: 'der', type: 'spki' }).subarray(-32));

/** k of the verification equation. */
function challenge(r: Uint8Array, publicKey: Uint8Array, message: Uint8Array): bigint {
  return fromBytes(createHash('sha512').update(r).update(publicKey).update(message).digest()) % order;
}

describe('Ed25519 verification in the guest', () => {
  let crypto: GuestCrypto;
  beforeAll(async () => {
    crypto = await openGuestCrypto();
  });

  describe('RFC 8032, 7.1', () => {
    type Vector = { name: string; seed: string; publicKey: string; message: string; signature: string };
    const file = new URL('./ed25519.rfc8032.json', import.meta.url);
    const vectors = JSON.parse(readFileSync(file, 'utf8')) as Vector[];
    for (const vector of vectors) {
      it(`${vector.name}: accepts the signature, and no bit of it may change`, () => {
        const [publicKey, message] = [bytesOf(vector.publicKey), bytesOf(vector.message)];
        const signature = bytesOf(vector.signature);
        expect(publicBytesOf(bytesOf(vector.seed))).toEqual(publicKey);
        expect(crypto.verify(publicKey, message, signature)).toBe(true);
        for (let bit = 0; bit < 512; bit++) {
          signature[bit >> 3] ^= 1 << (bit & 7);
          expect(crypto.verify(publicKey, message, signature), `bit ${bit}`).toBe(false);
          signature[bit >> 3] ^= 1 << (bit & 7);
        }
      });
    }
  });

  it('accepts what node signs', () => {
    const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 });
    fc.assert(
      fc.property(bytes32, fc.uint8Array({ maxLength: 500 }), (seed, message) => {
        const signature = sign(null, message, privateKeyOf(seed));
        expect(crypto.verify(publicBytesOf(seed), message, signature)).toBe(true);
      }),
    );
  });

  it('says what node says about a key, message or signature with one byte changed', () => {
    const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 });
    const mutation = fc.record({ at: fc.nat({ max: 127 }), mask: fc.integer({ min: 1, max: 255 }) });
    fc.assert(
      fc.property(bytes32, bytes32, mutation, (seed, message, { at, mask }) => {
        const signature = new Uint8Array(sign(null, message, privateKeyOf(seed)));
        const all = new Uint8Array([...publicBytesOf(seed), ...message, ...signature]);
        all[at] ^= mask;
        const [key, text, signed] = [all.subarray(0, 32), all.subarray(32, 64), all.subarray(64)];
        const x = Buffer.from(key).toString('base64url');
        const nodeKey = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
        expect(crypto.verify(key, text, signed)).toBe(verify(null, text, nodeKey, signed));
      }),
      cases(300),
    );
  });

  describe('where verifiers differ', () => {
    // A secret scalar and nonce of no meaning; any would do.
    const secret = 0x1234567890abcdef1234567890abcdef1234567890abcdefn;
    const nonce = 0xfedcba0987654321fedcba0987654321fedcba0987n;
    const torsion = pointOfOrder8();
    const text = (i: number) => new Uint8Array(Buffer.from(`message ${i}`));

    function pointOfOrder8(): curve.Point {
      for (let y = 2n; ; y++) {
        const point = curve.pointWithY(y, false);
        const small = point && multiply(order, point);
        if (small && multiply(4n, small).y !== 1n) return small;
      }
    }

    /** Signs so that S B = nonce B + k secret B, whatever R and A are as bytes. */
    function signature(r: Uint8Array, publicKey: Uint8Array, message: Uint8Array, secretOfKey = secret): Uint8Array {
      const s = (nonce + challenge(r, publicKey, message) * secretOfKey) % order;
      return new Uint8Array([...r, ...toBytes(s, 32)]);
    }

    /** The first message whose challenge has the wanted remainder by 8, which decides what torsion in A does. */
    function messageWith(r: Uint8Array, publicKey: Uint8Array, wanted: (remainder: bigint) => boolean): Uint8Array {
      for (let i = 0; ; i++) if (wanted(challenge(r, publicKey, text(i)) % 8n)) return text(i);
    }

    const honestKey = encode(multiply(secret, base));
    const honestR = encode(multiply(nonce, base));

    it('accepts the honest signature the cases below are made from', () => {
      expect(crypto.verify(honestKey, text(0), signature(honestR, honestKey, text(0)))).toBe(true);
    });

    it('refuses S + L, 2 L and on, which solve the equation as well', () => {
      const honest = signature(honestR, honestKey, text(0));
      for (let s = fromBytes(honest.subarray(32)) + order; s < 1n << 256n; s += order) {
        expect(crypto.verify(honestKey, text(0), new Uint8Array([...honestR, ...toBytes(s, 32)]))).toBe(false);
      }
    });

    it('refuses all eight keys of small order, though their signature solves the equation', () => {
      for (let i = 0n; i < 8n; i++) {
        const key = encode(multiply(i, torsion));
        const message = messageWith(honestR, key, (remainder) => remainder === 0n);
        const s = toBytes(nonce, 32);
        expect(challenge(honestR, key, message) % 8n).toBe(0n);
        expect(crypto.verify(key, message, new Uint8Array([...honestR, ...s])), `${i} T`).toBe(false);
      }
    });

    it('refuses a signature that only a cofactored verifier accepts: torsion in R', () => {
      const r = encode(add(multiply(nonce, base), torsion));
      expect(crypto.verify(honestKey, text(0), signature(r, honestKey, text(0)))).toBe(false);
    });

    it('takes a key with torsion by the equation alone: right when 8 divides k, wrong otherwise', () => {
      const key = encode(add(multiply(secret, base), torsion));
      const right = messageWith(honestR, key, (remainder) => remainder === 0n);
      const wrong = messageWith(honestR, key, (remainder) => remainder !== 0n);
      expect(crypto.verify(key, right, signature(honestR, key, right))).toBe(true);
      expect(crypto.verify(key, wrong, signature(honestR, key, wrong))).toBe(false);
    });

    it('accepts torsion in R and in A that cancel in the equation', () => {
      const key = encode(add(multiply(secret, base), torsion));
      for (let t = 0n; t < 8n; t++) {
        const r = encode(add(multiply(nonce, base), negate(multiply(t, torsion))));
        const message = messageWith(r, key, (remainder) => remainder === t);
        expect(crypto.verify(key, message, signature(r, key, message)), `k % 8 = ${t}`).toBe(true);
      }
    });

    it('accepts R = the neutral element, but not written as y = p + 1 nor with the sign of x set', () => {
      const withR = (r: Uint8Array) => {
        const s = (challenge(r, honestKey, text(0)) * secret) % order;
        return crypto.verify(honestKey, text(0), new Uint8Array([...r, ...toBytes(s, 32)]));
      };
      expect(withR(encode(neutral))).toBe(true);
      expect(withR(toBytes(p + 1n, 32))).toBe(false);
      expect(withR(toBytes(1n | (1n << 255n), 32))).toBe(false);
    });

    it('refuses a key that is no point, not below p, or a negative zero', () => {
      const noPoint = [2n, 5n, 7n, 8n].find((y) => !curve.pointWithY(y, false)) as bigint;
      for (const key of [noPoint, p, p + 3n, 1n | (1n << 255n)].map((value) => toBytes(value, 32))) {
        expect(crypto.verify(key, text(0), signature(honestR, key, text(0)))).toBe(false);
      }
    });

    it('answers at the ends of S, 0 and L - 1, as anywhere', () => {
      for (const s of [0n, order - 1n]) {
        // Nobody can make a signature that holds with a given S: k hangs on R. So these are wrong, and must not trap.
        expect(crypto.verify(honestKey, text(0), new Uint8Array([...honestR, ...toBytes(s, 32)]))).toBe(false);
      }
    });
  });

  it('gives an answer, never a trap, for any bytes at all', () => {
    const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
    fc.assert(
      fc.property(bytes(32), bytes(64), fc.uint8Array({ maxLength: 200 }), (key, signed, message) => {
        signed[63] &= 0x0f;
        expect(crypto.verify(key, message, signed)).toBe(false);
      }),
      cases(500),
    );
  });

  it('needs no memory of its own beyond static scratch: the same call twice gives the same answer', () => {
    const seed = new Uint8Array(32).fill(7);
    const message = new Uint8Array(100).fill(9);
    const signed = new Uint8Array(sign(null, message, privateKeyOf(seed)));
    const other = signed.slice();
    other[5] ^= 1;
    const answers = [signed, other, signed, signed, other].map((s) => crypto.verify(publicBytesOf(seed), message, s));
    expect(answers).toEqual([true, false, true, true, false]);
  });
});
