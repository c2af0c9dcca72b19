// Reads attestation tokens (protocol/attestation.ts). What must stay true: nothing of a token counts before its signature has been verified, and bytes
// reach a decoder only within bounds.

import { verify } from 'node:crypto';
import {
  AttestationSize,
  Claim,
  protectedHeader,
  signatureContext,
  ueidRandom,
} from '../../../protocol/attestation.ts';
import { publicKeyObject } from '../../tools/image/keys.ts';
import { AttestationError } from './error.ts';

/** What a token says; `isSignedBy` says whether it is to be believed. */
export interface Token {
  nonce: Uint8Array;
  /** Serial number of the chip, in hexadecimal. */
  serial: string;
  /** SHA-256 of the bootloader that was loaded out of reset, in hexadecimal. */
  bootloader: string;
  /** Of the image that was handed over to; zeros: none was. */
  image: string;
  isSignedBy(publicKey: Uint8Array): boolean;
}

const serialBytes = 16;
const hashBytes = 32;
const signatureBytes = 64;

export function readTokenBytes(bytes: Uint8Array): Token {
  if (bytes.length > AttestationSize.TOKEN_MAX) throw broken(`it has ${bytes.length} bytes`);
  const [header, claims, signature] = partsOf(bytes);
  if (Buffer.compare(header, protectedHeader) !== 0) throw broken('its algorithm is not EdDSA');
  if (signature.length !== signatureBytes) throw broken('its signature has not 64 bytes');
  const found = claimsOf(claims);
  const take = (claim: number, length: number): Uint8Array => {
    const value = found.get(claim);
    if (value?.length === length) return value;
    throw broken(`its claim ${claim} is not ${length} bytes`);
  };
  const ueid = take(Claim.UEID, 1 + serialBytes);
  if (ueid[0] !== ueidRandom) throw broken('its UEID is of another type');
  const context = Buffer.from(signatureContext);
  const signed = Buffer.concat([
    Uint8Array.of(0x84, 0x60 | context.length),
    context,
    ...byteString(protectedHeader),
    ...byteString(new Uint8Array()),
    ...byteString(claims),
  ]);
  return {
    nonce: take(Claim.NONCE, AttestationSize.NONCE),
    serial: hex(ueid.subarray(1)),
    bootloader: hex(take(Claim.BOOTLOADER, hashBytes)),
    image: hex(take(Claim.IMAGE, hashBytes)),
    isSignedBy: (publicKey) => verify(null, signed, publicKeyObject(publicKey), signature),
  };
}

/** [protected header, {}, claims, signature] */
function partsOf(bytes: Uint8Array): [Uint8Array, Uint8Array, Uint8Array] {
  const items = new Items(bytes);
  if (items.head(arrayType) !== 4) throw broken('it is no COSE_Sign1: a list of four');
  const header = items.string();
  if (items.head(mapType) !== 0) throw broken('its unprotected header is not empty');
  const [claims, signature] = [items.string(), items.string()];
  items.end();
  return [header, claims, signature];
}

/** A map of whole numbers to strings of bytes. */
function claimsOf(bytes: Uint8Array): Map<number, Uint8Array> {
  const items = new Items(bytes);
  const claims = new Map<number, Uint8Array>();
  for (let left = items.head(mapType); left > 0; left--) {
    const key = items.integer();
    if (claims.has(key)) throw broken(`its claim ${key} is there twice`);
    claims.set(key, items.string());
  }
  items.end();
  return claims;
}

const [unsignedType, negativeType, bytesType, arrayType, mapType] = [0, 1, 2, 4, 5];

/** The items of CBOR (RFC 8949) that a token is made of, one after the other. Each takes a byte at least, so a length that lies ends at the last byte. */
class Items {
  private readonly view: Buffer;
  private at = 0;

  constructor(bytes: Uint8Array) {
    this.view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  /** The number in the head of an item of this type. */
  head(type: number): number {
    const first = this.view[this.at];
    if (first === undefined || first >> 5 !== type) throw broken(`expected another item at byte ${this.at}`);
    this.at++;
    const short = first & 31;
    if (short < 24) return short;
    const length = [1, 2, 4][short - 24];
    if (length === undefined || this.at + length > this.view.length) throw broken(`a length ends at byte ${this.at}`);
    this.at += length;
    return this.view.readUIntBE(this.at - length, length);
  }

  integer(): number {
    const isNegative = (this.view[this.at] ?? 0) >> 5 === negativeType;
    return isNegative ? -1 - this.head(negativeType) : this.head(unsignedType);
  }

  string(): Uint8Array {
    const begin = this.at;
    const length = this.head(bytesType);
    this.at += length;
    if (this.at > this.view.length) throw broken(`the string at byte ${begin} is longer than the rest`);
    return new Uint8Array(this.view.subarray(this.at - length, this.at));
  }

  end(): void {
    if (this.at !== this.view.length) throw broken(`something stands behind it, at byte ${this.at}`);
  }
}

function byteString(content: Uint8Array): Uint8Array[] {
  return [content.length < 24 ? Uint8Array.of(0x40 | content.length) : Uint8Array.of(0x58, content.length), content];
}

const broken = (reason: string) =>
  new AttestationError('ATTEST_FORM', `the device sent no attestation token: ${reason}`);

export const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
