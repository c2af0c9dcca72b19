// Keys of a repository of releases, and readers of it that know its first root alone.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { generateKey, readPrivateKey } from '../../tools/image/keys.ts';
import { keySigner, type Signer } from '../../tools/image/signer.ts';
import { folderFiles, RepositoryReader } from '../repository/reader.ts';

export const playedSigner = (seed: number): Signer =>
  keySigner(readPrivateKey(generateKey(new Uint8Array(32).fill(seed)).privateKeyPem));

export const publicKeys = (...signers: Signer[]) => signers.map(({ publicKey }) => publicKey);

let count = 0;

/** Where a reader keeps what it trusts; nothing is there yet. */
export const freshTrust = (folder: string) => join(folder, `trusted-${count++}`);

/** Of `folder`/`of`, which is `folder`/repository or a mirror of it. */
export const freshReader = (folder: string, of = 'repository', trust = freshTrust(folder)) =>
  new RepositoryReader({
    folder: trust,
    root: readFileSync(join(folder, 'repository', 'metadata', '1.root.json')),
    read: folderFiles(join(folder, of)),
  });
