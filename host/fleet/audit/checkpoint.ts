// Checkpoints: what a log has signed about itself. C2SP tlog-checkpoint: origin, size, root, each on a line of a signed note.

import { AuditError } from './error.ts';
import { hashBytes, type TreeHead } from './merkle.ts';
import { fromBase64, type NoteSigner, openNote, signNote, type VerifierKey } from './note.ts';

export interface Checkpoint extends TreeHead {
  origin: string;
  /** The whole note, as it was signed. */
  note: string;
}

export function signCheckpoint({ size, root }: TreeHead, signer: NoteSigner): Checkpoint {
  const origin = signer.key.name;
  const note = signNote(`${origin}\n${size}\n${Buffer.from(root).toString('base64')}\n`, signer);
  return { origin, size, root, note };
}

/** The checkpoint in a note that the key has signed. `what` names it in messages. The origin is the name of the key. */
export function openCheckpoint(bytes: Uint8Array, key: VerifierKey, what: string): Checkpoint {
  const [origin, size, base64, ...more] = openNote(bytes, key, what).split('\n');
  const root = base64 === undefined ? undefined : fromBase64(base64);
  const isWhole = more.at(-1) === '' && more.slice(0, -1).every((line) => line !== '');
  if (
    !/^(0|[1-9]\d{0,15})$/.test(size ?? '') ||
    !Number.isSafeInteger(Number(size)) ||
    root?.length !== hashBytes ||
    !isWhole
  )
    throw new AuditError(
      'AUDIT_FORM',
      `${what} is no checkpoint: expected three lines, with the origin, the size and the root`,
    );
  if (origin !== key.name) throw new AuditError('AUDIT_FORM', `${what} is of the log ${origin}, expected ${key.name}`);
  return { origin, size: Number(size), root, note: Buffer.from(bytes).toString() };
}
