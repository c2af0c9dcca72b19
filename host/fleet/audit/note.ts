// Signed notes: C2SP signed-note, with Ed25519. A note is a text, an empty line, and a line for each signature.
//
//   — NAME base64(key ID, 4 bytes ‖ signature, 64 bytes)
//
// What must stay true: nothing of the text is used before a signature of the given key has been verified. Lines of unknown keys are no error (others may
// sign too), a wrong signature of the known key is.

import { createHash, type KeyObject, sign, verify } from 'node:crypto';
import { publicKeyObject, rawPublicKey } from '../../tools/image/keys.ts';
import { AuditError } from './error.ts';

const ed25519 = 1;
const noteBytesMost = 1_000_000;
const signatureLinesMost = 100;

export interface VerifierKey {
  name: string;
  /** Of the name and the key; it tells keys of one name apart. */
  id: number;
  publicKey: Uint8Array;
}

export function verifierKeyOf(name: string, publicKey: Uint8Array): VerifierKey {
  if (!isKeyName(name))
    throw new AuditError(
      'AUDIT_FORM',
      `the name '${name}' of a log is empty or has a space or a plus; for instance coldrig.lab/audit`,
    );
  const typed = Buffer.concat([Uint8Array.of(ed25519), publicKey]);
  const id = createHash('sha256').update(`${name}\n`).update(typed).digest().readUInt32BE();
  return { name, id, publicKey };
}

/** As text, which other tools read too: name, ID and key between plus signs. */
export function formatVerifierKey({ name, id, publicKey }: VerifierKey): string {
  const typed = Buffer.concat([Uint8Array.of(ed25519), publicKey]);
  return `${name}+${id.toString(16).padStart(8, '0')}+${typed.toString('base64')}`;
}

export function parseVerifierKey(text: string): VerifierKey {
  const [, name, id, base64] = /^([^+\s]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+={0,2})$/.exec(text.trim()) ?? [];
  const typed = base64 === undefined ? undefined : fromBase64(base64);
  if (name === undefined || typed === undefined || typed.length !== 33 || typed[0] !== ed25519)
    throw new AuditError(
      'AUDIT_FORM',
      "the key of the log is no Ed25519 verifier key; expected one such as coldrig.lab/audit+1a2b3c4d+AZ…, which 'coldrig audit key' prints",
    );
  const key = verifierKeyOf(name, typed.subarray(1));
  if (key.id === Number.parseInt(id, 16)) return key;
  throw new AuditError('AUDIT_FORM', `the key of the log ${name} does not fit its ID ${id}; copy it again, whole`);
}

export interface NoteSigner {
  key: VerifierKey;
  sign(text: Uint8Array): Uint8Array;
}

export function noteSigner(name: string, privateKey: KeyObject): NoteSigner {
  return {
    key: verifierKeyOf(name, rawPublicKey(privateKey)),
    sign: (text) => new Uint8Array(sign(null, text, privateKey)),
  };
}

/** `text` ends with a newline. */
export function signNote(text: string, signer: NoteSigner): string {
  const id = Buffer.alloc(4);
  id.writeUInt32BE(signer.key.id);
  const signature = Buffer.concat([id, signer.sign(Buffer.from(text))]);
  return `${text}\n— ${signer.key.name} ${signature.toString('base64')}\n`;
}

/** The text of a note that this key has signed. `what` names the note in messages. */
export function openNote(bytes: Uint8Array, key: VerifierKey, what: string): string {
  const broken = (reason: string) => new AuditError('AUDIT_FORM', `${what} is no signed note: ${reason}`);
  if (bytes.length > noteBytesMost) throw broken(`it has ${bytes.length} bytes, at most ${noteBytesMost} are read`);
  const note = decodeText(bytes);
  if (note === undefined) throw broken('it is not UTF-8 without control characters');
  const split = note.lastIndexOf('\n\n');
  if (split < 0 || !note.endsWith('\n')) throw broken('it needs a text, an empty line, and signature lines');
  const text = note.slice(0, split + 1);
  const lines = note.slice(split + 2, -1).split('\n');
  if (lines.length > signatureLinesMost) throw broken(`it has more than ${signatureLinesMost} signature lines`);
  let isSigned = false;
  for (const [at, line] of lines.entries()) {
    const [, name, base64] = /^— (\S+) (\S+)$/u.exec(line) ?? [];
    const signature = base64 === undefined ? undefined : fromBase64(base64);
    if (name === undefined || !isKeyName(name) || signature === undefined || signature.length < 5)
      throw broken(`its signature line ${at + 1} is not '— NAME BASE64'`);
    if (name !== key.name || signature.readUInt32BE() !== key.id) continue;
    if (!verify(null, Buffer.from(text), publicKeyObject(key.publicKey), signature.subarray(4)))
      throw new AuditError(
        'AUDIT_SIGNATURE',
        `${what}: the signature of ${key.name} is wrong; it was changed after it was signed`,
      );
    isSigned = true;
  }
  if (isSigned) return text;
  throw new AuditError(
    'AUDIT_SIGNATURE',
    `${what} is not signed by ${formatVerifierKey(key)}; is this the key of this log?`,
  );
}

const isKeyName = (name: string) => name !== '' && !/[\s+\p{White_Space}]/u.test(name);

function decodeText(bytes: Uint8Array): string | undefined {
  if (bytes.some((byte) => byte < 0x20 && byte !== 0x0a)) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** Standard Base64, in the one spelling that its bytes have. */
export function fromBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : undefined;
}
