// Makes images that no signer makes: any TLVs in any order, with right or wrong sizes. Hash and signature are valid unless a test replaces them.
// It is independent of the signer in host/tools.

import { createHash, sign } from 'node:crypto';
import { ImageFormat, Tlv } from '../../protocol/image/format.ts';
import { keys, privateKeys } from './keys.ts';

export interface ForgedTlv {
  type: number;
  value: Uint8Array;
  /** The length in the entry; the real one when left out. */
  length?: number;
}

export interface Forgery {
  payload?: Uint8Array;
  headerSize?: number;
  flags?: number;
  /** The payload size in the header; the real one when left out. */
  imageSize?: number;
  protectedTlvs?: ForgedTlv[];
  /** The size of the protected area in the header. */
  protectedSize?: number;
  /** The sizes in the info fields of the areas. */
  protectedTotal?: number;
  unprotectedTotal?: number;
  /** Given the right hash, key hash and signature, the unprotected TLVs; those three when left out. */
  unprotectedTlvs?: (hash: ForgedTlv, keyHash: ForgedTlv, signature: ForgedTlv) => ForgedTlv[];
  /** Bytes after the TLVs. */
  junk?: Uint8Array;
}

export const counter = (value: number): ForgedTlv => ({ type: Tlv.SECURITY_COUNTER, value: u32(value) });
export const board = (value: number): ForgedTlv => ({ type: Tlv.BOARD_ID, value: u32(value) });

export function forge(forgery: Forgery = {}): Uint8Array {
  const { payload = Buffer.from('payload'), headerSize = 32, protectedTlvs = [counter(1)] } = forgery;
  const protectedBytes =
    protectedTlvs.length === 0
      ? Buffer.alloc(0)
      : area(ImageFormat.TLV_PROTECTED_INFO_MAGIC, protectedTlvs, forgery.protectedTotal);
  const header = Buffer.alloc(headerSize);
  header.writeUInt32LE(ImageFormat.MAGIC, 0);
  header.writeUInt16LE(headerSize, ImageFormat.OFFSET_HEADER_SIZE);
  header.writeUInt16LE(forgery.protectedSize ?? protectedBytes.length, ImageFormat.OFFSET_PROTECTED_SIZE);
  header.writeUInt32LE(forgery.imageSize ?? payload.length, ImageFormat.OFFSET_IMAGE_SIZE);
  header.writeUInt32LE(forgery.flags ?? 0, ImageFormat.OFFSET_FLAGS);
  header.writeUInt8(1, ImageFormat.OFFSET_MAJOR);
  const signed = Buffer.concat([header, payload, protectedBytes]);
  const digest = createHash('sha256').update(signed).digest();
  const [hash, keyHash, signature] = vouchers(digest);
  const tlvs = forgery.unprotectedTlvs?.(hash, keyHash, signature) ?? [hash, keyHash, signature];
  const unprotectedBytes = area(ImageFormat.TLV_INFO_MAGIC, tlvs, forgery.unprotectedTotal);
  return new Uint8Array(Buffer.concat([signed, unprotectedBytes, forgery.junk ?? Buffer.alloc(0)]));
}

/** Hash, key hash and signature TLVs of a digest, by the key of this number. */
export function vouchers(digest: Uint8Array, key = 0): [ForgedTlv, ForgedTlv, ForgedTlv] {
  return [
    { type: Tlv.SHA256, value: digest },
    { type: Tlv.KEYHASH, value: keys[key].keyHash },
    { type: Tlv.ED25519, value: sign(null, digest, privateKeys[key]) },
  ];
}

function area(magic: number, tlvs: ForgedTlv[], total?: number): Buffer {
  const entries = tlvs.map(({ type, value, length }) => Buffer.concat([u16(type), u16(length ?? value.length), value]));
  const body = Buffer.concat(entries);
  return Buffer.concat([u16(magic), u16(total ?? body.length + 4), body]);
}

function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
