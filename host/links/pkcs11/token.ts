// A signer whose key is in a PKCS#11 token and never leaves it. The token is asked by a program of its own (pkcs11-helper.py), once for each signature: no
// library of it is loaded here, and nothing has to be compiled to install the package.
//
// What must stay true: the PIN goes to that program over its standard input, and is on no command line; a signature is verified here before it is handed out.

import { spawnSync } from 'node:child_process';
import { verify } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { ImageError } from '../../tools/image/error.ts';
import { publicKeyObject } from '../../tools/image/keys.ts';
import type { Signer } from '../../tools/image/signer.ts';
import { readTextFile } from '../text-file.ts';
import { type Pkcs11Uri, parsePkcs11Uri } from './uri.ts';

const helper = fileURLToPath(new URL('pkcs11-helper.py', import.meta.url));
export const pinVariable = 'COLDRIG_PKCS11_PIN';
const answerMs = 60_000;
const answerBytes = 1 << 20;

/** Throws an ImageError where the URI is none, the token or the key is not there, the PIN is wrong, or the key is not of Ed25519. */
export function pkcs11Signer(text: string): Signer {
  const uri = parsePkcs11Uri(text);
  const pin = pinOf(uri);
  const { publicKey } = ask(uri, pin, undefined);
  return {
    publicKey,
    sign(data) {
      const { publicKey: now, signature } = ask(uri, pin, data);
      const isOurs = Buffer.from(now).equals(Buffer.from(publicKey));
      if (isOurs && signature && verify(null, data, publicKeyObject(publicKey), signature)) return signature;
      throw refusal(uri, 'what the token gave back is no signature of this key', 'was the token changed meanwhile?');
    },
  };
}

/** The public key alone, of 32 bytes; it is asked for without a PIN where none is given. */
export function pkcs11PublicKey(text: string): Uint8Array {
  const uri = parsePkcs11Uri(text);
  const hasPin = uri.pinFile !== undefined || Boolean(process.env[pinVariable]);
  return ask(uri, hasPin ? pinOf(uri) : undefined, undefined).publicKey;
}

function pinOf(uri: Pkcs11Uri): string {
  const { pinFile } = uri;
  if (pinFile === undefined) {
    const pin = process.env[pinVariable];
    if (pin) return pin;
    throw refusal(uri, 'its PIN is not known', `give pin-source=file:/path in it, or the variable ${pinVariable}`);
  }
  try {
    return readTextFile(pinFile).replace(/\r?\n$/, '');
  } catch (error) {
    throw refusal(uri, `its PIN cannot be read: ${(error as Error).message}`, 'see pin-source');
  }
}

interface Answer {
  publicKey: Uint8Array;
  signature: Uint8Array | undefined;
}

const makeOne = 'pkcs11-tool --keypairgen --key-type EC:edwards25519 makes one';

/** What the helper says, in words; `detail` is its own. */
const refusals: Readonly<Record<string, (detail: string) => [what: string, help: string]>> = {
  NO_LIBRARY: (detail) => [`its library cannot be loaded: ${detail}`, 'see module-path'],
  NO_TOKEN: (detail) => [`there is no such token; the library has ${detail}`, 'plug it in, or name one of these'],
  TOKENS: (detail) => [`more than one token is meant by it: ${detail}`, 'name one by its serial'],
  GONE: () => ['the token is gone', 'plug it in, and try again'],
  PIN_WRONG: () => ['its PIN is wrong', 'too many wrong ones lock a token'],
  PIN_LOCKED: () => ['its PIN is locked', 'the owner of the token has to unlock it'],
  NO_KEY: (detail) => [
    `the token has ${detail} of this name`,
    `pkcs11-tool --list-objects shows what it has; ${makeOne}`,
  ],
  KEYS: (detail) => [`the token has ${detail} of this name`, 'name one by its id'],
  KEY_TYPE: (detail) => [`it is a key of type ${detail}, this chip takes Ed25519 only`, makeOne],
  NO_EDDSA: () => ['the token cannot sign by Ed25519 (CKM_EDDSA)', 'take a token that can'],
  NOT_PERMITTED: () => ['the token does not let this key sign', makeOne],
  FAILED: (detail) => [`the token failed: ${detail}`, 'try again; the numbers are those of PKCS#11'],
};

function ask(uri: Pkcs11Uri, pin: string | undefined, data: Uint8Array | undefined): Answer {
  const { token, object, id, modulePath } = uri;
  const request = {
    ...{ module: modulePath, token, object: object ?? null, pin: pin ?? null },
    ...{ id: id ? Buffer.from(id).toString('hex') : null, data: data ? Buffer.from(data).toString('base64') : null },
  };
  const options = { input: JSON.stringify(request), timeout: answerMs, maxBuffer: answerBytes };
  const { error, status, stdout, stderr } = spawnSync('python3', ['-I', helper], options);
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  if (code === 'ENOENT') throw refusal(uri, 'python3 is not installed', 'a token is asked by a program in Python');
  if (code === 'ETIMEDOUT') throw refusal(uri, `the token did not answer within ${answerMs / 1000} s`, 'try again');
  let told: { error?: string; detail?: string; publicKey?: string; signature?: string };
  try {
    told = JSON.parse(`${stdout}`);
  } catch {
    const said = `${stderr}`.trim().split('\n').at(-1) || (error?.message ?? `it ended with ${status}`);
    throw refusal(uri, `the program that asks the token failed: ${said}`, 'try again');
  }
  if (told.publicKey === undefined)
    throw refusal(uri, ...(refusals[`${told.error}`] ?? refusals.FAILED)(`${told.detail}`));
  const bytes = (text: string) => new Uint8Array(Buffer.from(text, 'base64'));
  return {
    publicKey: bytes(told.publicKey),
    signature: told.signature === undefined ? undefined : bytes(told.signature),
  };
}

const refusal = ({ text }: Pkcs11Uri, what: string, help: string): ImageError =>
  new ImageError('KEY', `the key ${text}: ${what}; ${help}`);
