// Would the bootloader boot this image? The same checks in the same order, with the same names for what is wrong, so that
// "no" is said at the desk and not at 4 K.
// Stricter than MCUboot in three points, as the bootloader is: KEYHASH has its full length, no TLV that may stand once
// stands twice, and every signature made with a key we know must verify.

import { verify as verifySignature } from 'node:crypto';
import { docOf } from '../../../protocol/constants.ts';
import { ImageFormat, Tlv } from '../../../protocol/image/format.ts';
import { RejectReason, rejectReasons } from '../../../protocol/image/reasons.ts';
import { MemoryMap } from '../../../protocol/memory-map.ts';
import { hexBytes, hexNumber, ImageError, type RejectReasonName } from './error.ts';
import { keyHash, publicKeyObject } from './keys.ts';
import {
  hashOf,
  type ImageHeader,
  type ImageInfo,
  type ImageTlv,
  parseHeader,
  parseImage,
  parseTlvs,
} from './parse.ts';

export interface VerifyOptions {
  /** File name for messages. */
  name?: string;
  /** Counter in the device's fuses; 0 when left out. */
  securityCounter?: number;
  /** Board in the device's fuses; left out: any. */
  boardId?: number;
  /** Raw keys that are revoked on the device; they are among the public keys. */
  revokedKeys?: Uint8Array[];
}

export interface Verification {
  ok: boolean;
  /** `NONE` or the bootloader's name for the refusal. */
  reason: RejectReasonName;
  /** Its number in protocol/image/reasons.ts. */
  code: number;
  /** What is wrong, where, what was expected, what to do; or that all is well. */
  message: string;
  /** Byte of the file it is about, where it is about one. */
  offset: number | undefined;
  /** Index of the public key whose signature verified. */
  keyIndex: number | undefined;
  /** Whole image, where its structure holds together. */
  image: ImageInfo | undefined;
}

/** Checks an image against 32-byte public keys. Never throws for what is in the image. */
export function verifyImage(bytes: Uint8Array, publicKeys: Uint8Array[], options: VerifyOptions = {}): Verification {
  const name = options.name ?? 'the image';
  try {
    const keyIndex = checkImage(bytes, publicKeys, options, name);
    const message = `${name}: signature and contents are good`;
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

function checkImage(bytes: Uint8Array, publicKeys: Uint8Array[], options: VerifyOptions, name: string): number {
  const header = parseHeader(bytes, name);
  if (bytes.length > MemoryMap.SLOT_SIZE) {
    const text = `${name}: the file has ${bytes.length} bytes, a slot has ${MemoryMap.SLOT_SIZE}`;
    throw new ImageError('IMAGE_SIZE', `${text}; pad it to the slot size or not at all`, MemoryMap.SLOT_SIZE);
  }
  checkFlags(header, name);
  const { tlvs, hashedSize } = parseTlvs(bytes, header, name);
  checkTlvs(tlvs, name);
  const digest = checkHash(bytes, tlvs, hashedSize, name);
  const keyIndex = checkSignatures(tlvs, digest, publicKeys, options.revokedKeys ?? [], name);
  checkSecurityCounter(tlvs, options.securityCounter ?? 0, name);
  checkBoard(tlvs, options.boardId, name);
  return keyIndex;
}

function checkFlags(header: ImageHeader, name: string): void {
  const unsupported = (header.flags & ImageFormat.FLAGS_UNSUPPORTED) >>> 0;
  if (unsupported !== 0) {
    const text = `${name}, offset 0x10: flags ask for ${hexNumber(unsupported)}, expected none of these`;
    throw new ImageError('FLAGS', `${text}; ${explainReason(RejectReason.FLAGS)}: sign without those options`, 16);
  }
  if ((header.flags & ImageFormat.FLAG_NON_BOOTABLE) !== 0) {
    const text = `${name}, offset 0x10: the image is marked as not bootable`;
    throw new ImageError('NON_BOOTABLE', `${text}; sign it without --non-bootable`, ImageFormat.OFFSET_FLAGS);
  }
}

const unprotectedAllowed: Record<number, number> = { [Tlv.SHA256]: 32, [Tlv.KEYHASH]: 32, [Tlv.ED25519]: 64 };
const protectedLengths: Record<number, number> = { [Tlv.SECURITY_COUNTER]: 4, [Tlv.DEPENDENCY]: 12, [Tlv.BOARD_ID]: 4 };
const variantTypes = [Tlv.SHA384, Tlv.SHA512, Tlv.SIG_PURE];
const singleTypes = [Tlv.SHA256, Tlv.SECURITY_COUNTER, Tlv.BOARD_ID];

function checkTlvs(tlvs: ImageTlv[], name: string): void {
  for (const [index, tlv] of tlvs.entries()) {
    const at = `${name}, offset ${hexNumber(tlv.offset)}: TLV ${tlv.name}`;
    const isVariant = !tlv.protected && variantTypes.includes(tlv.type);
    if (isVariant) throw new ImageError('SIGNATURE_VARIANT', `${at}: ${explainReason(15)}`, tlv.offset);
    if (!tlv.protected && unprotectedAllowed[tlv.type] === undefined) {
      const text = `${at} stands outside the signed part, where only SHA256, KEYHASH and ED25519 may`;
      throw new ImageError('TLV_NOT_ALLOWED', `${text}; sign the image again with the TLV protected`, tlv.offset);
    }
    const length = (tlv.protected ? protectedLengths : unprotectedAllowed)[tlv.type];
    if (length !== undefined && tlv.value.length !== length) {
      const text = `${at} has ${tlv.value.length} bytes, expected ${length}`;
      throw new ImageError('TLV_LENGTH', `${text}; sign the image again`, tlv.offset);
    }
    const isFirst = tlvs.findIndex((other) => other.type === tlv.type && other.protected === tlv.protected) === index;
    if (!isFirst && singleTypes.includes(tlv.type)) {
      throw new ImageError('TLV_DUPLICATE', `${at} stands twice; sign the image again`, tlv.offset);
    }
  }
}

function checkHash(bytes: Uint8Array, tlvs: ImageTlv[], hashedSize: number, name: string): Uint8Array {
  const stated = tlvs.find((tlv) => !tlv.protected && tlv.type === Tlv.SHA256);
  if (!stated) throw new ImageError('HASH_MISSING', `${name}: it has no SHA256 TLV; sign the image again`);
  const computed = hashOf(bytes, hashedSize);
  if (Buffer.compare(computed, stated.value) !== 0) {
    const where = `${name}, bytes 0x0 to ${hexNumber(hashedSize)}`;
    const text = `${where}: SHA-256 is ${hexBytes(computed)}, its TLV says ${hexBytes(stated.value)}`;
    throw new ImageError('HASH_MISMATCH', `${text}; the file is damaged or was changed after signing`, stated.offset);
  }
  return computed;
}

/** Each KEYHASH names the key of the signature that follows it. Returns the index of the first key that vouches. */
function checkSignatures(
  tlvs: ImageTlv[],
  digest: Uint8Array,
  publicKeys: Uint8Array[],
  revokedKeys: Uint8Array[],
  name: string,
): number {
  const hashes = publicKeys.map((key) => hexBytes(keyHash(key)));
  const revoked = new Set(revokedKeys.map((key) => hexBytes(keyHash(key))));
  const unprotected = tlvs.filter((tlv) => !tlv.protected);
  if (!unprotected.some((tlv) => tlv.type === Tlv.ED25519)) {
    throw new ImageError('SIGNATURE_MISSING', `${name}: it is not signed; sign it with 'coldrig image sign --key'`);
  }
  let named: ImageTlv | undefined;
  let vouching: number | undefined;
  let revokedHash: string | undefined;
  for (const tlv of unprotected) {
    if (tlv.type === Tlv.KEYHASH) named = tlv;
    if (tlv.type !== Tlv.ED25519) continue;
    const hash = named && hexBytes(named.value);
    named = undefined;
    const keyIndex = hashes.indexOf(hash ?? '');
    if (keyIndex < 0) continue;
    if (revoked.has(hash ?? '')) {
      revokedHash = hash;
      continue;
    }
    if (!verifySignature(null, digest, publicKeyObject(publicKeys[keyIndex] as Uint8Array), tlv.value)) {
      const text = `${name}, offset ${hexNumber(tlv.offset)}: the signature does not verify with key ${hash}`;
      throw new ImageError('SIGNATURE_INVALID', `${text}; it was changed or forged: sign the image again`, tlv.offset);
    }
    vouching ??= keyIndex;
  }
  if (vouching !== undefined) return vouching;
  if (revokedHash !== undefined) {
    throw new ImageError('KEY_REVOKED', `${name}: its key ${revokedHash} is revoked; sign it with another key`);
  }
  throw unknownKey(unprotected, hashes, name);
}

function unknownKey(tlvs: ImageTlv[], hashes: string[], name: string): ImageError {
  const stated = tlvs.find((tlv) => tlv.type === Tlv.KEYHASH);
  const found = stated ? `it is signed with key ${hexBytes(stated.value)}` : 'it does not say with which key (KEYHASH)';
  const known = hashes.length === 0 ? 'no key was given' : `the keys given are ${hashes.join(', ')}`;
  const text = `${name}: ${found}, but ${known}; pass the key it was signed with, or sign it again`;
  return new ImageError('KEY_UNKNOWN', text, stated?.offset);
}

function checkSecurityCounter(tlvs: ImageTlv[], least: number, name: string): void {
  const tlv = tlvs.find((entry) => entry.protected && entry.type === Tlv.SECURITY_COUNTER);
  if (!tlv) {
    const text = `${name}: it has no security counter, so the bootloader could not tell it from a rolled-back one`;
    throw new ImageError('SECURITY_COUNTER', `${text}; sign it with --security-counter auto`);
  }
  const counter = Buffer.from(tlv.value).readUInt32LE(0);
  if (counter >= least) return;
  const text = `${name}, offset ${hexNumber(tlv.offset)}: security counter is ${counter}, the device asks for ${least}`;
  throw new ImageError('SECURITY_COUNTER', `${text} or more; sign it with a higher --security-counter`, tlv.offset);
}

function checkBoard(tlvs: ImageTlv[], boardId: number | undefined, name: string): void {
  const tlv = tlvs.find((entry) => entry.protected && entry.type === Tlv.BOARD_ID);
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

function parsedOrNothing(bytes: Uint8Array): ImageInfo | undefined {
  try {
    return parseImage(bytes);
  } catch (error) {
    if (error instanceof ImageError) return undefined;
    throw error;
  }
}
