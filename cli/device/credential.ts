// The credential of a device in two files, its certificate and its key, which are of use together only.
//
//   KEY.next, with both of them ──> KEY ──> CERT ──> KEY.next is removed
//
// What must stay true: wherever a process is killed, the files have the old pair or the new one as soon as somebody has called `recoverCredential`; a key is read
// by nobody else on the machine.

import { X509Certificate } from 'node:crypto';
import { existsSync, rmSync } from 'node:fs';
import { writeDurably } from '../../host/links/whole-file.ts';
import { Failure } from '../failure.ts';
import { readText, writeOutput } from '../files.ts';

export interface CredentialFiles {
  cert: string;
  key: string;
}

/** PEM. */
export interface Credential {
  certificate: string;
  key: string;
}

const nextOf = ({ key }: CredentialFiles) => `${key}.next`;

/** Puts a credential in place of the one in the files. */
export function keepCredential(files: CredentialFiles, { certificate, key }: Credential): void {
  writeDurably(nextOf(files), `${JSON.stringify({ certificate, key })}\n`, 0o600);
  finish(files, { certificate, key });
}

/** Ends what a process that was killed had begun. To be called before the files are read. */
export function recoverCredential(files: CredentialFiles): void {
  const next = nextOf(files);
  if (!existsSync(next)) return;
  const { certificate, key } = readNext(next);
  if (hasEnded(files, certificate)) rmSync(next);
  else finish(files, { certificate, key });
}

function readNext(path: string): Credential {
  try {
    const { certificate, key } = Object(JSON.parse(readText(path, 'the next credential')));
    if (typeof certificate === 'string' && typeof key === 'string') return { certificate, key };
  } catch {
    // Told below.
  }
  throw new Failure('CREDENTIAL', `${path} is no credential that a renewal has left; remove it`);
}

function finish(files: CredentialFiles, { certificate, key }: Credential): void {
  writeOutput(files.key, key, 'the key', { mode: 0o600 });
  writeOutput(files.cert, certificate, 'the certificate');
  rmSync(nextOf(files));
}

/** Somebody has enrolled the device since, whose pair is newer. */
function hasEnded({ cert }: CredentialFiles, next: string): boolean {
  if (!existsSync(cert)) return false;
  const until = (pem: string) => Date.parse(new X509Certificate(pem).validTo);
  return until(readText(cert, 'the certificate')) > until(next);
}
