import { generateKeyPairSync } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { makeCertificate, publicDer } from '../../host/fleet/enrol/certificates.ts';
import { type Credential, keepCredential, recoverCredential } from './credential.ts';

const nowMs = Date.parse('2027-01-15T08:00:00Z');

describe('a credential in two files', () => {
  let folder: string;
  let files: { cert: string; key: string };
  let [first, second]: Credential[] = [];
  const next = () => `${files.key}.next`;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'coldrig-credential-'));
    files = { cert: join(folder, 'rig.pem'), key: join(folder, 'rig.key') };
    [first, second] = [made(1), made(2)];
    keepCredential(files, first);
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  function made(hours: number): Credential {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    const of = { subject: 'rig', issuer: 'devices', publicKey: publicDer(publicKey), isAuthority: false };
    const times = { fromMs: nowMs, untilMs: nowMs + hours * 3_600_000 };
    const key = `${privateKey.export({ type: 'pkcs8', format: 'pem' })}`;
    return { key, certificate: makeCertificate({ ...of, ...times }, privateKey).pem };
  }
  const kept = () => ({ key: readFileSync(files.key, 'utf8'), certificate: readFileSync(files.cert, 'utf8') });

  test.each([
    ['before the first file', []],
    ['between the two', ['key']],
    ['behind the second', ['key', 'cert']],
  ] as const)('is the new one when a renewal is killed %s, and it leaves nothing', (_, written) => {
    writeFileSync(next(), JSON.stringify(second));
    for (const file of written) writeFileSync(files[file], file === 'key' ? second.key : second.certificate);
    recoverCredential(files);
    expect(kept()).toEqual(second);
    expect(existsSync(next())).toBe(false);
  });

  test('is what was written last where nothing was killed, and its key is for its owner alone', () => {
    keepCredential(files, second);
    recoverCredential(files);
    expect(kept()).toEqual(second);
    expect(statSync(files.key).mode & 0o777).toBe(0o600);
  });

  test('that somebody has brought since is not replaced by what a renewal had left', () => {
    writeFileSync(next(), JSON.stringify(first));
    for (const [file, text] of [
      ['key', second.key],
      ['cert', second.certificate],
    ] as const)
      writeFileSync(files[file], text);
    recoverCredential(files);
    expect(kept()).toEqual(second);
    expect(existsSync(next())).toBe(false);
  });

  test('is not made of a file that is none', () => {
    writeFileSync(next(), JSON.stringify({ key: first.key }));
    expect(() => recoverCredential(files)).toThrow('rig.key.next is no credential that a renewal has left; remove it');
    expect(kept()).toEqual(first);
  });
});
