import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { type GuestCrypto, openGuestCrypto } from '../../host/tools/guest-crypto.ts';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const nodeDigest = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

// FIPS 180-4's worked examples, then NIST's "additional SHA-2 examples" that fit the guest's memory.
const vectors: [string, Uint8Array, string][] = [
  ['abc', Buffer.from('abc'), 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
  [
    'two blocks',
    Buffer.from('abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq'),
    '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1',
  ],
  ['nothing', new Uint8Array(), 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
  ['the byte bd', Buffer.from('bd', 'hex'), '68325720aabd7c82f30f554b313d0570c95accbb7dc4b5aae11204c08ffe732b'],
  ['c98c8e55', Buffer.from('c98c8e55', 'hex'), '7abc22c0ae5af26ce93dbb94433a0e0b2e119d014f8e7f65bd56c61ccccd9504'],
  ['55 zeros', new Uint8Array(55), '02779466cdec163811d078815c633f21901413081449002f24aa3e80f0b88ef7'],
  ['56 zeros', new Uint8Array(56), 'd4817aa5497628e7c77e6b606107042bbba3130888c5f47a375e6179be789fbb'],
  ['57 zeros', new Uint8Array(57), '65a16cb7861335d5ace3c60718b5052e44660726da4cd13bb745381b235a1785'],
  ['64 zeros', new Uint8Array(64), 'f5a5fd42d16a20302798ef6ed309979b43003d2320d9f0e8ea9831a92759fb4b'],
  ['1000 zeros', new Uint8Array(1000), '541b3e9daa09b20bf85fa273e5cbd3e80185aa4ec298e765db87742b70138a53'],
  ['1000 A', Buffer.alloc(1000, 'A'), 'c2e686823489ced2017f6059b8b239318b6364f6dcd835d0a519105a1eadd6e4'],
  ['1005 U', Buffer.alloc(1005, 'U'), 'f4d62ddec0f3dd90ea1380fa16a5ff8dc4c54b21740650f24afc4120903552b0'],
];

describe('SHA-256 in the guest', () => {
  let crypto: GuestCrypto;
  beforeAll(async () => {
    crypto = await openGuestCrypto();
  });

  /** Hashes in pieces, in a context of its own slot. */
  function inPieces(pieces: Uint8Array[], contextSlot = 2): string {
    const { guest, slot, message, peek } = crypto;
    guest.sha256Init(slot(contextSlot));
    for (const piece of pieces) guest.sha256Update(slot(contextSlot), message(piece), piece.length);
    guest.sha256Final(slot(contextSlot), slot(0));
    return hex(peek(slot(0), 32));
  }

  for (const [name, message, digest] of vectors) {
    it(`gives NIST's digest of ${name}`, () => expect(hex(crypto.sha256(message))).toBe(digest));
  }

  it("gives NIST's digest of a million a, in pieces that never fit a block", () => {
    const pieces = Array.from({ length: 1000 }, () => Buffer.alloc(1000, 'a'));
    expect(inPieces(pieces)).toBe('cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0');
  });

  it("gives NIST's digest of a million zeros", () => {
    const pieces = Array.from({ length: 25 }, () => new Uint8Array(40_000));
    expect(inPieces(pieces)).toBe('d29751f2649b32ff572b5e0a9f541ea660a50f94ff0beedfb0b692b924cc8025');
  });

  it('agrees with node on every length from 0 to 300', () => {
    for (let length = 0; length <= 300; length++) {
      const message = Uint8Array.from({ length }, (_, i) => (i * 151 + length) & 0xff);
      expect(hex(crypto.sha256(message)), `length ${length}`).toBe(nodeDigest(message));
    }
  });

  it('does not care how a message is cut into pieces', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 8 }), (pieces) => {
        expect(inPieces(pieces)).toBe(nodeDigest(Buffer.concat(pieces)));
      }),
    );
  });

  it('reads a message from any alignment', () => {
    const { guest, slot, message, peek } = crypto;
    const bytes = Uint8Array.from({ length: 200 }, (_, i) => i);
    for (let shift = 0; shift < 8; shift++) {
      guest.sha256(message(bytes) + shift, 130, slot(0));
      expect(hex(peek(slot(0), 32))).toBe(nodeDigest(bytes.subarray(shift, shift + 130)));
    }
  });

  it('keeps two hashes apart that take turns', () => {
    const { guest, slot, message, peek } = crypto;
    const [one, two] = [Buffer.from('one hash of many pieces, '), Buffer.from('another one, ')];
    guest.sha256Init(slot(2));
    guest.sha256Init(slot(3));
    for (let i = 0; i < 9; i++) {
      guest.sha256Update(slot(2), message(one), one.length);
      guest.sha256Update(slot(3), message(two), two.length);
    }
    guest.sha256Final(slot(2), slot(0));
    guest.sha256Final(slot(3), slot(1));
    expect(hex(peek(slot(0), 32))).toBe(nodeDigest(Buffer.alloc(one.length * 9, one)));
    expect(hex(peek(slot(1), 32))).toBe(nodeDigest(Buffer.alloc(two.length * 9, two)));
  });

  it('writes nothing beyond its context and its digest', () => {
    const { guest, slot, message, peek } = crypto;
    for (const index of [0, 2]) slot(index, new Uint8Array(256).fill(0x5a));
    guest.sha256Init(slot(2));
    guest.sha256Update(slot(2), message(new Uint8Array(119)), 119);
    guest.sha256Final(slot(2), slot(0));
    const contextSize = guest.SHA256_CONTEXT_SIZE.value;
    expect(peek(slot(0) + 32, 224).every((byte) => byte === 0x5a)).toBe(true);
    expect(peek(slot(2) + contextSize, 256 - contextSize).every((byte) => byte === 0x5a)).toBe(true);
  });

  it('traps on a misaligned context', () => {
    expect(() => crypto.guest.sha256Init(crypto.slot(2) + 4)).toThrow(WebAssembly.RuntimeError);
  });
});
