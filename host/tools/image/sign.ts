// Makes a signed MCUboot image out of a payload: the bytes imgtool 2.4.0 makes for the same options, to the last one.
// What must stay true: the order of TLVs, the erased value (0xff) as header padding and trailer filling, and that the
// result depends on nothing but the options: Ed25519 signatures are deterministic.
//
//   header, 32 bytes and padding | payload | protected TLVs | SHA256, KEYHASH, ED25519 | (pad) 0xff ... trailer

import { createHash } from 'node:crypto';
import { ImageFormat, Tlv, Trailer } from '../../../protocol/image/format.ts';
import { MemoryMap } from '../../../protocol/memory-map.ts';
import { hexNumber, ImageError } from './error.ts';
import { keyHash } from './keys.ts';
import { type SigningKey, signerWith } from './signer.ts';
import { automaticSecurityCounter, checkedVersion, type ImageVersion, parseVersion } from './version.ts';

export interface Dependency {
  /** Number of the image that is required. */
  image: number;
  /** Its minimum version. */
  version: string | ImageVersion;
}

export interface CustomTlv {
  /** 0x00a0 to 0xfffe, the range MCUboot leaves to vendors. */
  type: number;
  value: Uint8Array;
}

export interface SignOptions {
  /** The wasm module; with `headerIncluded`, room for the header stands in front of it and is zero. */
  payload: Uint8Array;
  /** The private key, or who has it. */
  privateKeyPem: SigningKey;
  version: string | ImageVersion;
  /** `auto`: derived from the version, as imgtool does. Left out: no counter, and the bootloader refuses the image. */
  securityCounter?: number | 'auto';
  /** Board the image is for; left out: any. */
  boardId?: number;
  /** Bytes in front of the payload, 32 or more; 32 when left out. */
  headerSize?: number;
  /** The payload begins with `headerSize` zero bytes to be overwritten: imgtool without `--pad-header`. */
  headerIncluded?: boolean;
  dependencies?: Dependency[];
  /** Public keys (32 bytes) to be revoked once this image is confirmed: those it replaces, never its own. */
  revokes?: Uint8Array[];
  /** Boot record with zeros for the measurement, as imgtool's `--boot-record` makes it. */
  bootRecord?: Uint8Array;
  /** Further protected TLVs, in this order. */
  customTlvs?: CustomTlv[];
  nonBootable?: boolean;
  /** Pads to the slot size and writes the trailer magic: the image is marked pending, so the bootloader tries it. */
  pad?: boolean;
  /** As `pad`, and marked permanent (image_ok): it is tried, and confirms itself once it is healthy. */
  confirm?: boolean;
  /** 512 KiB when left out. */
  slotSize?: number;
  /** Flash alignment of the trailer, which says how much of the slot stays free for it; 8 when left out. */
  align?: number;
  /** Sectors of the swap status area; needed only to give imgtool's bytes. 128 when left out. */
  maxSectors?: number;
}

const maxAlign = 8;
const magicSize = 16;
const vendorTlvFirst = 0x00a0;
const vendorTlvLast = 0xfffe;

/** Throws an `ImageError` (reason OPTION or KEY) that names the option and what it may be. */
export function signImage(options: SignOptions): Uint8Array {
  const version = typeof options.version === 'string' ? parseVersion(options.version) : checkedVersion(options.version);
  const signer = signerWith(options.privateKeyPem);
  const protectedTlvs = tlvArea(ImageFormat.TLV_PROTECTED_INFO_MAGIC, protectedEntries(options, version));
  const signed = Buffer.concat([headerAndPayload(options, version, protectedTlvs.length), protectedTlvs]);
  const digest = createHash('sha256').update(signed).digest();
  const unprotectedTlvs = tlvArea(ImageFormat.TLV_INFO_MAGIC, [
    { type: Tlv.SHA256, value: digest },
    { type: Tlv.KEYHASH, value: keyHash(signer.publicKey) },
    { type: Tlv.ED25519, value: signer.sign(digest) },
  ]);
  const image = Buffer.concat([signed, unprotectedTlvs]);
  checkFits(image.length, options);
  return new Uint8Array(options.pad || options.confirm ? padded(image, options) : image);
}

/** Bytes imgtool keeps free at the end of a slot: swap status, four flags, the magic. */
export function trailerSize(align = 8, maxSectors = 128): number {
  return maxSectors * 3 * align + 4 * maxAlign + magicSize;
}

function headerAndPayload(options: SignOptions, version: ImageVersion, protectedSize: number): Buffer {
  const size = checkedInteger('headerSize', options.headerSize ?? ImageFormat.HEADER_SIZE_MIN, 32, 0xffff);
  const { payload } = options;
  const room = Buffer.alloc(size, 0xff);
  if (options.headerIncluded) {
    const firstUsed = payload.subarray(0, size).findIndex((byte) => byte !== 0);
    if (firstUsed >= 0 || payload.length < size) {
      const found = firstUsed >= 0 ? `byte ${firstUsed} is used` : `it has ${payload.length} bytes`;
      throw new ImageError('OPTION', `the payload does not begin with ${size} zero bytes for the header: ${found}`);
    }
    room.fill(0);
  }
  const body = options.headerIncluded ? payload.subarray(size) : payload;
  if (body.length === 0) throw new ImageError('OPTION', 'the payload is empty: there is nothing to sign');
  room.writeUInt32LE(ImageFormat.MAGIC, 0);
  room.writeUInt32LE(0, ImageFormat.OFFSET_LOAD_ADDRESS);
  room.writeUInt16LE(size, ImageFormat.OFFSET_HEADER_SIZE);
  room.writeUInt16LE(protectedSize, ImageFormat.OFFSET_PROTECTED_SIZE);
  room.writeUInt32LE(body.length, ImageFormat.OFFSET_IMAGE_SIZE);
  room.writeUInt32LE(options.nonBootable ? ImageFormat.FLAG_NON_BOOTABLE : 0, ImageFormat.OFFSET_FLAGS);
  writeVersion(room, ImageFormat.OFFSET_MAJOR, version);
  room.writeUInt32LE(0, ImageFormat.OFFSET_PAD);
  return Buffer.concat([room, body]);
}

function protectedEntries(options: SignOptions, version: ImageVersion): CustomTlv[] {
  const entries: CustomTlv[] = [];
  if (options.securityCounter !== undefined) {
    const counter = options.securityCounter === 'auto' ? automaticSecurityCounter(version) : options.securityCounter;
    entries.push({ type: Tlv.SECURITY_COUNTER, value: word('securityCounter', counter) });
  }
  for (const dependency of options.dependencies ?? []) {
    entries.push({ type: Tlv.DEPENDENCY, value: dependencyValue(dependency) });
  }
  if (options.bootRecord) entries.push({ type: Tlv.BOOT_RECORD, value: options.bootRecord });
  const vendor = [...(options.customTlvs ?? [])];
  if (options.revokes?.length) {
    const value = Buffer.concat(options.revokes.map((key) => keyHash(key)));
    vendor.unshift({ type: Tlv.KEY_REVOKE, value });
  }
  if (options.boardId !== undefined) vendor.unshift({ type: Tlv.BOARD_ID, value: word('boardId', options.boardId) });
  for (const [index, { type, value }] of vendor.entries()) {
    checkedInteger('custom TLV type', type, vendorTlvFirst, vendorTlvLast);
    checkedInteger(`length of custom TLV ${hexNumber(type)}`, value.length, 0, 0xffff);
    if (vendor.findIndex((other) => other.type === type) !== index) {
      throw new ImageError('OPTION', `custom TLV ${hexNumber(type)} is given twice`);
    }
  }
  return [...entries, ...vendor];
}

function dependencyValue({ image, version }: Dependency): Buffer {
  const value = Buffer.alloc(12);
  value.writeUInt8(checkedInteger('dependency image', image, 0, 0xff), 0);
  writeVersion(value, 4, typeof version === 'string' ? parseVersion(version) : checkedVersion(version));
  return value;
}

function tlvArea(magic: number, entries: CustomTlv[]): Buffer {
  if (entries.length === 0) return Buffer.alloc(0);
  const parts = entries.map(({ type, value }) => {
    const head = Buffer.alloc(4);
    head.writeUInt16LE(type, 0);
    head.writeUInt16LE(value.length, 2);
    return Buffer.concat([head, value]);
  });
  const body = Buffer.concat(parts);
  const info = Buffer.alloc(ImageFormat.TLV_INFO_SIZE);
  info.writeUInt16LE(magic, 0);
  info.writeUInt16LE(checkedInteger('size of the TLV area', body.length + info.length, 4, 0xffff), 2);
  return Buffer.concat([info, body]);
}

function checkFits(size: number, options: SignOptions): void {
  const slot = checkedInteger('slotSize', options.slotSize ?? MemoryMap.SLOT_SIZE, 1, 0xffff_ffff);
  if (![1, 2, 4, 8].includes(options.align ?? 8)) {
    throw new ImageError('OPTION', `align is ${options.align}; the trailer layout of this chip takes 1, 2, 4 or 8`);
  }
  const trailer = trailerSize(options.align, options.maxSectors);
  const sectorRule = slot === MemoryMap.SLOT_SIZE ? MemoryMap.SECTOR_SIZE : 0;
  const room = slot - Math.max(trailer, sectorRule);
  if (size <= room) return;
  throw new ImageError(
    'OPTION',
    `the image takes ${size} bytes, a slot of ${slot} has room for ${Math.max(room, 0)} in front of its trailer; ` +
      'make the payload smaller',
  );
}

function padded(image: Buffer, options: SignOptions): Buffer {
  const slot = Buffer.alloc(options.slotSize ?? MemoryMap.SLOT_SIZE, 0xff);
  image.copy(slot);
  const words = [Trailer.MAGIC_WORD_0, Trailer.MAGIC_WORD_1, Trailer.MAGIC_WORD_2, Trailer.MAGIC_WORD_3];
  for (const [index, value] of words.entries()) slot.writeUInt32LE(value, slot.length - Trailer.MAGIC + 4 * index);
  if (options.confirm) slot.writeUInt8(Trailer.FLAG_SET, slot.length - Trailer.IMAGE_OK);
  return slot;
}

function word(name: string, value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(checkedInteger(name, value, 0, 0xffff_ffff), 0);
  return bytes;
}

function writeVersion(bytes: Buffer, offset: number, version: ImageVersion): void {
  bytes.writeUInt8(version.major, offset);
  bytes.writeUInt8(version.minor, offset + 1);
  bytes.writeUInt16LE(version.revision, offset + 2);
  bytes.writeUInt32LE(version.build, offset + 4);
}

function checkedInteger(name: string, value: number, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new ImageError('OPTION', `${name} is ${value}; it must be an integer from ${least} to ${most}`);
}
