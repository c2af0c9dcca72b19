import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { type GuestCrypto, openGuestCrypto } from '../../host/tools/guest-crypto.ts';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const nodeDigest = (bytes: Uint8Array) => createHash('sha512').update(bytes).digest('hex');

// FIPS 180-4's worked examples, then NIST's "additional SHA-2 examples" that fit the guest's memory.
const vectors: [string, Uint8Array, string][] = [
  [
    'abc',
    Buffer.from('abc'),
    'ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f',
  ],
  [
    'two blocks',
    Buffer.from(
      'abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu',
    ),
    '8e959b75dae313da8cf4f72814fc143f8f7779c6eb9f7fa17299aeadb6889018501d289e4900f7e4331b99dec4b5433ac7d329eeb6dd26545e96e55b874be909',
  ],
  [
    'nothing',
    new Uint8Array(),
    'cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e',
  ],
  [
    '111 zeros',
    new Uint8Array(111),
    '77ddd3a542e530fd047b8977c657ba6ce72f1492e360b2b2212cd264e75ec03882e4ff0525517ab4207d14c70c2259ba88d4d335ee0e7e20543d22102ab1788c',
  ],
  [
    '112 zeros',
    new Uint8Array(112),
    '2be2e788c8a8adeaa9c89a7f78904cacea6e39297d75e0573a73c756234534d6627ab4156b48a6657b29ab8beb73334040ad39ead81446bb09c70704ec707952',
  ],
  [
    '113 zeros',
    new Uint8Array(113),
    '0e67910bcf0f9ccde5464c63b9c850a12a759227d16b040d98986d54253f9f34322318e56b8feb86c5fb2270ed87f31252f7f68493ee759743909bd75e4bb544',
  ],
  [
    '122 zeros',
    new Uint8Array(122),
    '4f3f095d015be4a7a7cc0b8c04da4aa09e74351e3a97651f744c23716ebd9b3e822e5077a01baa5cc0ed45b9249e88ab343d4333539df21ed229da6f4a514e0f',
  ],
  [
    '1000 zeros',
    new Uint8Array(1000),
    'ca3dff61bb23477aa6087b27508264a6f9126ee3a004f53cb8db942ed345f2f2d229b4b59c859220a1cf1913f34248e3803bab650e849a3d9a709edc09ae4a76',
  ],
  [
    '1000 A',
    Buffer.alloc(1000, 'A'),
    '329c52ac62d1fe731151f2b895a00475445ef74f50b979c6f7bb7cae349328c1d4cb4f7261a0ab43f936a24b000651d4a824fcdd577f211aef8f806b16afe8af',
  ],
  [
    '1005 U',
    Buffer.alloc(1005, 'U'),
    '59f5e54fe299c6a8764c6b199e44924a37f59e2b56c3ebad939b7289210dc8e4c21b9720165b0f4d4374c90f1bf4fb4a5ace17a1161798015052893a48c3d161',
  ],
];

describe('SHA-512 in the guest', () => {
  let crypto: GuestCrypto;
  beforeAll(async () => {
    crypto = await openGuestCrypto();
  });

  function inPieces(pieces: Uint8Array[]): string {
    const { guest, slot, message, peek } = crypto;
    guest.sha512Init(slot(2));
    for (const piece of pieces) guest.sha512Update(slot(2), message(piece), piece.length);
    guest.sha512Final(slot(2), slot(0));
    return hex(peek(slot(0), 64));
  }

  for (const [name, message, digest] of vectors) {
    it(`gives NIST's digest of ${name}`, () => expect(hex(crypto.sha512(message))).toBe(digest));
  }

  it("gives NIST's digest of a million a", () => {
    const pieces = Array.from({ length: 1000 }, () => Buffer.alloc(1000, 'a'));
    expect(inPieces(pieces)).toBe(
      'e718483d0ce769644e2e42c7bc15b4638e1f98b13b2044285632a803afa973ebde0ff244877ea60a4cb0432ce577c31beb009c5c2c49aa2e4eadb217ad8cc09b',
    );
  });

  it("gives NIST's digest of a million zeros", () => {
    const pieces = Array.from({ length: 25 }, () => new Uint8Array(40_000));
    expect(inPieces(pieces)).toBe(
      'ce044bc9fd43269d5bbc946cbebc3bb711341115cc4abdf2edbc3ff2c57ad4b15deb699bda257fea5aef9c6e55fcf4cf9dc25a8c3ce25f2efe90908379bff7ed',
    );
  });

  it('agrees with node on every length from 0 to 300', () => {
    for (let length = 0; length <= 300; length++) {
      const message = Uint8Array.from({ length }, (_, i) => (i * 151 + length) & 0xff);
      expect(hex(crypto.sha512(message)), `length ${length}`).toBe(nodeDigest(message));
    }
  });

  it('does not care how a message is cut into pieces', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 8 }), (pieces) => {
        expect(inPieces(pieces)).toBe(nodeDigest(Buffer.concat(pieces)));
      }),
    );
  });
});
