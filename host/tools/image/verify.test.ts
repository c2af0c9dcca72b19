import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cases } from '../../board/testing/cases.ts';
import { hostileImages, oddButGood, otherKey, signed, trialDevice } from './hostile-images.ts';
import { describeImage, ImageError, imageToJson, parseImage, verifyImage } from './index.ts';

const { keys } = trialDevice;

describe('a good image', () => {
  it('verifies with its key among several, and the result names which', () => {
    const result = verifyImage(signed(), [otherKey.publicKey, ...keys], trialDevice);
    expect(result).toMatchObject({ ok: true, reason: 'NONE', code: 0, keyIndex: 1 });
    expect(result.image?.securityCounter).toBe(5);
  });

  it('verifies padded to the slot', () => {
    expect(verifyImage(signed({ pad: true }), keys, trialDevice).reason).toBe('NONE');
    expect(verifyImage(signed({ confirm: true }), keys, trialDevice).reason).toBe('NONE');
  });

  it.each(oddButGood)('verifies with %s', (_name, bytes) => {
    expect(verifyImage(bytes, keys, trialDevice)).toMatchObject({ ok: true, reason: 'NONE' });
  });

  it('verifies for any board where none is given', () => {
    expect(verifyImage(signed({ boardId: 77 }), keys).reason).toBe('NONE');
  });
});

describe('an image is refused with the reason the bootloader gives', () => {
  it.each(hostileImages)('$reason: $name', ({ reason, bytes, device }) => {
    const state = { ...trialDevice, ...device };
    const result = verifyImage(bytes, state.keys, { name: 'fw.bin', ...state });
    expect(result).toMatchObject({ ok: false, reason });
    expect(result.code).toBeGreaterThan(0);
    expect(result.message).toMatch(/^fw\.bin.*; /);
  });

  it.each([
    ['its last TLVs', 32 + 144 - 1, 'takes 520205 bytes'],
    ['any TLVs', 32 + 3, 'takes more than 520205 bytes'],
  ])('says of an image that is too large by %s how much room there is', (_what, others, size) => {
    const bytes = signed({ payload: new Uint8Array(520_192 - others), boardId: undefined, slotSize: 0x100000 });
    const { reason, message } = verifyImage(bytes, keys);
    expect(reason).toBe('TLV_AREA');
    expect(message).toContain(size);
    expect(message).toContain('a slot has room for 520192 in front of its trailer; make the payload smaller');
  });

  it('says of a whole public key, which imgtool cannot protect, how to sign without it', () => {
    const { bytes } = hostileImages.find(({ name }) => name === 'a whole public key') as (typeof hostileImages)[0];
    const advice =
      'TLV PUBKEY is outside the signed part, so no signature protects it; sign the image again with --public-key-format hash';
    expect(verifyImage(bytes, keys).message).toContain(advice);
  });

  it.each([
    [
      0x22,
      'TLV ECDSASIG is a signature of another kind of key, which this chip does not check; sign the image with an Ed25519 key',
    ],
    [0x20, 'TLV RSA2048 is a signature of another kind of key'],
    [
      0x33,
      'TLV ENCX25519 is the key of an encrypted image, which this chip cannot read; sign the image without --encrypt',
    ],
    [
      0xb7,
      'TLV 0xb7 is outside the signed part, so no signature protects it; sign the image again with the TLV protected',
    ],
  ])('says of TLV %i what of imgtool it is', (type, advice) => {
    const [bytes, at] = [signed().slice(), signed().length - 4 - 64];
    bytes.set([type, 0], at);
    expect(verifyImage(bytes, keys)).toMatchObject({ reason: 'TLV_NOT_ALLOWED', offset: at });
    expect(verifyImage(bytes, keys).message).toContain(advice);
  });

  it('names the flags that it refuses', () => {
    const { bytes } = hostileImages.find(({ name }) => name === 'an encrypted image') as (typeof hostileImages)[0];
    expect(verifyImage(bytes, keys).message).toContain('flags ask for ENCRYPTED_AES128, expected none');
  });

  it.each([
    ['a wasm module', '\0asm', "a wasm module: sign it first with 'coldrig image sign'"],
    ['Intel HEX', ':02000004', 'Intel HEX: convert it to binary (objcopy'],
    ['gzip', '\x1f\x8b\x08', 'a gzip file: unpack it first'],
    ['a zip archive', 'PK\x03\x04', 'a zip archive: unpack it first'],
    ['an image in big endian', '\x96\xf3\xb8\x3d', 'an MCUboot image in big endian: sign it in little endian'],
    ['text', 'hello', "no MCUboot image: sign one with 'coldrig image sign'"],
  ])('says of %s what it is, and what to do', (_what, begin, advice) => {
    const bytes = Buffer.concat([Buffer.from(begin, 'latin1'), Buffer.alloc(100)]);
    const { reason, message } = verifyImage(bytes, keys);
    expect(reason).toBe('BAD_MAGIC');
    expect(message).toContain(`; this ${begin.startsWith(':') ? 'looks like' : 'is'} ${advice}`);
  });

  it('IMAGE_SIZE: a file larger than a slot', () => {
    const bytes = new Uint8Array(0x80001);
    bytes.set(signed());
    expect(verifyImage(bytes, keys)).toMatchObject({ reason: 'IMAGE_SIZE', offset: 0x80000 });
  });
});

describe('whatever the bytes', () => {
  it('a signed image with any one bit flipped does not verify', () => {
    const image = signed();
    const survivors: number[] = [];
    for (let bit = 0; bit < image.length * 8; bit += 1) {
      const mutated = image.slice();
      mutated[bit >> 3] = (mutated[bit >> 3] as number) ^ (1 << (bit & 7));
      if (verifyImage(mutated, keys).ok) survivors.push(bit);
    }
    expect(survivors).toEqual([]);
  });

  it('a signed image cut off anywhere does not verify', () => {
    const image = signed();
    for (let size = 0; size < image.length; size += 1) {
      expect(verifyImage(image.subarray(0, size), keys).ok).toBe(false);
    }
  });

  it('parsing hostile bytes gives an image or an ImageError, never anything else', () => {
    const image = signed();
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
      cases(2000),
    );
  });
});

describe('what an image says about itself', () => {
  const image = signed({ dependencies: [{ image: 1, version: '2.0.0' }] });

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
