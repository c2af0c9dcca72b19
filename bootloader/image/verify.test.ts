// What the bootloader takes for an image: the accept table of bootutil with the TLV allow-list and rollback protection on
// (MCUboot reference, "Validator semantics"), our stricter places, and every single-bit flip.

import { beforeAll, describe, expect, test } from 'vitest';
import { board, counter, type Forgery, forge, vouchers } from '../../hil/boot/forge.ts';
import { keys } from '../../hil/boot/keys.ts';
import { GuestMachine } from '../../host/board/guest-machine.ts';
import { instantiateGuest } from '../../host/tools/guest.ts';
import { signImage, verifyImage } from '../../host/tools/image/index.ts';
import { nameOf } from '../../protocol/constants.ts';
import { ImageFormat, Tlv } from '../../protocol/image/format.ts';
import { rejectReasons } from '../../protocol/image/reasons.ts';
import { Fuse, MemoryMap } from '../../protocol/memory-map.ts';

interface Guest extends Record<string, unknown> {
  parseSlot(slot: number): number;
  verifySlot(slot: number): number;
  imageInfo(slot: number): number;
}

const machine = new GuestMachine();
const fuses = machine.fuses.cells;
let guest: Guest & { memory: WebAssembly.Memory };

beforeAll(async () => {
  guest = await instantiateGuest<Guest>('bootloader/image/verify.entry.ts', machine.bus);
  machine.machine.ram = new Uint8Array(guest.memory.buffer);
  setFuses();
});

/** Keys 0 and 1 valid, counter 1, board 7; then what a test adds. */
function setFuses(more: Record<number, number> = {}): void {
  fuses.fill(0);
  fuses[Fuse.KEY_VALID] = 0b0011;
  fuses[Fuse.SECURITY_COUNTER + 3] = 1;
  fuses[Fuse.BOARD_ID] = 7;
  for (const number of [0, 1])
    fuses.set(new Uint32Array(keys[number].publicKey.slice().buffer), Fuse.KEYS + number * Fuse.KEY_WORDS);
  for (const [word, value] of Object.entries(more)) fuses[Number(word)] = value;
}

function place(image: Uint8Array): void {
  for (let sector = 0; sector < MemoryMap.SLOT_SIZE; sector += MemoryMap.SECTOR_SIZE)
    machine.machine.flash.erasePage(MemoryMap.SLOT_B + sector);
  machine.machine.flash.writeBytes(MemoryMap.SLOT_B, image);
}

function verdict(image: Uint8Array): string | undefined {
  place(image);
  return nameOf(rejectReasons, guest.verifySlot(1));
}

/** `NONE` is a good image. */
function expectVerdicts(cases: Record<string, [Forgery, string]>): void {
  test.each(Object.entries(cases))('%s', (_name, [forgery, reason]) => {
    expect(verdict(forge(forgery))).toBe(reason);
  });
}

const bytes = (length: number, fill = 0) => new Uint8Array(length).fill(fill);

describe('as bootutil has it', () => {
  expectVerdicts({
    'an image as imgtool signs it is good': [{}, 'NONE'],
    'a security counter above the fuses’ is good': [{ protectedTlvs: [counter(9)] }, 'NONE'],
    'a security counter below the fuses’ is refused': [{ protectedTlvs: [counter(0)] }, 'SECURITY_COUNTER'],
    'no security counter is refused': [{ protectedTlvs: [] }, 'SECURITY_COUNTER'],
    'an unprotected security counter is refused': [
      { protectedTlvs: [], unprotectedTlvs: (...right) => [counter(9), ...right] },
      'TLV_NOT_ALLOWED',
    ],
    'an unprotected security counter beside a protected one is refused': [
      { unprotectedTlvs: (...right) => [...right, counter(9)] },
      'TLV_NOT_ALLOWED',
    ],
    'no key hash is refused': [{ unprotectedTlvs: (hash, _key, signature) => [hash, signature] }, 'KEY_UNKNOWN'],
    'a key hash behind the signature is refused': [
      { unprotectedTlvs: (hash, key, signature) => [hash, signature, key] },
      'KEY_UNKNOWN',
    ],
    'an unknown key hash is refused': [
      { unprotectedTlvs: (hash, key, signature) => [hash, { ...key, value: bytes(32, 5) }, signature] },
      'KEY_UNKNOWN',
    ],
    'the signature in front of the hash is good': [
      { unprotectedTlvs: (hash, key, signature) => [key, signature, hash] },
      'NONE',
    ],
    'no hash is refused': [{ unprotectedTlvs: (_hash, key, signature) => [key, signature] }, 'HASH_MISSING'],
    'no signature is refused': [{ unprotectedTlvs: (hash, key) => [hash, key] }, 'SIGNATURE_MISSING'],
    'a signature of 65 bytes is refused': [
      { unprotectedTlvs: (hash, key, sig) => [hash, key, { ...sig, value: Buffer.concat([sig.value, bytes(1)]) }] },
      'TLV_LENGTH',
    ],
    'a signature of another key of ours is refused': [
      { unprotectedTlvs: (hash, key) => [hash, key, vouchers(hash.value, 1)[2]] },
      'SIGNATURE_INVALID',
    ],
    'an image of our second key is good': [{ unprotectedTlvs: (hash) => vouchers(hash.value, 1) }, 'NONE'],
    'an image of a key that is not in the fuses is refused': [
      { unprotectedTlvs: (hash) => vouchers(hash.value, 2) },
      'KEY_UNKNOWN',
    ],
    'an unprotected vendor TLV is refused': [
      { unprotectedTlvs: (...right) => [...right, { type: 0x00a5, value: bytes(4) }] },
      'TLV_NOT_ALLOWED',
    ],
    'a protected vendor TLV is good': [{ protectedTlvs: [counter(1), { type: 0x00a5, value: bytes(9) }] }, 'NONE'],
    'an unprotected TLV whose low byte is that of the hash is refused': [
      { unprotectedTlvs: (...right) => [...right, { type: 0x0110, value: bytes(32) }] },
      'TLV_NOT_ALLOWED',
    ],
    'a header of 64 bytes is good': [{ headerSize: 64 }, 'NONE'],
    'bytes behind the TLVs do not matter': [{ junk: bytes(100, 7) }, 'NONE'],
    'a TLV area two bytes too long is refused': [{ unprotectedTotal: 4 + 36 + 36 + 68 + 2 }, 'TLV_ENTRY'],
    'a pure signature is refused': [
      { unprotectedTlvs: (...right) => [...right, { type: Tlv.SIG_PURE, value: bytes(1, 1) }] },
      'SIGNATURE_VARIANT',
    ],
    'an image hashed with SHA-512 is refused as such': [
      {
        unprotectedTlvs: (_hash, key, signature) => [
          { type: Tlv.SHA512, value: bytes(64) },
          { ...key, value: bytes(64) },
          signature,
        ],
      },
      'SIGNATURE_VARIANT',
    ],
    'a hash of other bytes is refused': [
      { unprotectedTlvs: (hash, ...rest) => [{ ...hash, value: bytes(32) }, ...rest] },
      'HASH_MISMATCH',
    ],
  });
});

describe('where we are stricter', () => {
  const half = (tlv: { type: number; value: Uint8Array }, length: number) => ({
    ...tlv,
    value: tlv.value.slice(0, length),
  });
  expectVerdicts({
    'a key hash of no bytes is refused': [
      { unprotectedTlvs: (hash, key, signature) => [hash, half(key, 0), signature] },
      'TLV_LENGTH',
    ],
    'the first four bytes of a key hash are refused': [
      { unprotectedTlvs: (hash, key, signature) => [hash, half(key, 4), signature] },
      'TLV_LENGTH',
    ],
    'two hashes are refused': [{ unprotectedTlvs: (hash, ...rest) => [hash, hash, ...rest] }, 'TLV_DUPLICATE'],
    'two signatures of ours are refused': [
      { unprotectedTlvs: (hash, key, signature) => [hash, key, signature, key, signature] },
      'TLV_DUPLICATE',
    ],
    'a signature of an unknown key and then ours is refused': [
      { unprotectedTlvs: (hash, ...ours) => [...vouchers(hash.value, 3), ...ours] },
      'TLV_DUPLICATE',
    ],
    'two security counters are refused': [{ protectedTlvs: [counter(3), counter(2)] }, 'TLV_DUPLICATE'],
    'a security counter of two bytes is refused': [
      { protectedTlvs: [{ type: Tlv.SECURITY_COUNTER, value: bytes(2, 1) }] },
      'TLV_LENGTH',
    ],
    'a SHA-512 beside the SHA-256 is refused': [
      { unprotectedTlvs: (...right) => [...right, { type: Tlv.SHA512, value: bytes(64) }] },
      'SIGNATURE_VARIANT',
    ],
    'a whole public key is refused': [
      { unprotectedTlvs: (...right) => [{ type: Tlv.PUBKEY, value: bytes(44) }, ...right] },
      'TLV_NOT_ALLOWED',
    ],
    'a protected TLV across the end of its area is refused': [
      { protectedTlvs: [counter(1), { type: 0x00a5, value: bytes(4), length: 8 }] },
      'TLV_ENTRY',
    ],
    'a payload of no bytes is refused': [{ payload: bytes(0) }, 'IMAGE_SIZE'],
    'flags for encryption are refused': [{ flags: 0x4 }, 'FLAGS'],
    'flags for compression are refused': [{ flags: 0x200 }, 'FLAGS'],
    'flags for RAM load are refused': [{ flags: 0x20 }, 'FLAGS'],
    'the flag for not bootable is refused': [{ flags: ImageFormat.FLAG_NON_BOOTABLE }, 'NON_BOOTABLE'],
    'another board is refused': [{ protectedTlvs: [counter(1), board(8)] }, 'WRONG_BOARD'],
    'this board is good': [{ protectedTlvs: [counter(1), board(7)] }, 'NONE'],
    'a dependency of four bytes is refused': [
      { protectedTlvs: [counter(1), { type: Tlv.DEPENDENCY, value: bytes(4) }] },
      'TLV_LENGTH',
    ],
  });
});

describe('sizes are not believed', () => {
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
    expect(verdict(forge({ payload: bytes(room, 1) }))).toBe('NONE');
    expect(verdict(forge({ payload: bytes(room + 1, 1) }))).toBe('TLV_AREA');
  });

  test('a header larger than its sizes allow is refused', () => {
    const image = Buffer.from(forge());
    for (const size of [0, 31, 0xffff]) {
      image.writeUInt16LE(size, ImageFormat.OFFSET_HEADER_SIZE);
      expect(verdict(image)).toBe(size < 32 ? 'HEADER_SIZE' : 'TLV_AREA');
    }
  });

  test('an erased slot is empty, and anything but the magic is no image', () => {
    expect(verdict(bytes(32, 0xff))).toBe('SLOT_EMPTY');
    expect(verdict(bytes(32))).toBe('BAD_MAGIC');
  });
});

describe('keys', () => {
  test('a revoked key is refused, the other one still counts', () => {
    setFuses({ [Fuse.KEY_REVOKED]: 1 });
    expect(verdict(forge())).toBe('KEY_REVOKED');
    expect(verdict(forge({ unprotectedTlvs: (hash) => vouchers(hash.value, 1) }))).toBe('NONE');
    setFuses();
  });

  test('a key burnt twice is revoked when either is', () => {
    setFuses({ [Fuse.KEY_VALID]: 0b101, [Fuse.KEY_REVOKED]: 0b100 });
    fuses.set(new Uint32Array(keys[0].publicKey.slice().buffer), Fuse.KEYS + 2 * Fuse.KEY_WORDS);
    expect(verdict(forge())).toBe('KEY_REVOKED');
    setFuses();
  });

  test('a key whose valid bit is not burnt is no key', () => {
    setFuses({ [Fuse.KEY_VALID]: 0b10 });
    expect(verdict(forge())).toBe('KEY_UNKNOWN');
    setFuses();
  });

  test('the counter is the number of ones over all its words', () => {
    const words = Object.fromEntries([0, 1, 2, 3, 4, 5, 6, 7].map((n) => [Fuse.SECURITY_COUNTER + n, 0xffff_ffff]));
    setFuses(words);
    expect(verdict(forge({ protectedTlvs: [counter(255)] }))).toBe('SECURITY_COUNTER');
    expect(verdict(forge({ protectedTlvs: [counter(256)] }))).toBe('NONE');
    setFuses();
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
    expect(verdict(image)).toBe('NONE');
    const info = new Uint32Array(guest.memory.buffer, guest.imageInfo(1), 12);
    expect([...info.slice(2, 9)]).toEqual([0x01_02_0003, 4, MemoryMap.SLOT_B + 32, 50, 32 + 50 + 12, image.length, 5]);
    expect(info[10]).toBe(1);
    const hash = new Uint8Array(guest.memory.buffer, guest.imageInfo(1) + 48, 32);
    expect(Buffer.from(image).includes(Buffer.from(hash))).toBe(true);
  });

  test('by a look at the structure alone is what the image says, damaged or not', () => {
    const image = forge();
    image[33] ^= 1;
    place(image);
    expect(nameOf(rejectReasons, guest.parseSlot(1))).toBe('NONE');
    expect(nameOf(rejectReasons, guest.verifySlot(1))).toBe('HASH_MISMATCH');
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
    expect(verdict(image)).toBe(desk.reason);
  });
});

test('every single-bit flip of an image is refused', () => {
  const image = forge();
  place(image);
  const accepted: number[] = [];
  for (let bit = 0; bit < image.length * 8; bit++) {
    const at = MemoryMap.SLOT_B + (bit >> 3);
    machine.machine.flash.writeBytes(at, Uint8Array.of(image[bit >> 3] ^ (1 << (bit & 7))));
    if (guest.verifySlot(1) === 0) accepted.push(bit);
    machine.machine.flash.writeBytes(at, image.subarray(bit >> 3, (bit >> 3) + 1));
  }
  expect(accepted).toEqual([]);
  expect(nameOf(rejectReasons, guest.verifySlot(1))).toBe('NONE');
});

test('every truncation of an image is refused', () => {
  const image = forge();
  for (let length = 0; length < image.length; length++) expect(verdict(image.subarray(0, length))).not.toBe('NONE');
});
