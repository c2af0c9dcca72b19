// Ed25519 keys: PKCS#8 and SubjectPublicKeyInfo PEM as imgtool and openssl write them, 32 raw bytes as the fuses hold them.
// What must stay true: a key is named in an image by SHA-256 over its 44-byte SubjectPublicKeyInfo, never over the raw key.

import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, KeyObject } from 'node:crypto';
import { ImageError } from './error.ts';

export const publicKeySize = 32;
// RFC 8410: the DER in front of an Ed25519 public key (SubjectPublicKeyInfo) and private key (PKCS#8).
const publicPrefix = Buffer.from('302a300506032b6570032100', 'hex');
const privatePrefix = Buffer.from('302e020100300506032b657004220420', 'hex');

export interface KeyPair {
  /** PKCS#8 PEM. Secret. */
  privateKeyPem: string;
  /** SubjectPublicKeyInfo PEM. */
  publicKeyPem: string;
  /** 32 bytes, as burnt into the fuses. */
  publicKey: Uint8Array;
  /** SHA-256 that images signed with it carry. */
  keyHash: Uint8Array;
}

/** A new key; the same one for the same 32-byte `seed`, which only a test or a demonstration should pass. */
export function generateKey(seed?: Uint8Array): KeyPair {
  const key = seed === undefined ? generateKeyPairSync('ed25519').privateKey : privateKeyFromSeed(seed);
  const publicKey = rawPublicKey(key);
  return {
    privateKeyPem: key.export({ type: 'pkcs8', format: 'pem' }).toString(),
    publicKeyPem: publicKeyPem(publicKey),
    publicKey,
    keyHash: keyHash(publicKey),
  };
}

export interface ReadKeyOptions {
  /** File name for messages. */
  name?: string;
  passphrase?: string;
}

/** The private key in a PEM text. Throws an `ImageError` that says what was found instead. */
export function readPrivateKey(pem: string | Uint8Array, options: ReadKeyOptions = {}): KeyObject {
  const name = options.name ?? 'the key';
  if (Buffer.from(pem).includes('PUBLIC KEY') && !Buffer.from(pem).includes('PRIVATE KEY')) {
    throw new ImageError('KEY', `${name} is a public key; signing needs the private one ('coldrig image keygen')`);
  }
  return checkedEd25519(readKey(pem, name, options.passphrase, createPrivateKey), name);
}

/** The 32 raw bytes of the public key in a PEM text, which may hold the private or the public key. */
export function readPublicKey(pem: string | Uint8Array, options: ReadKeyOptions = {}): Uint8Array {
  const name = options.name ?? 'the key';
  const key = readKey(pem, name, options.passphrase, createPublicKey);
  return rawPublicKey(checkedEd25519(key, name));
}

/** The 32 bytes for the fuses, of a key object, a PEM text or a raw key (which passes through, checked). */
export function rawPublicKey(key: KeyObject | string | Uint8Array): Uint8Array {
  if (typeof key === 'string') return readPublicKey(key);
  if (!(key instanceof KeyObject)) return checkedRawKey(key);
  const publicKey = key.type === 'private' ? createPublicKey(key) : key;
  const der = checkedEd25519(publicKey, 'the key').export({ type: 'spki', format: 'der' });
  return new Uint8Array(der.subarray(der.length - publicKeySize));
}

/** SHA-256 over the SubjectPublicKeyInfo: what the KEYHASH TLV holds. */
export function keyHash(key: KeyObject | string | Uint8Array): Uint8Array {
  return new Uint8Array(createHash('sha256').update(publicPrefix).update(rawPublicKey(key)).digest());
}

export function publicKeyPem(publicKey: Uint8Array): string {
  return publicKeyObject(publicKey).export({ type: 'spki', format: 'pem' }).toString();
}

/** The last keys that were verified with: to read one takes half as long as to verify a signature. */
const keyObjects = new Map<string, KeyObject>();
const keyObjectsMost = 64;

/** A key object to verify with, of 32 raw bytes. */
export function publicKeyObject(publicKey: Uint8Array): KeyObject {
  const der = Buffer.concat([publicPrefix, checkedRawKey(publicKey)]);
  const name = der.toString('latin1');
  const known = keyObjects.get(name);
  if (known !== undefined) return known;
  const key = createPublicKey({ key: der, format: 'der', type: 'spki' });
  if (keyObjects.size === keyObjectsMost) keyObjects.clear();
  keyObjects.set(name, key);
  return key;
}

function privateKeyFromSeed(seed: Uint8Array): KeyObject {
  if (seed.length !== 32) throw new ImageError('KEY', `a key seed has 32 bytes, this one has ${seed.length}`);
  return createPrivateKey({ key: Buffer.concat([privatePrefix, seed]), format: 'der', type: 'pkcs8' });
}

function readKey(
  pem: string | Uint8Array,
  name: string,
  passphrase: string | undefined,
  create: (input: { key: Buffer; format: 'pem'; passphrase?: string }) => KeyObject,
): KeyObject {
  try {
    return create({ key: Buffer.from(pem), format: 'pem', passphrase });
  } catch {
    const text = Buffer.from(pem).toString('latin1');
    const key = keyOfSecondVersion(text);
    if (key !== undefined) return key;
    throw new ImageError('KEY', `${name} cannot be read as a PEM key: it ${whatIsWrong(text, passphrase)}`);
  }
}

// RFC 5958: PKCS#8 of version 2 has the public key behind the private one. Libraries for Rust write it so, and OpenSSL does not read it. The public key is
// tagged as the RFC says (81), or as `ring` writes it (a1, around a bit string).
const secondVersion =
  /^30[0-9a-f]{2}020101300506032b657004220420(?<seed>[0-9a-f]{64})(?:a1230321|8121)00(?<publicKey>[0-9a-f]{64})$/;

function keyOfSecondVersion(text: string): KeyObject | undefined {
  const body = /-{5}BEGIN PRIVATE KEY-{5}([A-Za-z0-9+/=\s]+)-{5}END PRIVATE KEY-{5}/.exec(text)?.[1] ?? '';
  const { seed = '', publicKey } = secondVersion.exec(Buffer.from(body, 'base64').toString('hex'))?.groups ?? {};
  if (seed === '') return undefined;
  const key = privateKeyFromSeed(Buffer.from(seed, 'hex'));
  return Buffer.from(rawPublicKey(key)).toString('hex') === publicKey ? key : undefined;
}

/** What the file contains instead of a PEM key, and what to do. */
function whatIsWrong(text: string, passphrase: string | undefined): string {
  const make = "make one with 'coldrig image keygen'";
  if (text.trim() === '') return `is empty; ${make}`;
  if (text.includes('ENCRYPTED')) {
    const found = passphrase === undefined ? 'is protected by a passphrase' : 'does not open with this passphrase';
    return `${found}; take it off with 'openssl pkey -in KEY -out PLAIN', or ${make}`;
  }
  const label = /-----BEGIN ([A-Z0-9 ]+)-----/.exec(text)?.[1];
  if (label === undefined) return `is no PEM file: it has no line -----BEGIN ... KEY-----; ${make}`;
  if (label === 'OPENSSH PRIVATE KEY') return `is a key of OpenSSH's own format, which is not read here; ${make}`;
  if (!label.endsWith('KEY')) return `is a PEM file of something else (${label}), not of a key; ${make}`;
  return `is a damaged PEM file (${label}); get it again, or ${make}`;
}

function checkedEd25519(key: KeyObject, name: string): KeyObject {
  if (key.asymmetricKeyType === 'ed25519') return key;
  const found = `${name} is a key of type ${key.asymmetricKeyType}`;
  throw new ImageError('KEY', `${found}; this chip takes Ed25519 only: make one with 'coldrig image keygen'`);
}

function checkedRawKey(key: Uint8Array): Uint8Array {
  if (key.length === publicKeySize) return key;
  throw new ImageError('KEY', `a raw Ed25519 public key has ${publicKeySize} bytes, this one has ${key.length}`);
}
