// Reads all data of an MCUboot image. Nothing in the image is trusted.
// What must stay true: a file is read as the flash it would be written to, so bytes behind its end are erased (0xff); and
// whatever the bytes, the only thing thrown is an `ImageError` with the bootloader's reason, the offset and what to do.

import { createHash } from 'node:crypto';
import { nameOf } from '../../../protocol/constants.ts';
import { ImageFormat, Tlv, Trailer, tlvTypes } from '../../../protocol/image/format.ts';
import { MemoryMap } from '../../../protocol/memory-map.ts';
import { hexNumber, ImageError } from './error.ts';
import type { ImageVersion } from './version.ts';

export interface ImageHeader {
  loadAddress: number;
  headerSize: number;
  protectedSize: number;
  imageSize: number;
  flags: number;
  version: ImageVersion;
}

export interface ImageTlv {
  protected: boolean;
  type: number;
  /** Name in protocol/image/format.ts, else imgtool's, else the type as a number. */
  name: string;
  /** Of the entry's head in the file; its value begins 4 bytes later. */
  offset: number;
  value: Uint8Array;
}

export interface ImageTrailer {
  /** The file ends with the trailer magic: the bootloader takes the image as pending. */
  pending: boolean;
  /** image_ok is set as well: the trailer marks the image permanent. */
  confirmed: boolean;
}

export interface ImageInfo {
  header: ImageHeader;
  tlvs: ImageTlv[];
  /** From the first byte to the end of the protected TLVs: what is hashed. */
  hashedSize: number;
  /** Everything up to the end of the TLVs. */
  totalSize: number;
  /** Bytes in the file. */
  fileSize: number;
  /** SHA-256 computed over the hashed region; the value in the TLV may differ. */
  computedHash: Uint8Array;
  /** SHA-256 as its TLV states it: the name of the image in SMP. */
  hash: Uint8Array | undefined;
  keyHash: Uint8Array | undefined;
  signature: Uint8Array | undefined;
  securityCounter: number | undefined;
  boardId: number | undefined;
  dependencies: { image: number; version: ImageVersion }[];
  trailer: ImageTrailer;
}

/** Parses the whole image. Throws an `ImageError` where its structure is not consistent. */
export function parseImage(bytes: Uint8Array, name = 'the image'): ImageInfo {
  const header = parseHeader(bytes, name);
  const tlvs = [...walkTlvs(bytes, header, name)];
  const hashedSize = header.headerSize + header.imageSize + header.protectedSize;
  const first = (type: number, isProtected: boolean, size: number) =>
    tlvs.find((tlv) => tlv.type === type && tlv.protected === isProtected && tlv.value.length === size)?.value;
  const counter = first(Tlv.SECURITY_COUNTER, true, 4);
  const board = first(Tlv.BOARD_ID, true, 4);
  return {
    header,
    tlvs,
    hashedSize,
    totalSize: hashedSize + u16(bytes, hashedSize + 2),
    fileSize: bytes.length,
    computedHash: hashOf(bytes, hashedSize),
    hash: first(Tlv.SHA256, false, 32),
    keyHash: first(Tlv.KEYHASH, false, 32),
    signature: first(Tlv.ED25519, false, 64),
    securityCounter: counter && u32(counter, 0),
    boardId: board && u32(board, 0),
    dependencies: tlvs
      .filter((tlv) => tlv.protected && tlv.type === Tlv.DEPENDENCY && tlv.value.length === 12)
      .map((tlv) => ({ image: tlv.value[0] as number, version: versionAt(tlv.value, 4) })),
    trailer: parseTrailer(bytes),
  };
}

/** By its first word alone. */
export function isImage(bytes: Uint8Array): boolean {
  return bytes.length >= 4 && u32(bytes, 0) === ImageFormat.MAGIC;
}

/** Header alone: magic, header size and payload size are sound. */
export function parseHeader(bytes: Uint8Array, name = 'the image'): ImageHeader {
  const magic = u32(bytes, 0);
  if (magic === 0xffff_ffff) {
    const what = bytes.length === 0 ? 'is empty' : 'begins with erased flash (0xffffffff)';
    throw new ImageError('SLOT_EMPTY', `${name} ${what}: there is no image; sign one with 'coldrig image sign'`, 0);
  }
  if (magic !== ImageFormat.MAGIC) throw badMagic(bytes, magic, name);
  const header: ImageHeader = {
    loadAddress: u32(bytes, ImageFormat.OFFSET_LOAD_ADDRESS),
    headerSize: u16(bytes, ImageFormat.OFFSET_HEADER_SIZE),
    protectedSize: u16(bytes, ImageFormat.OFFSET_PROTECTED_SIZE),
    imageSize: u32(bytes, ImageFormat.OFFSET_IMAGE_SIZE),
    flags: u32(bytes, ImageFormat.OFFSET_FLAGS),
    version: versionAt(bytes, ImageFormat.OFFSET_MAJOR),
  };
  const { headerSize, imageSize } = header;
  if (headerSize < ImageFormat.HEADER_SIZE_MIN || headerSize > MemoryMap.IMAGE_SIZE_MAX) {
    const text = `offset 0x8: header size is ${headerSize}, expected ${ImageFormat.HEADER_SIZE_MIN} or more`;
    throw headerError('HEADER_SIZE', bytes, name, `${text}; sign the payload again`, ImageFormat.OFFSET_HEADER_SIZE);
  }
  const room = MemoryMap.IMAGE_SIZE_MAX - headerSize;
  if (imageSize === 0 || imageSize > room) {
    const text = `offset 0xc: payload size is ${imageSize}, a slot has room for 1 to ${Math.max(room, 0)}`;
    throw headerError('IMAGE_SIZE', bytes, name, `${text}; make the payload fit and sign it again`, 12);
  }
  const { protectedSize } = header;
  const isTooSmall = protectedSize !== 0 && protectedSize < ImageFormat.TLV_INFO_SIZE;
  const leastSize = headerSize + imageSize + protectedSize + ImageFormat.TLV_INFO_SIZE;
  if (leastSize > MemoryMap.IMAGE_SIZE_MAX && leastSize <= bytes.length)
    throw tooLargeError(name, `more than ${leastSize} bytes`, ImageFormat.OFFSET_IMAGE_SIZE);
  if (isTooSmall || leastSize > MemoryMap.IMAGE_SIZE_MAX) {
    const text = `the header says that the protected TLVs have ${protectedSize} bytes, behind a payload of ${imageSize}`;
    throw tlvAreaError(name, ImageFormat.OFFSET_PROTECTED_SIZE, text);
  }
  return header;
}

/** The entries of both TLV areas in order. Throws at the first place that is not consistent. */
export function* walkTlvs(bytes: Uint8Array, header: ImageHeader, name = 'the image'): Generator<ImageTlv> {
  const payloadEnd = header.headerSize + header.imageSize;
  const hashedSize = payloadEnd + header.protectedSize;
  if (header.protectedSize > 0) {
    const end = areaEnd(bytes, payloadEnd, ImageFormat.TLV_PROTECTED_INFO_MAGIC, name);
    if (end !== hashedSize) {
      const said = `the header says ${header.protectedSize}`;
      throw tlvAreaError(name, payloadEnd + 2, `protected TLV area has ${end - payloadEnd} bytes, ${said}`);
    }
    yield* entriesOf(bytes, payloadEnd, end, true, name);
  }
  const end = areaEnd(bytes, hashedSize, ImageFormat.TLV_INFO_MAGIC, name);
  yield* entriesOf(bytes, hashedSize, end, false, name);
}

export function hashOf(bytes: Uint8Array, size: number): Uint8Array {
  const hash = createHash('sha256').update(bytes.subarray(0, size));
  if (size > bytes.length) hash.update(new Uint8Array(size - bytes.length).fill(0xff));
  return new Uint8Array(hash.digest());
}

function areaEnd(bytes: Uint8Array, offset: number, magic: number, name: string): number {
  const found = u16(bytes, offset);
  if (found !== magic) {
    const behind = offset >= bytes.length ? ` (the file ends at ${hexNumber(bytes.length)}: it is cut short)` : '';
    throw tlvAreaError(name, offset, `TLV area begins with ${hexNumber(found)}, expected ${hexNumber(magic)}${behind}`);
  }
  const size = u16(bytes, offset + 2);
  if (size < ImageFormat.TLV_INFO_SIZE || offset + size > MemoryMap.IMAGE_SIZE_MAX) {
    const room = MemoryMap.IMAGE_SIZE_MAX - offset;
    // The file has all of it, so it is not damaged: the image is larger than a slot.
    if (size >= ImageFormat.TLV_INFO_SIZE && offset + size <= bytes.length)
      throw tooLargeError(name, `${offset + size} bytes`, offset + 2);
    throw tlvAreaError(name, offset + 2, `TLV area says it has ${size} bytes, possible are 4 to ${room}`);
  }
  return offset + size;
}

function* entriesOf(
  bytes: Uint8Array,
  start: number,
  end: number,
  isProtected: boolean,
  name: string,
): Generator<ImageTlv> {
  let offset = start + ImageFormat.TLV_INFO_SIZE;
  while (offset < end) {
    const type = u16(bytes, offset);
    const length = u16(bytes, offset + 2);
    if (offset + 4 > end || offset + 4 + length > end) {
      const text = `${name}, offset ${hexNumber(offset)}: a TLV of ${length} bytes runs past the end of its area`;
      throw new ImageError('TLV_ENTRY', `${text} at ${hexNumber(end)}; the file is damaged: get it again`, offset);
    }
    const value = bytesAt(bytes, offset + 4, length);
    yield { protected: isProtected, type, name: tlvName(type), offset, value };
    offset += 4 + length;
  }
}

/** What imgtool also writes, and this chip has no use for. */
const foreignTlvs: Record<number, string> = {
  ...{ 32: 'RSA2048', 34: 'ECDSASIG', 35: 'RSA3072' },
  ...{ 48: 'ENCRSA2048', 49: 'ENCKW', 50: 'ENCEC256', 51: 'ENCX25519', 52: 'ENCX25519_SHA512' },
  ...{ 112: 'DECOMP_SIZE', 113: 'DECOMP_SHA', 114: 'DECOMP_SIGNATURE', 115: 'COMP_DEC_SIZE' },
  ...{ 116: 'UUID_VID', 117: 'UUID_CID' },
};
const tlvName = (type: number): string => nameOf(tlvTypes, type) ?? foreignTlvs[type] ?? hexNumber(type);

function parseTrailer(bytes: Uint8Array): ImageTrailer {
  const start = bytes.length - Trailer.MAGIC;
  const words = [Trailer.MAGIC_WORD_0, Trailer.MAGIC_WORD_1, Trailer.MAGIC_WORD_2, Trailer.MAGIC_WORD_3];
  const pending =
    bytes.length === MemoryMap.SLOT_SIZE && words.every((word, index) => u32(bytes, start + 4 * index) === word);
  return { pending, confirmed: pending && bytes[bytes.length - Trailer.IMAGE_OK] === Trailer.FLAG_SET };
}

/** The error for a file that ends inside its header. The missing bytes read as erased flash, so no number is shown. */
function headerError(
  reason: 'HEADER_SIZE' | 'IMAGE_SIZE',
  bytes: Uint8Array,
  name: string,
  text: string,
  offset: number,
): ImageError {
  if (bytes.length >= ImageFormat.HEADER_SIZE_MIN) return new ImageError(reason, `${name}, ${text}`, offset);
  const said = `the file has ${bytes.length} bytes, a header alone has ${ImageFormat.HEADER_SIZE_MIN}`;
  return new ImageError(reason, `${name}: ${said}: it is cut short; get the file again`, bytes.length);
}

/** What a file is that is no image, by its first bytes, and what to do with it. */
const foreignFiles: readonly [begin: readonly number[], advice: string][] = [
  [[0x00, 0x61, 0x73, 0x6d], "this is a wasm module: sign it first with 'coldrig image sign'"],
  [
    [0x3a],
    'this looks like Intel HEX: convert it to binary (objcopy -I ihex -O binary), or let imgtool write a file whose name ends in .bin',
  ],
  [[0x1f, 0x8b], 'this is a gzip file: unpack it first'],
  [[0x50, 0x4b], 'this is a zip archive: unpack it first'],
  [[0x96, 0xf3, 0xb8, 0x3d], 'this is an MCUboot image in big endian: sign it in little endian, as is usual'],
];

function badMagic(bytes: Uint8Array, magic: number, name: string): ImageError {
  const isLike = ([begin]: (typeof foreignFiles)[0]) => begin.every((byte, index) => bytes[index] === byte);
  const advice = foreignFiles.find(isLike)?.[1] ?? "this is no MCUboot image: sign one with 'coldrig image sign'";
  const text = `${name}, offset 0x0: first word is ${hexNumber(magic)}, expected ${hexNumber(ImageFormat.MAGIC)}`;
  return new ImageError('BAD_MAGIC', `${text}; ${advice}`, 0);
}

function tooLargeError(name: string, size: string, offset: number): ImageError {
  const room = `a slot has room for ${MemoryMap.IMAGE_SIZE_MAX} in front of its trailer`;
  return new ImageError(
    'TLV_AREA',
    `${name}: with its TLVs the image takes ${size}, ${room}; make the payload smaller and sign it again`,
    offset,
  );
}

function tlvAreaError(name: string, offset: number, what: string): ImageError {
  return new ImageError('TLV_AREA', `${name}, offset ${hexNumber(offset)}: ${what}; get the file again`, offset);
}

function versionAt(bytes: Uint8Array, offset: number): ImageVersion {
  return {
    major: u8(bytes, offset),
    minor: u8(bytes, offset + 1),
    revision: u16(bytes, offset + 2),
    build: u32(bytes, offset + 4),
  };
}

function bytesAt(bytes: Uint8Array, offset: number, length: number): Uint8Array {
  const value = new Uint8Array(length).fill(0xff);
  value.set(bytes.subarray(offset, offset + length));
  return value;
}

const u8 = (bytes: Uint8Array, offset: number): number => bytes[offset] ?? 0xff;
const u16 = (bytes: Uint8Array, offset: number): number => u8(bytes, offset) | (u8(bytes, offset + 1) << 8);
const u32 = (bytes: Uint8Array, offset: number): number => (u16(bytes, offset) | (u16(bytes, offset + 2) << 16)) >>> 0;
