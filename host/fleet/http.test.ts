import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { hasOpenssl, TestAuthority } from '../telemetry/forward/testing-certificates.ts';
import { serveFleetHttp } from './http.ts';
import { askHttp } from './http-client.ts';

test('a question that the server fails at is answered, and told, also when it has a body', async () => {
  const told: unknown[] = [];
  const failing = async () => {
    throw new Error('no room');
  };
  const http = await serveFleetHttp({ host: '127.0.0.1', port: 0, handlers: [failing], onError: (e) => told.push(e) });
  const status = await new Promise((resolve, reject) => {
    const asked = request(`${http.origin}/rest/v1/commands`, { method: 'POST' }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    asked.once('error', reject);
    asked.end('{"do": "pause"}');
  });
  await http.close();
  expect(status).toBe(500);
  expect(told).toEqual([new Error('no room')]);
});

test.skipIf(!hasOpenssl)(
  'a certificate of an authority that nobody has named says which option is missing',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'coldrig-tls-'));
    const { cert, key } = new TestAuthority(folder).end('server');
    const http = await serveFleetHttp({
      host: '127.0.0.1',
      port: 0,
      tls: { cert, key },
      handlers: [],
      onError: () => {},
    });
    const { signal } = new AbortController();
    const question = { method: 'GET', url: new URL(http.origin), body: undefined, headers: {}, tls: {}, signal };
    await expect(askHttp(question)).rejects.toThrow(/; give the certificate of its authority with --ca$/);
    await http.close();
    rmSync(folder, { recursive: true });
  },
);
