// The audit log of a served fleet, and the key that signs it. Both are made when they are not there.
//
//   folder/audit        the log (audit/audit-log.ts)        folder/audit.pem    its key        folder/audit.vkey    what readers check it with
//
// What must stay true: what the doors have told is durable before whoever asked gets an answer; a log whose key is gone is not begun again under another.

import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeDurably } from '../links/whole-file.ts';
import type { Time } from '../telemetry/time.ts';
import { generateKey, publicKeySize, rawPublicKey, readPrivateKey } from '../tools/image/keys.ts';
import { AuditLog } from './audit/audit-log.ts';
import { AuditError } from './audit/error.ts';
import { formatVerifierKey, noteSigner, verifierKeyOf } from './audit/note.ts';
import type { Audit } from './doors.ts';

export interface KeptAudit extends Audit {
  close(): Promise<void>;
}

/** Throws an AuditError where the log is in use, does not verify, or has lost its key; the system's errors of a file. */
export async function openKeptAudit(folder: string, time: Time): Promise<KeptAudit> {
  const place = join(folder, 'audit');
  const log = await AuditLog.open({ folder: place, signer: signerOf(folder, place), time });
  return {
    async record({ who, verb, what, result, detail }) {
      const at = new Date(Number(time.wallNs() / 1_000_000n)).toISOString();
      await log.record({ time: at, who, verb, what, decision: result, reason: detail });
    },
    close: () => log.close(),
  };
}

function signerOf(folder: string, place: string) {
  const path = join(folder, 'audit.pem');
  if (!existsSync(path)) {
    if (existsSync(join(place, 'checkpoint')))
      throw new AuditError(
        'AUDIT_SIGNATURE',
        `${path} is missing, which signs ${place}; bring it back from a backup, or move that folder away to begin a new log`,
      );
    mkdirSync(folder, { recursive: true });
    writeDurably(path, generateKey().privateKeyPem, 0o600);
  }
  const key = readPrivateKey(readFileSync(path), { name: path });
  const publicKey = rawPublicKey(key);
  // Named after its key, so that two logs never have one name.
  const name = `coldrig.fleet/${Buffer.from(publicKey).toString('hex', 0, publicKeySize / 4)}`;
  writeDurably(join(folder, 'audit.vkey'), `${formatVerifierKey(verifierKeyOf(name, publicKey))}\n`);
  return noteSigner(name, key);
}
