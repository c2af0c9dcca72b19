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
import { type AuditEvent, decodeEvent } from './audit/event.ts';
import { formatVerifierKey, noteSigner, verifierKeyOf } from './audit/note.ts';
import { openSource } from './audit/source.ts';
import { tileWidth } from './audit/tiles.ts';
import { readBundle } from './audit/verify.ts';

/** Throws an AuditError where the log is in use, does not verify, or has lost its key; the system's errors of a file. */
export function openKeptAudit(folder: string, time: Time): Promise<AuditLog> {
  const place = join(folder, 'audit');
  return AuditLog.open({ folder: place, signer: signerOf(folder, place), time });
}

/** The newest entries, the oldest of them first. */
export async function tailOf(log: AuditLog, folder: string, most: number): Promise<(AuditEvent & { index: number })[]> {
  const { size } = log.checkpoint();
  const first = Math.max(0, size - most);
  const source = openSource(join(folder, 'audit'));
  const found: (AuditEvent & { index: number })[] = [];
  for (let bundle = Math.floor(first / tileWidth); bundle * tileWidth < size; bundle++)
    for (const [at, entry] of (await readBundle(source, bundle, size)).entries()) {
      const index = bundle * tileWidth + at;
      const event = index < first ? undefined : decodeEvent(entry);
      if (event !== undefined) found.push({ index, ...event });
    }
  return found;
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
