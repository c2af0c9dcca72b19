// Who signs: a private key in memory, or one in a token that does not give it out (pkcs11.ts).

import { type KeyObject, sign } from 'node:crypto';
import { rawPublicKey } from './keys.ts';

export interface Signer {
  /** Of Ed25519, 32 bytes. */
  readonly publicKey: Uint8Array;
  /** 64 bytes over this data. Throws where the key cannot be used. */
  sign(data: Uint8Array): Uint8Array;
}

export function keySigner(key: KeyObject): Signer {
  return { publicKey: rawPublicKey(key), sign: (data) => new Uint8Array(sign(null, data, key)) };
}
