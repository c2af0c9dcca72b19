// Keys and roles of a TUF repository: who may sign what, and how many have.

import { createHash } from 'node:crypto';
import { Key, type Metadata, type Root, Signature } from '@tufjs/models';
import type { Signer } from '../../tools/image/signer.ts';

export type RoleName = 'root' | 'targets' | 'snapshot' | 'timestamp';
/** The roles of the server's key. */
export const onlineRoles = ['snapshot', 'timestamp'] as const;
export type DraftName = 'root' | 'targets';

/** A repository cannot be read or changed; the message says why, and what to do. */
export class RepositoryError extends Error {
  override readonly name = 'RepositoryError';
}

export interface RoleKeys {
  keys: Key[];
  threshold: number;
}

export function roleOf(role: RoleName, publicKeys: readonly Uint8Array[], threshold: number): RoleKeys {
  const keys = publicKeys.map(keyOf);
  if (new Set(keys.map(({ keyID }) => keyID)).size < keys.length)
    throw new RepositoryError(`${role}: the same key is given twice`);
  if (!Number.isInteger(threshold) || threshold < 1 || threshold > keys.length)
    throw new RepositoryError(`${role}: ${threshold} of ${keys.length} keys cannot be asked for`);
  return { keys, threshold };
}

/** TUF's key of an Ed25519 key. */
export function keyOf(publicKey: Uint8Array): Key {
  const keyVal = { public: Buffer.from(publicKey).toString('hex') };
  // Keys in canonical JSON are sorted, which these are.
  const canonical = JSON.stringify({ keytype: 'ed25519', keyval: keyVal, scheme: 'ed25519' });
  const keyID = createHash('sha256').update(canonical).digest('hex');
  return new Key({ keyID, keyType: 'ed25519', scheme: 'ed25519', keyVal });
}

export function signWith(metadata: Pick<Metadata<Root>, 'sign'>, signer: Signer): void {
  const { keyID } = keyOf(signer.publicKey);
  metadata.sign((data) => new Signature({ keyID, sig: Buffer.from(signer.sign(data)).toString('hex') }));
}

export function isSignedBy(key: Key | undefined, metadata: Parameters<Key['verifySignature']>[0]): boolean {
  try {
    key?.verifySignature(metadata);
    return key !== undefined;
  } catch {
    return false;
  }
}
