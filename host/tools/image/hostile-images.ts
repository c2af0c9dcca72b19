// Images that no signing tool makes, each with the reason why a bootloader refuses it. Tests check both host and bootloader
// with this list, so that the two cannot differ.

import { createHash, sign as signBytes } from 'node:crypto';
import type { RejectReasonName } from './error.ts';
import { goldenKey, goldenPayload } from './golden-cases.ts';
import { generateKey, readPrivateKey } from './keys.ts';
import { type SignOptions, signImage } from './sign.ts';
import type { DeviceTrust } from './trust.ts';

/** Fuse contents of the device on which the images are tried. */
export const trialDevice: DeviceTrust = {
  keys: [goldenKey.publicKey],
  revokedKeys: [],
  unfitKeys: [],
  securityCounter: 5,
  boardId: 0xc01d,
};
export const otherKey = generateKey(new Uint8Array(32).fill(7));

export interface HostileImage {
  reason: RejectReasonName;
  name: string;
  bytes: Uint8Array;
  device?: Partial<DeviceTrust>;
}

export type Entry = [type: number, value: Uint8Array];
type MakeEntries = (digest: Uint8Array, signature: Uint8Array) => Entry[];

/** A good image for the device, with these changes. */
export function signed(options: Partial<SignOptions> = {}): Uint8Array {
  const { securityCounter, boardId } = trialDevice;
  const usualOptions = { payload: goldenPayload(60), version: '1.2.3', securityCounter, boardId };
  return signImage({ ...usualOptions, privateKeyPem: goldenKey.privateKeyPem, ...options });
}

/** An image of which every part may be wrong; hash and signature fit unless `unprotected` says otherwise. */
export function assemble(parts: {
  protectedTlvs?: Entry[];
  unprotected?: MakeEntries;
  change?: (header: Buffer) => void;
}): Uint8Array {
  const protectedArea = tlvArea(0x6908, parts.protectedTlvs ?? [[0x50, word(trialDevice.securityCounter)]]);
  const header = Buffer.alloc(32);
  header.writeUInt32LE(0x96f3_b83d, 0);
  header.writeUInt16LE(32, 8);
  header.writeUInt16LE(protectedArea.length, 10);
  header.writeUInt32LE(40, 12);
  parts.change?.(header);
  const region = Buffer.concat([header, goldenPayload(40), protectedArea]);
  const digest = createHash('sha256').update(region).digest();
  const signature = signBytes(null, digest, readPrivateKey(goldenKey.privateKeyPem));
  const entries = (parts.unprotected ?? usual)(digest, signature);
  return new Uint8Array(Buffer.concat([region, tlvArea(0x6907, entries)]));
}

/** The TLVs imgtool writes. */
const usual: MakeEntries = (digest, signature) => [
  [0x10, digest],
  [0x01, goldenKey.keyHash],
  [0x24, signature],
];

function tlvArea(magic: number, entries: Entry[]): Buffer {
  const parts = entries.map(([type, value]) => Buffer.concat([twoWords(type, value.length), value]));
  const body = Buffer.concat(parts);
  return entries.length === 0 ? body : Buffer.concat([twoWords(magic, 4 + body.length), body]);
}

const twoWords = (a: number, b: number) => Buffer.from([a & 0xff, a >> 8, b & 0xff, b >> 8]);
const word = (value: number) => Uint8Array.of(value & 0xff, value >> 8, 0, 0);
const header = (offset: number, value: number, size: 2 | 4) =>
  assemble({ change: (bytes) => bytes.writeUIntLE(value, offset, size) });
const unprotected = (make: MakeEntries) => assemble({ unprotected: make });
const withExtra = (extra: Entry) => unprotected((digest, signature) => [...usual(digest, signature), extra]);
const withProtected = (...protectedTlvs: Entry[]) => assemble({ protectedTlvs });

function flipped(offset: number): Uint8Array {
  const bytes = signed();
  bytes[offset] = (bytes[offset] as number) ^ 1;
  return bytes;
}

function withTlvTotal(change: number): Uint8Array {
  const bytes = Buffer.from(signed());
  const area = bytes.lastIndexOf(Buffer.from([0x07, 0x69]));
  bytes.writeUInt16LE(bytes.readUInt16LE(area + 2) + change, area + 2);
  return new Uint8Array(bytes);
}

const key = goldenKey.keyHash;
const counter: Entry = [0x50, word(5)];
const none = new Uint8Array();
/** As imgtool makes it: type APP, version 1.2.3, signer, SHA256, and zeros to measure into. */
const bootRecord = Buffer.concat([
  Buffer.from('\xa5\x01\x63APP\x04\x651.2.3\x05\x58\x20', 'latin1'),
  key,
  Buffer.from('\x06\x66SHA256\x02\x58\x20', 'latin1'),
  new Uint8Array(32),
]);

const list: [RejectReasonName, string, Uint8Array, Partial<DeviceTrust>?][] = [
  ['SLOT_EMPTY', 'nothing at all', none],
  ['SLOT_EMPTY', 'erased flash', new Uint8Array(4096).fill(0xff)],
  ['BAD_MAGIC', 'a bare wasm module', Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0)],
  ['BAD_MAGIC', 'three bytes', Uint8Array.of(0x3d, 0xb8, 0xf3)],
  ['HEADER_SIZE', 'a header of 31 bytes', header(8, 31, 2)],
  ['IMAGE_SIZE', 'no payload', header(12, 0, 4)],
  ['IMAGE_SIZE', 'a payload past the slot', header(12, 0x7f000, 4)],
  ['IMAGE_SIZE', 'a payload of 4 GiB', header(12, 0xffff_ffff, 4)],
  ['TLV_AREA', 'a payload that leaves no room for TLVs', header(12, 0x7f000 - 32, 4)],
  ['TLV_AREA', 'a protected area of 3 bytes', header(10, 3, 2)],
  ['FLAGS', 'an encrypted image', header(16, 0x4, 4)],
  ['FLAGS', 'a RAM-load image', header(16, 0x20, 4)],
  ['NON_BOOTABLE', 'a non-bootable image', signed({ nonBootable: true })],
  ['TLV_AREA', 'an image cut short in its payload', signed().subarray(0, 80)],
  ['TLV_AREA', 'an image cut behind its payload', signed().subarray(0, 92)],
  ['TLV_AREA', 'a protected area the header does not know of', header(10, 0, 2)],
  ['TLV_AREA', 'a protected area of another size', header(10, 16, 2)],
  ['TLV_ENTRY', 'a TLV past its area', withTlvTotal(-2)],
  ['TLV_ENTRY', 'an area two bytes too long', withTlvTotal(2)],
  ['TLV_NOT_ALLOWED', 'an unprotected security counter', withExtra([0x50, word(9)])],
  ['TLV_NOT_ALLOWED', 'a whole public key', withExtra([0x02, new Uint8Array(44)])],
  ['TLV_NOT_ALLOWED', 'an unprotected vendor TLV', withExtra([0xa0, word(9)])],
  ['TLV_NOT_ALLOWED', 'an unprotected TLV whose low byte is that of SHA256', withExtra([0x110, new Uint8Array(32)])],
  [
    'TLV_LENGTH',
    'a KEYHASH of no bytes',
    unprotected((d, s) => [
      [0x10, d],
      [1, none],
      [0x24, s],
    ]),
  ],
  [
    'TLV_LENGTH',
    'a KEYHASH of 4 bytes',
    unprotected((d, s) => [
      [0x10, d],
      [1, key.subarray(0, 4)],
      [0x24, s],
    ]),
  ],
  [
    'TLV_LENGTH',
    'a signature of 65 bytes',
    unprotected((d, s) => [
      [0x10, d],
      [1, key],
      [0x24, Uint8Array.of(...s, 0)],
    ]),
  ],
  ['TLV_LENGTH', 'a security counter of one byte', withProtected([0x50, Uint8Array.of(5)])],
  ['TLV_LENGTH', 'a board id of 5 bytes', withProtected(counter, [0xa0, new Uint8Array(5)])],
  ['TLV_LENGTH', 'a dependency of 8 bytes', withProtected(counter, [0x40, new Uint8Array(8)])],
  ['TLV_LENGTH', 'a boot record of 125 bytes', withProtected(counter, [0x60, new Uint8Array(125)])],
  ['TLV_LENGTH', 'a boot record of 34 bytes', withProtected(counter, [0x60, new Uint8Array(34)])],
  ['TLV_LENGTH', 'a revocation of no key', withProtected(counter, [0xa1, none])],
  ['TLV_LENGTH', 'a revocation of a key and a half', withProtected(counter, [0xa1, new Uint8Array(48)])],
  ['TLV_LENGTH', 'a revocation of four keys', withProtected(counter, [0xa1, new Uint8Array(128)])],
  ['TLV_DUPLICATE', 'two revocations', withProtected(counter, [0xa1, otherKey.keyHash], [0xa1, otherKey.keyHash])],
  ['TLV_DUPLICATE', 'two hashes', withExtra([0x10, new Uint8Array(32)])],
  ['TLV_DUPLICATE', 'two key hashes', withExtra([1, key])],
  ['TLV_DUPLICATE', 'two signatures', withExtra([0x24, new Uint8Array(64)])],
  ['TLV_DUPLICATE', 'two security counters', withProtected(counter, [0x50, word(9)])],
  ['TLV_DUPLICATE', 'two board ids', withProtected(counter, [0xa0, word(0xc01d)], [0xa0, word(0xc01d)])],
  [
    'HASH_MISSING',
    'no hash',
    unprotected((_, s) => [
      [1, key],
      [0x24, s],
    ]),
  ],
  ['HASH_MISMATCH', 'a changed payload', flipped(40)],
  [
    'SIGNATURE_MISSING',
    'no signature',
    unprotected((d) => [
      [0x10, d],
      [1, key],
    ]),
  ],
  [
    'TLV_NOT_ALLOWED',
    'an ECDSA signature',
    unprotected((d) => [
      [0x10, d],
      [1, key],
      [0x22, new Uint8Array(71)],
    ]),
  ],
  ['SIGNATURE_VARIANT', 'a pure signature', withExtra([0x25, Uint8Array.of(1)])],
  ['SIGNATURE_VARIANT', 'a SHA-512 image', withExtra([0x12, new Uint8Array(64)])],
  ['KEY_UNKNOWN', 'a key nobody knows', signed(), { keys: [otherKey.publicKey] }],
  ['KEY_UNKNOWN', 'a device without keys', signed(), { keys: [] }],
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
    'a KEYHASH behind the signature',
    unprotected((d, s) => [
      [0x10, d],
      [0x24, s],
      [1, key],
    ]),
  ],
  ['KEY_REVOKED', 'a revoked key', signed(), { revokedKeys: trialDevice.keys }],
  ['KEY_PURPOSE', 'a key that vouches for no image', signed(), { unfitKeys: trialDevice.keys }],
  [
    'SIGNATURE_INVALID',
    'a signature of zeros',
    unprotected((d) => [
      [0x10, d],
      [1, key],
      [0x24, new Uint8Array(64)],
    ]),
  ],
  ['SECURITY_COUNTER', 'no counter', signed({ securityCounter: undefined })],
  ['SECURITY_COUNTER', 'a counter below the device’s', signed({ securityCounter: 4 })],
  ['WRONG_BOARD', 'an image for another board', signed({ boardId: 0xc01e })],
  ['DEPENDENCY', 'a need for a newer bootloader', signed({ dependencies: [{ image: 1, version: '1.0.1' }] })],
  ['BOOT_RECORD', 'a boot record without a place to measure into', withProtected(counter, [0x60, new Uint8Array(91)])],
  ['DEPENDENCY', 'a need for an image nobody has', signed({ dependencies: [{ image: 2, version: '0.0.0' }] })],
  ['REVOKES_ITSELF', 'a revocation of its own key', signed({ revokes: [otherKey.publicKey, goldenKey.publicKey] })],
];

export const hostileImages: HostileImage[] = list.map(([reason, name, bytes, device]) => ({
  reason,
  name,
  bytes,
  device,
}));

/** Unusual images that are accepted. */
export const oddButGood: [string, Uint8Array][] = [
  ['bytes behind the TLVs', Uint8Array.from([...signed(), 1, 2, 3])],
  ['no board id', signed({ boardId: undefined })],
  ['a higher counter', signed({ securityCounter: 250 })],
  ['a large header', signed({ headerSize: 512 })],
  [
    'the signature in front of the hash',
    unprotected((d, s) => [
      [1, key],
      [0x24, s],
      [0x10, d],
    ]),
  ],
  ['protected TLVs nobody knows', withProtected(counter, [0x61, new Uint8Array(91)], [0x1a1, none])],
  ['a boot record', withProtected(counter, [0x60, bootRecord])],
  [
    'two dependencies on the bootloader',
    signed({ dependencies: ['1.0.0+7', '0.9.0'].map((version) => ({ image: 1, version })) }),
  ],
  ['a revocation of another key', signed({ revokes: [otherKey.publicKey] })],
];
