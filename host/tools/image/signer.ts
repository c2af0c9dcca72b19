// Who signs: a private key in memory, or one in a token that does not give it out (host/links/pkcs11).

import { KeyObject, sign } from 'node:crypto';
import { rawPublicKey, readPrivateKey } from './keys.ts';

export interface Signer {
  /** Of Ed25519, 32 bytes. */
  readonly publicKey: Uint8Array;
  /** 64 bytes over this data. Throws where the key cannot be used. */
  sign(data: Uint8Array): Uint8Array;
}

/** A private key as PEM or as a key object, or who has it. */
export type SigningKey = string | Uint8Array | KeyObject | Signer;

export function keySigner(key: KeyObject): Signer {
  return { publicKey: rawPublicKey(key), sign: (data) => new Uint8Array(sign(null, data, key)) };
}

/** Throws an `ImageError` where it is no private key. */
export function signerWith(key: SigningKey): Signer {
  if (typeof key === 'string' || key instanceof Uint8Array) return keySigner(readPrivateKey(key));
  return key instanceof KeyObject ? keySigner(key) : key;
}
