// Verification against hostile sizes, damage and the fuses: what is refused, what is found in what is good.

import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { board, counter, type Forgery, forge, vouchers } from '../../hil/rig/forged-image.ts';
import { VerifyBench } from '../../hil/rig/guest/verify-bench.ts';
import { keys } from '../../hil/rig/keys.ts';
import { signImage, verifyImage } from '../../host/tools/image/index.ts';
import { ImageFormat, Tlv } from '../../protocol/image/format.ts';
import { Fuse, KeyPurpose, Lifecycle, MemoryMap } from '../../protocol/memory-map.ts';

let judge: VerifyBench;

beforeAll(async () => {
  judge = await VerifyBench.make();
});

/** `NONE` is a good image. */
function expectVerdicts(cases: Record<string, [Forgery, string]>): void {
  test.each(Object.entries(cases))('%s', (_name, [forgery, reason]) => {
    expect(judge.verdict(forge(forgery))).toBe(reason);
  });
}

const bytes = (length: number, fill = 0) => new Uint8Array(length).fill(fill);

describe('sizes are not trusted', () => {
  const max = MemoryMap.IMAGE_SIZE_MAX;
  expectVerdicts({
    'a payload past the end of the slot': [{ imageSize: max }, 'IMAGE_SIZE'],
    'a payload whose size wraps around': [{ imageSize: 0xffff_fff0 }, 'IMAGE_SIZE'],
    'a payload that leaves no room for TLVs': [{ imageSize: max - 32 }, 'TLV_AREA'],
    'a payload that ends where TLVs would begin to fit': [{ imageSize: max - 32 - 8 - 4 }, 'TLV_AREA'],
    'a protected area of one byte': [{ protectedSize: 1 }, 'TLV_AREA'],
    'a protected area larger than it is': [{ protectedSize: 16 }, 'TLV_AREA'],
    'a protected area the header does not mention': [{ protectedSize: 0 }, 'TLV_AREA'],
    'a protected area that says it is smaller than the header says': [{ protectedTotal: 4 }, 'TLV_AREA'],
    'a TLV area of no bytes': [{ unprotectedTotal: 0 }, 'TLV_AREA'],
    'a TLV area of nothing but its info': [{ unprotectedTotal: 4 }, 'HASH_MISSING'],
    'a TLV area that ends inside an entry': [{ unprotectedTotal: 100 }, 'TLV_ENTRY'],
    'a TLV area of 64 KiB': [{ unprotectedTotal: 0xffff }, 'TLV_ENTRY'],
    'an entry of 64 KiB': [{ unprotectedTlvs: (hash) => [{ ...hash, length: 0xffff }] }, 'TLV_ENTRY'],
  });

  test('an image that fills its slot to the last byte is good, one byte more is not', () => {
    const room = max - 32 - 12 - 144;
    expect(judge.verdict(forge({ payload: bytes(room, 1) }))).toBe('NONE');
    expect(judge.verdict(forge({ payload: bytes(room + 1, 1) }))).toBe('TLV_AREA');
  });

  test('a header larger than its sizes allow is refused', () => {
    const image = Buffer.from(forge());
    for (const size of [0, 31, 0xffff]) {
      image.writeUInt16LE(size, ImageFormat.OFFSET_HEADER_SIZE);
      expect(judge.verdict(image)).toBe(size < 32 ? 'HEADER_SIZE' : 'TLV_AREA');
    }
  });

  test('an erased slot is empty, and anything but the magic is no image', () => {
    expect(judge.verdict(bytes(32, 0xff))).toBe('SLOT_EMPTY');
    expect(judge.verdict(bytes(32))).toBe('BAD_MAGIC');
  });
});

describe('keys', () => {
  test('a revoked key is refused, the other one still counts', () => {
    judge.setFuses({ [Fuse.KEY_REVOKED]: 1 });
    expect(judge.verdict(forge())).toBe('KEY_REVOKED');
    expect(judge.verdict(forge({ unprotectedTlvs: (hash) => vouchers(hash.value, 1) }))).toBe('NONE');
    judge.setFuses();
  });

  test('a key burnt twice is revoked when either is', () => {
    judge.setFuses({ [Fuse.KEY_VALID]: 0b101, [Fuse.KEY_REVOKED]: 0b100 });
    judge.burnKey(2, keys[0].publicKey);
    expect(judge.verdict(forge())).toBe('KEY_REVOKED');
    judge.setFuses();
  });

  test('a key whose valid bit is not burnt is no key', () => {
    judge.setFuses({ [Fuse.KEY_VALID]: 0b10 });
    expect(judge.verdict(forge())).toBe('KEY_UNKNOWN');
    judge.setFuses();
  });

  test.each([
    ['for tokens', KeyPurpose.TOKEN, 0, 'KEY_PURPOSE'],
    ['for nothing', 0, 0, 'KEY_PURPOSE'],
    ['for development', KeyPurpose.DEVELOPMENT, 0, 'NONE'],
    ['for development, on a device locked for the field', KeyPurpose.DEVELOPMENT, Lifecycle.LOCKED, 'KEY_PURPOSE'],
    ['for recovery', KeyPurpose.RECOVERY, Lifecycle.LOCKED, 'NONE'],
    ['for releases', KeyPurpose.RELEASE, Lifecycle.LOCKED, 'NONE'],
  ])('a key %s may sign what its fuses allow', (_what, purposes, lifecycle, reason) => {
    judge.setFuses({ [Fuse.KEY_PURPOSES]: purposes, [Fuse.LIFECYCLE]: lifecycle });
    expect(judge.verdict(forge())).toBe(reason);
    judge.setFuses();
  });

  test('a key burnt twice may do what both may', () => {
    const purposes = KeyPurpose.RELEASE | (KeyPurpose.RECOVERY << 16);
    judge.setFuses({ [Fuse.KEY_VALID]: 0b101, [Fuse.KEY_PURPOSES]: purposes });
    judge.burnKey(2, keys[0].publicKey);
    expect(judge.verdict(forge())).toBe('KEY_PURPOSE');
    judge.setFuses();
  });

  test('an image is good up to the last cell of the security counter, and refused where it needs one more', () => {
    const ticks = Object.fromEntries(Array.from({ length: 32 }, (_, n) => [Fuse.SECURITY_COUNTER + n, 0x1111_1111]));
    const last = Fuse.SECURITY_COUNTER + 31;
    judge.setFuses({ ...ticks, [last]: 0x0111_1111 });
    expect(judge.verdict(forge({ protectedTlvs: [counter(254)] }))).toBe('SECURITY_COUNTER');
    expect(judge.verdict(forge({ protectedTlvs: [counter(255)] }))).toBe('NONE');
    // The last tick may grow from one number to the next multiple of 256, and one cell is free.
    expect(judge.verdict(forge({ protectedTlvs: [counter(257)] }))).toBe('NONE');
    expect(judge.verdict(forge({ protectedTlvs: [counter(258)] }))).toBe('COUNTER_TOO_FAR');
    judge.setFuses();
  });
});

describe('what is found', () => {
  test('is version, payload, counter, key and hash', () => {
    const image = signImage({
      payload: bytes(50, 3),
      privateKeyPem: keys[1].privateKeyPem,
      version: '1.2.3+4',
      securityCounter: 5,
    });
    expect(judge.verdict(image)).toBe('NONE');
    const { info } = judge;
    const words = [8, 12, 16, 20, 24, 28, 32, 40].map((offset) => info.getUint32(offset, true));
    expect(words).toEqual([0x01_02_0003, 4, MemoryMap.SLOT_B + 32, 50, 32 + 50 + 12, image.length, 5, 1]);
    const hash = Buffer.from(info.buffer, info.byteOffset + 72, 32);
    expect(hash).toEqual(
      createHash('sha256')
        .update(image.subarray(0, 32 + 50 + 12))
        .digest(),
    );
  });

  test('by a look at the structure alone is what the image says, damaged or not', () => {
    const image = forge();
    image[33] ^= 1;
    judge.place(image);
    expect(judge.parse()).toBe('NONE');
    expect(judge.verify()).toBe('HASH_MISMATCH');
  });
});

describe('the signer’s own verification says the same', () => {
  const images: [string, Uint8Array][] = [
    ['good', forge()],
    ['flags', forge({ flags: 4 })],
    ['no counter', forge({ protectedTlvs: [] })],
    ['another board', forge({ protectedTlvs: [counter(1), board(8)] })],
    ['SHA-512', forge({ unprotectedTlvs: (...right) => [...right, { type: Tlv.SHA512, value: bytes(64) }] })],
    ['vendor TLV', forge({ unprotectedTlvs: (...right) => [...right, { type: 0xa5, value: bytes(4) }] })],
  ];
  test.each(images)('%s', (_name, image) => {
    const options = { securityCounter: 1, boardId: 7 };
    const desk = verifyImage(
      image,
      keys.slice(0, 2).map(({ publicKey }) => publicKey),
      options,
    );
    expect(judge.verdict(image)).toBe(desk.reason);
  });
});

test('every single-bit flip of an image is refused', () => {
  const image = forge();
  judge.place(image);
  const accepted: number[] = [];
  for (let bit = 0; bit < image.length * 8; bit++) {
    const at = bit >> 3;
    judge.write(at, Uint8Array.of(image[at] ^ (1 << (bit & 7))));
    if (judge.verify() === 'NONE') accepted.push(bit);
    judge.write(at, image.subarray(at, at + 1));
  }
  expect(accepted).toEqual([]);
  expect(judge.verify()).toBe('NONE');
});

test('every truncation of an image is refused', () => {
  const image = forge();
  for (let length = 0; length < image.length; length++)
    expect(judge.verdict(image.subarray(0, length))).not.toBe('NONE');
});
