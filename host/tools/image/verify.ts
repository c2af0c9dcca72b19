// Checks whether the bootloader would boot an image: the same checks in the same order, with the same reason names, so that
// a bad image is found before it is sent to the chip.
// What must stay true: bootloader/image checks in the same way; its tlvs.ts lists where that is stricter than MCUboot.

import { verify as verifySignature } from 'node:crypto';
import { docOf } from '../../../protocol/constants.ts';
import { Handover } from '../../../protocol/handover.ts';
import { Bootloader } from '../../../protocol/image/bootloader.ts';
import { ImageFormat, Tlv } from '../../../protocol/image/format.ts';
import { RejectReason, rejectReasons } from '../../../protocol/image/reasons.ts';
import { Fuse, MemoryMap } from '../../../protocol/memory-map.ts';
import { flagList } from './describe.ts';
import { hexBytes, hexNumber, ImageError, type RejectReasonName } from './error.ts';
import { keyHash, publicKeyObject } from './keys.ts';
import { hashOf, type ImageHeader, type ImageInfo, type ImageTlv, parseHeader, parseImage, walkTlvs } from './parse.ts';

export interface VerifyOptions {
  /** File name for messages. */
  name?: string;
  /** Counter in the device's fuses; 0 when left out. */
  securityCounter?: number;
  /** Board in the device's fuses; left out: any. */
  boardId?: number;
  /** Raw keys that are revoked on the device; they are among the public keys. */
  revokedKeys?: Uint8Array[];
  /** Raw keys that may not sign images for the device: for tokens only, or for development on a locked one. */
  unfitKeys?: Uint8Array[];
}

export interface Verification {
  ok: boolean;
  /** `NONE` or the bootloader's name for the refusal. */
  reason: RejectReasonName;
  /** Its number in protocol/image/reasons.ts. */
  code: number;
  /** What is wrong, where, what was expected, what to do; or that the image is good. */
  message: string;
  /** Byte of the file it is about, where it is about one. */
  offset: number | undefined;
  /** Index of the public key whose signature verified. */
  keyIndex: number | undefined;
  /** The parsed image, when its structure is consistent. */
  image: ImageInfo | undefined;
}

/**
 * Checks an image against 32-byte public keys; undefined: the keys of the device are not known here, and everything but the signature is checked. Never throws
 * because of the contents of the image.
 */
export function verifyImage(
  bytes: Uint8Array,
  publicKeys: Uint8Array[] | undefined,
  options: VerifyOptions = {},
): Verification {
  const name = options.name ?? 'the image';
  try {
    const keyIndex = checkImage(bytes, publicKeys, options, name);
    const message = `${name}: ${publicKeys === undefined ? 'contents are' : 'signature and contents are'} good`;
    return { ok: true, reason: 'NONE', code: 0, message, offset: undefined, keyIndex, image: parseImage(bytes, name) };
  } catch (error) {
    if (!(error instanceof ImageError) || error.reason === 'KEY' || error.reason === 'OPTION') throw error;
    const { reason, message, offset } = error;
    const code = RejectReason[reason];
    return { ok: false, reason, code, message, offset, keyIndex: undefined, image: parsedOrNothing(bytes) };
  }
}

/** What a reason means, in a sentence. */
export function explainReason(code: number): string {
  return docOf(rejectReasons, code) ?? `unknown reason ${code}`;
}

function checkImage(
  bytes: Uint8Array,
  publicKeys: Uint8Array[] | undefined,
  options: VerifyOptions,
  name: string,
): number | undefined {
  const header = parseHeader(bytes, name);
  if (bytes.length > MemoryMap.SLOT_SIZE) {
    const text = `${name}: the file has ${bytes.length} bytes, a slot has ${MemoryMap.SLOT_SIZE}`;
    throw new ImageError('IMAGE_SIZE', `${text}; pad it to the slot size or not at all`, MemoryMap.SLOT_SIZE);
  }
  checkFlags(header, name);
  const found = new Map<number, ImageTlv>();
  for (const tlv of walkTlvs(bytes, header, name)) takeTlv(found, tlv, name);
  const hash = found.get(Tlv.SHA256);
  const signature = found.get(Tlv.ED25519);
  if (!hash) throw new ImageError('HASH_MISSING', `${name}: it has no SHA256 TLV; sign the image again`);
  if (!signature) {
    throw new ImageError('SIGNATURE_MISSING', `${name}: it is not signed; sign it with 'coldrig image sign --key'`);
  }
  const digest = checkHash(bytes, hash, header, name);
  const keyIndex = publicKeys && checkSignature(signature, found.get(Tlv.KEYHASH), digest, publicKeys, options, name);
  checkSecurityCounter(found.get(Tlv.SECURITY_COUNTER), options.securityCounter ?? 0, name);
  checkBoard(found.get(Tlv.BOARD_ID), options.boardId, name);
  checkDependencies(bytes, header, name);
  checkBootRecord(found.get(Tlv.BOOT_RECORD), name);
  checkRevocation(found.get(Tlv.KEY_REVOKE), found.get(Tlv.KEYHASH), name);
  return keyIndex;
}

function checkFlags(header: ImageHeader, name: string): void {
  const unsupported = (header.flags & ImageFormat.FLAGS_UNSUPPORTED) >>> 0;
  if (unsupported !== 0) {
    const text = `${name}, offset 0x10: flags ask for ${flagList(unsupported).join(', ')}, expected none of these`;
    throw new ImageError('FLAGS', `${text}; ${explainReason(RejectReason.FLAGS)}: sign without those options`, 16);
  }
  if ((header.flags & ImageFormat.FLAG_NON_BOOTABLE) !== 0) {
    const text = `${name}, offset 0x10: the image is marked as not bootable`;
    throw new ImageError('NON_BOOTABLE', `${text}; sign it without --non-bootable`, ImageFormat.OFFSET_FLAGS);
  }
}

/** TLVs that the bootloader uses, and their lengths. Each may occur once, a dependency any number of times. */
const knownLengths: Record<number, number> = {
  [Tlv.SHA256]: 32,
  [Tlv.KEYHASH]: 32,
  [Tlv.ED25519]: 64,
  [Tlv.SECURITY_COUNTER]: 4,
  [Tlv.BOARD_ID]: 4,
  [Tlv.DEPENDENCY]: 12,
};
const keyHashLength = 32;
/** The bytes before a boot record's measurement: key 2 and the head of a string of 32 bytes. */
const recordTail = Uint8Array.of(0x02, 0x58, 0x20);
const variantTypes = [Tlv.SHA384, Tlv.SHA512, Tlv.SIG_PURE];

/** TLVs that may be outside the signed part: the hash, the signature, its key; and those that mark another variant. */
function allowedUnprotected(type: number): boolean {
  const isHash = type >= Tlv.SHA256 && type <= Tlv.SHA512;
  return isHash || type === Tlv.KEYHASH || type === Tlv.ED25519 || type === Tlv.SIG_PURE;
}

function whyOutside({ type, name }: ImageTlv): string {
  if (type >= 0x20 && type < 0x30)
    return 'is a signature of another kind of key, which this chip does not check; sign the image with an Ed25519 key';
  if (type >= 0x30 && type < 0x40)
    return 'is the key of an encrypted image, which this chip cannot read; sign the image without --encrypt';
  // imgtool has no way to protect it.
  const advice = name === 'PUBKEY' ? 'with --public-key-format hash, as is usual' : 'with the TLV protected';
  return `is outside the signed part, so no signature protects it; sign the image again ${advice}`;
}

function takeTlv(found: Map<number, ImageTlv>, tlv: ImageTlv, name: string): void {
  const at = `${name}, offset ${hexNumber(tlv.offset)}: TLV ${tlv.name}`;
  if (!tlv.protected && !allowedUnprotected(tlv.type)) {
    throw new ImageError('TLV_NOT_ALLOWED', `${at} ${whyOutside(tlv)}`, tlv.offset);
  }
  if (variantTypes.includes(tlv.type)) {
    const text = `${at} is of the SHA-512 or the pure way of signing, expected is SHA-256`;
    throw new ImageError('SIGNATURE_VARIANT', `${text}; sign with imgtool's default for Ed25519`, tlv.offset);
  }
  if (tlv.type === Tlv.ED25519 && !found.has(Tlv.KEYHASH)) {
    const text = `${at} comes before any KEYHASH says with which key`;
    throw new ImageError('KEY_UNKNOWN', `${text}; sign the image again`, tlv.offset);
  }
  const length = lengthOf(tlv);
  if (length === undefined) return;
  if (found.has(tlv.type) && tlv.type !== Tlv.DEPENDENCY) {
    throw new ImageError('TLV_DUPLICATE', `${at} occurs twice; sign the image again`, tlv.offset);
  }
  if (tlv.value.length !== length) {
    const text = `${at} has ${tlv.value.length} bytes, expected ${length}`;
    throw new ImageError('TLV_LENGTH', `${text}; sign the image again`, tlv.offset);
  }
  found.set(tlv.type, tlv);
}

/** How long the TLV must be; undefined where it may be of any length. */
function lengthOf({ type, value }: ImageTlv): number | undefined {
  if (type === Tlv.KEY_REVOKE) return revocationLength(value.length);
  if (type === Tlv.BOOT_RECORD)
    return Math.min(Math.max(value.length, recordTail.length + 32), Handover.BOOT_RECORD_SIZE_MAX);
  return knownLengths[type];
}

/** A whole number of key hashes, of all keys but the image's own: the length itself where it is one, else the nearest above. */
function revocationLength(length: number): number {
  const most = (Fuse.KEY_COUNT - 1) * keyHashLength;
  return Math.min(Math.max(Math.ceil(length / keyHashLength), 1) * keyHashLength, most);
}

function checkHash(bytes: Uint8Array, stated: ImageTlv, header: ImageHeader, name: string): Uint8Array {
  const size = header.headerSize + header.imageSize + header.protectedSize;
  const computed = hashOf(bytes, size);
  if (Buffer.compare(computed, stated.value) === 0) return computed;
  const where = `${name}, bytes 0x0 to ${hexNumber(size)}`;
  const text = `${where}: SHA-256 is ${hexBytes(computed)}, its TLV says ${hexBytes(stated.value)}`;
  throw new ImageError('HASH_MISMATCH', `${text}; the file is damaged or was changed after signing`, stated.offset);
}

/** Returns the index of the public key with which the signature verifies. */
function checkSignature(
  signature: ImageTlv,
  keyHashTlv: ImageTlv | undefined,
  digest: Uint8Array,
  publicKeys: Uint8Array[],
  options: VerifyOptions,
  name: string,
): number {
  const named = hexBytes(keyHashTlv?.value ?? new Uint8Array());
  const hashes = publicKeys.map((key) => hexBytes(keyHash(key)));
  const keyIndex = hashes.indexOf(named);
  if (keyIndex < 0) {
    const known = hashes.length === 0 ? 'no key was given' : `the keys given are ${hashes.join(', ')}`;
    const text = `${name}: it is signed with key ${named}, but ${known}`;
    throw new ImageError(
      'KEY_UNKNOWN',
      `${text}; pass the key it was signed with, or sign it again`,
      keyHashTlv?.offset,
    );
  }
  if (options.revokedKeys?.some((key) => hexBytes(keyHash(key)) === named)) {
    const text = `${name}: its key ${named} is revoked; sign it with another key`;
    throw new ImageError('KEY_REVOKED', text, keyHashTlv?.offset);
  }
  if (options.unfitKeys?.some((key) => hexBytes(keyHash(key)) === named)) {
    const text = `${name}: its key ${named} may not sign images for this device; sign it with a release key`;
    throw new ImageError('KEY_PURPOSE', text, keyHashTlv?.offset);
  }
  if (verifySignature(null, digest, publicKeyObject(publicKeys[keyIndex] as Uint8Array), signature.value))
    return keyIndex;
  const text = `${name}, offset ${hexNumber(signature.offset)}: the signature does not verify with key ${named}`;
  throw new ImageError('SIGNATURE_INVALID', `${text}; it was changed or forged: sign it again`, signature.offset);
}

function checkSecurityCounter(tlv: ImageTlv | undefined, least: number, name: string): void {
  if (!tlv) {
    const text = `${name}: it has no security counter, so the bootloader could not tell it from a rolled-back one`;
    throw new ImageError('SECURITY_COUNTER', `${text}; sign it with --security-counter auto`);
  }
  const counter = Buffer.from(tlv.value).readUInt32LE(0);
  if (counter >= least) return;
  const text = `${name}, offset ${hexNumber(tlv.offset)}: security counter is ${counter}, the device asks for ${least}`;
  throw new ImageError('SECURITY_COUNTER', `${text} or more; sign it with a higher --security-counter`, tlv.offset);
}

function checkBoard(tlv: ImageTlv | undefined, boardId: number | undefined, name: string): void {
  if (!tlv || boardId === undefined) return;
  const stated = Buffer.from(tlv.value).readUInt32LE(0);
  if (stated === boardId) return;
  const text = `${name}, offset ${hexNumber(tlv.offset)}: it is for board ${hexNumber(stated)}`;
  throw new ImageError(
    'WRONG_BOARD',
    `${text}, this is board ${hexNumber(boardId)}; take the image for it`,
    tlv.offset,
  );
}

function checkDependencies(bytes: Uint8Array, header: ImageHeader, name: string): void {
  for (const { type, value, offset } of walkTlvs(bytes, header, name)) {
    if (type !== Tlv.DEPENDENCY) continue;
    const needed = Buffer.from(value);
    const least = ((needed[4] << 24) | (needed[5] << 16) | needed.readUInt16LE(6)) >>> 0;
    if (needed[0] === Bootloader.DEPENDENCY_IMAGE && least <= Bootloader.VERSION) continue;
    const wants = `version ${needed[4]}.${needed[5]}.${needed.readUInt16LE(6)} of image ${needed[0]}`;
    const has = `image ${Bootloader.DEPENDENCY_IMAGE}, the bootloader, of version ${Bootloader.VERSION >>> 24}.${(Bootloader.VERSION >>> 16) & 0xff}.${Bootloader.VERSION & 0xffff}`;
    throw new ImageError(
      'DEPENDENCY',
      `${name}, offset ${hexNumber(offset)}: it needs ${wants}; the device has ${has}`,
      offset,
    );
  }
}

function checkBootRecord(tlv: ImageTlv | undefined, name: string): void {
  if (!tlv) return;
  const tail = tlv.value.subarray(tlv.value.length - 32 - recordTail.length, tlv.value.length - 32);
  if (Buffer.compare(tail, recordTail) === 0) return;
  const text = `${name}, offset ${hexNumber(tlv.offset)}: its boot record does not end with a measurement of 32 bytes`;
  throw new ImageError('BOOT_RECORD', `${text}; sign it with imgtool's --boot-record, or without one`, tlv.offset);
}

function checkRevocation(tlv: ImageTlv | undefined, own: ImageTlv | undefined, name: string): void {
  if (!tlv || !own) return;
  for (let at = 0; at < tlv.value.length; at += keyHashLength) {
    if (Buffer.compare(tlv.value.subarray(at, at + keyHashLength), own.value) !== 0) continue;
    const text = `${name}, offset ${hexNumber(tlv.offset)}: it revokes ${hexBytes(own.value)}, the key it is signed with`;
    throw new ImageError('REVOKES_ITSELF', `${text}; sign it with the key that replaces it`, tlv.offset);
  }
}

function parsedOrNothing(bytes: Uint8Array): ImageInfo | undefined {
  try {
    return parseImage(bytes);
  } catch (error) {
    if (error instanceof ImageError) return undefined;
    throw error;
  }
}
