import { request } from 'node:http';
import { expect, test } from 'vitest';
import { serveFleetHttp } from './http.ts';

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
