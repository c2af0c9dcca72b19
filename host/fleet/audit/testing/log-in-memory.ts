// An audit log on a disk in memory, and as a reader sees it.

import { FakeLogDisk } from '../../../telemetry/log/testing/fake-log-disk.ts';
import { generateKey, readPrivateKey } from '../../../tools/image/keys.ts';
import { AuditLog } from '../audit-log.ts';
import type { AuditDisk } from '../disk.ts';
import type { AuditEvent } from '../event.ts';
import { type NoteSigner, noteSigner } from '../note.ts';
import type { LogSource } from '../source.ts';

export const folder = '/audit';

export function signerOf(seed: number, name = 'coldrig.test/audit'): NoteSigner {
  return noteSigner(name, readPrivateKey(generateKey(new Uint8Array(32).fill(seed)).privateKeyPem));
}

export const signer = signerOf(1);

export function eventOf(number: number): AuditEvent {
  return {
    time: '2026-11-30T03:00:00Z',
    who: { kind: 'person', name: 'alice' },
    verb: 'pause',
    what: { kind: 'rollout', name: `${number}` },
    decision: number % 3 === 0 ? 'refused' : 'done',
    reason: `number ${number}`,
  };
}

export function auditDisk(fake: FakeLogDisk): AuditDisk {
  return Object.assign(fake, {
    makeFolder: () => {},
    // A disk in memory has no folders, only names of files.
    list: (path: string) =>
      fake.fake.list.flatMap((name) =>
        name.startsWith(`${path}/`) ? [name.slice(path.length + 1).split('/')[0]] : [],
      ),
    removeFolder(path: string) {
      for (const name of fake.fake.list) if (name.startsWith(`${path}/`)) fake.remove(name);
    },
  });
}

export const openOn = (fake: FakeLogDisk, by = signer) => AuditLog.open({ folder, signer: by, disk: auditDisk(fake) });

export function sourceOn(fake: FakeLogDisk): LogSource {
  return { name: folder, read: async (path) => fake.fake.read(`${folder}/${path}`) };
}

/** A log with so many entries, appended in groups. */
export async function logOf(...groups: number[]): Promise<FakeLogDisk> {
  const fake = new FakeLogDisk();
  const log = await openOn(fake);
  let number = 0;
  for (const group of groups) await Promise.all(Array.from({ length: group }, () => log.record(eventOf(number++))));
  await log.close();
  return fake;
}
