// Links over TLS, with real sockets and certificates.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hostTime, type Time } from '../time.ts';
import type { ByteStream } from './link-wire.ts';
import { hasOpenssl, TestAuthority } from './testing-certificates.ts';
import { connectTls, listenTls, type TlsFiles } from './tls-stream.ts';

if (!hasOpenssl) console.log('links over TLS are not tried: openssl makes their certificates, and is not installed');

const now = new AbortController().signal;
const host = '127.0.0.1';

/** Time in which the list of revoked certificates is read again when the test says so. */
class HandTime implements Time {
  pending: (() => void) | undefined;
  monotonicMs = hostTime.monotonicMs;
  wallNs = hostTime.wallNs;

  after(_: number, call: () => void): () => void {
    this.pending = call;
    return () => {
      this.pending = undefined;
    };
  }
}

/** What comes back for bytes that were sent, or why nothing does. */
function echo(stream: ByteStream): Promise<string> {
  return new Promise((resolve) => {
    stream.onBytes = (bytes) => resolve(Buffer.from(bytes).toString());
    stream.onClose = (reason) => resolve(`closed: ${reason}`);
    stream.send(Buffer.from('hello'));
  });
}

describe.skipIf(!hasOpenssl)('a link over TLS', () => {
  let folder: string;
  let authority: TestAuthority;
  let server: { port: number; close: () => Promise<void> };
  let heard = 0;
  const time = new HandTime();

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'coldrig-tls-'));
    authority = new TestAuthority(folder);
    const files = { ...authority.end('hub'), crl: authority.crl };
    server = await listenTls({ host, port: 0 }, files, time, (stream) => {
      stream.onBytes = (bytes) => {
        heard += bytes.length;
        stream.send(bytes);
      };
    });
  });
  afterAll(async () => {
    await server.close();
    rmSync(folder, { recursive: true });
  });

  const tried = async (files: TlsFiles): Promise<string> => {
    try {
      const stream = await connectTls({ host, port: server.port }, files, now);
      const answer = await echo(stream);
      stream.close();
      return answer;
    } catch (error) {
      return `refused: ${(error as Error).message}`;
    }
  };

  test('carries bytes with a certificate of the authority, and none with another', async () => {
    expect(await tried(authority.end('north'))).toBe('hello');
    const before = heard;
    const foreign = mkdtempSync(join(folder, 'foreign-'));
    const other = new TestAuthority(foreign).end('north');
    // It trusts the hub, which does not trust it.
    expect(await tried({ ...other, ca: join(folder, 'ca.pem') })).toMatch(/^(closed|refused): /);
    // The hub is none that it trusts.
    expect(await tried(other)).toMatch(/^refused: /);
    expect(heard).toBe(before);
  });

  test('ends for a certificate that was revoked, as soon as the list is read again', async () => {
    const files = authority.end('south');
    const stream = await connectTls({ host, port: server.port }, files, now);
    expect(await echo(stream)).toBe('hello');
    const ended = new Promise<string>((resolve) => {
      stream.onClose = resolve;
    });
    authority.revoke(files);
    time.pending?.();
    await ended;
    const before = heard;
    expect(await tried(files)).toMatch(/^(closed|refused): /);
    expect(heard).toBe(before);
    expect(await tried(authority.end('west'))).toBe('hello');
  });
});
