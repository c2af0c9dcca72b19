import { createHash, sign as signBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { goldenKey, goldenPayload } from './golden-cases.ts';
import {
  describeImage,
  generateKey,
  ImageError,
  imageToJson,
  parseImage,
  readPrivateKey,
  type SignOptions,
  signImage,
  type VerifyOptions,
  verifyImage,
} from './index.ts';

const keys = [goldenKey.publicKey];
const otherKey = generateKey(new Uint8Array(32).fill(7));
const base = { payload: goldenPayload(60), version: '1.2.3', securityCounter: 5, boardId: 0xc01d };
const sign = (options: Partial<SignOptions> = {}) =>
  signImage({ ...base, privateKeyPem: goldenKey.privateKeyPem, ...options });

type Entry = [type: number, value: Uint8Array];
/** An image assembled by hand, so that its TLVs may be anything; correctly hashed and signed unless told otherwise. */
function assemble(options: {
  protectedTlvs?: Entry[];
  unprotected?: (digest: Uint8Array, signature: Uint8Array) => Entry[];
  change?: (header: Buffer) => void;
}): Uint8Array {
  const area = (magic: number, entries: Entry[]) => {
    const parts = entries.map(([type, value]) =>
      Buffer.concat([Buffer.from([type & 0xff, type >> 8, value.length & 0xff, value.length >> 8]), value]),
    );
    const info = Buffer.alloc(4);
    info.writeUInt16LE(magic, 0);
    info.writeUInt16LE(4 + Buffer.concat(parts).length, 2);
    return Buffer.concat([info, ...parts]);
  };
  const counter = options.protectedTlvs ?? [[0x50, Uint8Array.of(5, 0, 0, 0)]];
  const protectedArea = counter.length === 0 ? Buffer.alloc(0) : area(0x6908, counter as Entry[]);
  const header = Buffer.alloc(32);
  header.writeUInt32LE(0x96f3_b83d, 0);
  header.writeUInt16LE(32, 8);
  header.writeUInt16LE(protectedArea.length, 10);
  header.writeUInt32LE(40, 12);
  options.change?.(header);
  const region = Buffer.concat([header, goldenPayload(40), protectedArea]);
  const digest = createHash('sha256').update(region).digest();
  const signature = signBytes(null, digest, readPrivateKey(goldenKey.privateKeyPem));
  const entries = (options.unprotected ?? usual)(digest, signature);
  return new Uint8Array(Buffer.concat([region, area(0x6907, entries)]));
}
const usual = (digest: Uint8Array, signature: Uint8Array): Entry[] => [
  [0x10, digest],
  [0x01, goldenKey.keyHash],
  [0x24, signature],
];
const reasonOf = (bytes: Uint8Array, options: VerifyOptions = {}, publicKeys = keys) =>
  verifyImage(bytes, publicKeys, options).reason;

describe('a good image', () => {
  it('verifies with its key among several, and the result names which', () => {
    const result = verifyImage(sign(), [otherKey.publicKey, goldenKey.publicKey]);
    expect(result).toMatchObject({ ok: true, reason: 'NONE', code: 0, keyIndex: 1 });
    expect(result.image?.securityCounter).toBe(5);
  });

  it('verifies with bytes behind its TLVs, and padded to the slot', () => {
    expect(reasonOf(Uint8Array.from([...sign(), 1, 2, 3]))).toBe('NONE');
    expect(reasonOf(sign({ pad: true }))).toBe('NONE');
  });

  it('verifies when it also carries a signature by a key we do not know', () => {
    const two = assemble({
      unprotected: (digest, signature) => [
        [0x10, digest],
        [0x01, otherKey.keyHash],
        [0x24, new Uint8Array(64)],
        [0x01, goldenKey.keyHash],
        [0x24, signature],
      ],
    });
    expect(reasonOf(two)).toBe('NONE');
  });

  it('verifies with protected TLVs nobody knows', () => {
    const image = assemble({
      protectedTlvs: [
        [0x50, Uint8Array.of(5, 0, 0, 0)],
        [0x60, new Uint8Array(91)],
        [0x1a1, new Uint8Array()],
      ],
    });
    expect(reasonOf(image)).toBe('NONE');
    expect(describeImage(parseImage(image))).toContain('0x1a1 (0 bytes)');
  });
});

describe('an image is refused with the reason the bootloader gives', () => {
  const wordTlv = (value: number): Uint8Array => Uint8Array.of(value, 0, 0, 0);
  const header = (offset: number, value: number, size: 2 | 4) =>
    assemble({ change: (bytes) => bytes.writeUIntLE(value, offset, size) });
  const cases: [string, string, Uint8Array, VerifyOptions?, Uint8Array[]?][] = [
    ['SLOT_EMPTY', 'an empty file', new Uint8Array()],
    ['SLOT_EMPTY', 'an erased slot', new Uint8Array(4096).fill(0xff)],
    ['BAD_MAGIC', 'a wasm module', Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0)],
    ['BAD_MAGIC', 'three bytes', Uint8Array.of(0x3d, 0xb8, 0xf3)],
    ['HEADER_SIZE', 'a header of 31 bytes', header(8, 31, 2)],
    ['IMAGE_SIZE', 'no payload', header(12, 0, 4)],
    ['IMAGE_SIZE', 'a payload past the slot', header(12, 0x7f000, 4)],
    ['IMAGE_SIZE', 'a payload of 4 GiB', header(12, 0xffff_ffff, 4)],
    ['IMAGE_SIZE', 'a file larger than a slot', new Uint8Array([...sign(), ...new Uint8Array(0x80000)])],
    ['FLAGS', 'an encrypted image', header(16, 0x4, 4)],
    ['FLAGS', 'a RAM-load image', header(16, 0x20, 4)],
    ['NON_BOOTABLE', 'a non-bootable image', sign({ nonBootable: true })],
    ['TLV_AREA', 'a file cut short', sign().subarray(0, 80)],
    ['TLV_AREA', 'a file cut behind its payload', sign().subarray(0, 92)],
    ['TLV_AREA', 'a protected area the header does not know of', header(10, 0, 2)],
    ['TLV_AREA', 'a protected area of another size', header(10, 16, 2)],
    ['TLV_ENTRY', 'a TLV past its area', withTlvTotal(-2)],
    ['TLV_ENTRY', 'an area two bytes too long', withTlvTotal(2)],
    ['TLV_NOT_ALLOWED', 'an unprotected security counter', withExtra([0x50, wordTlv(9)])],
    ['TLV_NOT_ALLOWED', 'an unprotected vendor TLV', withExtra([0xa0, wordTlv(9)])],
    ['TLV_NOT_ALLOWED', 'an unprotected TLV whose low byte is that of SHA256', withExtra([0x110, new Uint8Array(32)])],
    ['TLV_NOT_ALLOWED', 'a whole public key', withExtra([0x02, new Uint8Array(44)])],
    [
      'TLV_LENGTH',
      'a short KEYHASH',
      unprotected((d, s) => [
        [0x10, d],
        [1, goldenKey.keyHash.subarray(0, 4)],
        [0x24, s],
      ]),
    ],
    [
      'TLV_LENGTH',
      'a long signature',
      unprotected((d, s) => [
        [0x10, d],
        [1, goldenKey.keyHash],
        [0x24, Buffer.concat([s, d.subarray(0, 1)])],
      ]),
    ],
    ['TLV_LENGTH', 'a short security counter', assemble({ protectedTlvs: [[0x50, Uint8Array.of(5)]] })],
    ['TLV_DUPLICATE', 'two hashes', withExtra([0x10, new Uint8Array(32)])],
    [
      'TLV_DUPLICATE',
      'two security counters',
      assemble({
        protectedTlvs: [
          [0x50, wordTlv(1)],
          [0x50, wordTlv(9)],
        ],
      }),
    ],
    [
      'HASH_MISSING',
      'no hash',
      unprotected((_, s) => [
        [1, goldenKey.keyHash],
        [0x24, s],
      ]),
    ],
    ['HASH_MISMATCH', 'a changed payload', flipped(40)],
    [
      'SIGNATURE_MISSING',
      'no signature',
      unprotected((d) => [
        [0x10, d],
        [1, goldenKey.keyHash],
      ]),
    ],
    ['SIGNATURE_VARIANT', 'a pure signature', withExtra([0x25, Uint8Array.of(1)])],
    ['SIGNATURE_VARIANT', 'a SHA-512 image', withExtra([0x12, new Uint8Array(64)])],
    ['KEY_UNKNOWN', 'a key nobody knows', sign(), {}, [otherKey.publicKey]],
    ['KEY_UNKNOWN', 'no key at all', sign(), {}, []],
    [
      'KEY_UNKNOWN',
      'no KEYHASH',
      unprotected((d, s) => [
        [0x10, d],
        [0x24, s],
      ]),
    ],
    [
      'KEY_UNKNOWN',
      'one KEYHASH for two signatures',
      unprotected((d, s) => [
        [0x10, d],
        [1, otherKey.keyHash],
        [0x24, s],
        [0x24, s],
      ]),
    ],
    ['KEY_REVOKED', 'a revoked key', sign(), { revokedKeys: keys }],
    [
      'SIGNATURE_INVALID',
      'a forged signature',
      unprotected((d) => [
        [0x10, d],
        [1, goldenKey.keyHash],
        [0x24, new Uint8Array(64)],
      ]),
    ],
    ['SECURITY_COUNTER', 'no counter', sign({ securityCounter: undefined })],
    ['SECURITY_COUNTER', 'a counter below the device', sign(), { securityCounter: 6 }],
    ['WRONG_BOARD', 'an image for another board', sign(), { boardId: 0xc01e }],
  ];
  it.each(cases)('%s: %s', (reason, _name, bytes, options, publicKeys) => {
    const result = verifyImage(bytes, publicKeys ?? keys, { name: 'fw.bin', ...options });
    expect(result).toMatchObject({ ok: false, reason });
    expect(result.code).toBeGreaterThan(0);
    expect(result.message).toMatch(/^fw\.bin/);
  });

  function unprotected(make: (digest: Uint8Array, signature: Uint8Array) => Entry[]): Uint8Array {
    return assemble({ unprotected: make });
  }
  function withExtra(extra: Entry): Uint8Array {
    return unprotected((digest, signature) => [...usual(digest, signature), extra]);
  }
  function flipped(offset: number): Uint8Array {
    const bytes = sign();
    bytes[offset] = (bytes[offset] as number) ^ 1;
    return bytes;
  }
  function withTlvTotal(change: number): Uint8Array {
    const bytes = Buffer.from(sign());
    const area = bytes.lastIndexOf(Buffer.from([0x07, 0x69]));
    bytes.writeUInt16LE(bytes.readUInt16LE(area + 2) + change, area + 2);
    return new Uint8Array(bytes);
  }
});

describe('whatever the bytes', () => {
  it('a signed image with any one bit flipped does not verify', () => {
    const image = sign();
    const survivors: number[] = [];
    for (let bit = 0; bit < image.length * 8; bit += 1) {
      const mutated = image.slice();
      mutated[bit >> 3] = (mutated[bit >> 3] as number) ^ (1 << (bit & 7));
      if (verifyImage(mutated, keys).ok) survivors.push(bit);
    }
    expect(survivors).toEqual([]);
  });

  it('a signed image cut off anywhere does not verify', () => {
    const image = sign();
    for (let size = 0; size < image.length; size += 1) expect(reasonOf(image.subarray(0, size))).not.toBe('NONE');
  });

  it('parsing hostile bytes gives an image or an ImageError, never anything else', () => {
    const image = sign();
    const mutations = fc.array(fc.tuple(fc.nat(image.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 });
    const mutated = mutations.map((changes) => {
      const bytes = image.slice();
      for (const [offset, value] of changes) bytes[offset] = value;
      return bytes;
    });
    fc.assert(
      fc.property(fc.oneof(mutated, fc.uint8Array({ maxLength: 400 })), (bytes) => {
        try {
          const info = parseImage(bytes);
          expect(describeImage(info)).toMatch(/^version/);
          expect(JSON.parse(JSON.stringify(imageToJson(info))).fileSize).toBe(bytes.length);
        } catch (error) {
          expect(error).toBeInstanceOf(ImageError);
        }
        expect(typeof verifyImage(bytes, keys).ok).toBe('boolean');
      }),
      { numRuns: 2000 },
    );
  });
});

describe('what an image says about itself', () => {
  const image = sign({ dependencies: [{ image: 1, version: '2.0.0' }] });

  it('reads as text', () => {
    const text = describeImage(parseImage(image));
    expect(text).toMatch(/^version {11}1\.2\.3$/m);
    expect(text).toMatch(/^security counter {2}5$/m);
    expect(text).toMatch(/^board {13}0xc01d$/m);
    expect(text).toMatch(/^needs {13}image 1 in version 2\.0\.0 or newer$/m);
    expect(text).toMatch(/^TLV .* BOARD_ID \(4 bytes\) 49181$/m);
  });

  it('reads as JSON with everything in it', () => {
    const json = imageToJson(parseImage(image));
    expect(json).toMatchObject({ version: '1.2.3', hashMatches: true, securityCounter: 5, flags: [], boardId: 0xc01d });
    expect(json.tlvs.map((tlv) => `${tlv.area} ${tlv.name}`)).toEqual([
      'protected SECURITY_COUNTER',
      'protected DEPENDENCY',
      'protected BOARD_ID',
      'unprotected SHA256',
      'unprotected KEYHASH',
      'unprotected ED25519',
    ]);
  });

  it('says that a hash does not match', () => {
    const bytes = image.slice();
    bytes[40] = (bytes[40] as number) ^ 0x80;
    expect(describeImage(parseImage(bytes))).toContain('DOES NOT MATCH');
  });
});
