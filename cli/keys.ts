// Keys that a command is given: a PEM file, or the URI of one in a PKCS#11 token.

import { pkcs11PublicKey, pkcs11Signer } from '../host/links/pkcs11/token.ts';
import { isPkcs11Uri } from '../host/links/pkcs11/uri.ts';
import { readPrivateKey, readPublicKey } from '../host/tools/image/keys.ts';
import { keySigner, type Signer } from '../host/tools/image/signer.ts';
import { readInput } from './files.ts';

export function signerOf(key: string): Signer {
  if (isPkcs11Uri(key)) return pkcs11Signer(key);
  return keySigner(readPrivateKey(readInput(key, 'the key'), { name: `the key ${key}` }));
}

/** 32 bytes. */
export function publicKeyOf(key: string): Uint8Array {
  if (isPkcs11Uri(key)) return pkcs11PublicKey(key);
  return readPublicKey(readInput(key, 'the key'), { name: `the key ${key}` });
}

export const KEY_HELP = `
A key is a PEM file, or one in a PKCS#11 token (a smart card, an HSM, SoftHSM), which never leaves it. It is named as in RFC 7512, in quotes:
  'pkcs11:token=releases;object=ada?module-path=/usr/lib/softhsm/libsofthsm2.so&pin-source=file:/run/secrets/pin'
Without pin-source the PIN is in the variable COLDRIG_PKCS11_PIN. Python 3 has to be installed. pkcs11-tool --keypairgen --key-type EC:edwards25519 (OpenSC) makes such a key.`;
