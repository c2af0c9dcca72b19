import { expect, test } from 'vitest';
import { natsPlace } from './nats-place.ts';

test.each([
  ['nats://hub:4222', { host: 'hub:4222', options: {} }],
  ['nats://ann:se%40cret@hub:4222', { host: 'hub:4222', options: { user: 'ann', pass: 'se@cret' } }],
  ['nats://token@hub:4222', { host: 'hub:4222', options: { token: 'token' } }],
  ['nats://%zz@hub:4222', undefined],
  ['http://hub:4222', undefined],
  ['hub:4222', undefined],
])('%s', (url, place) => {
  expect(natsPlace({ url })).toEqual(place);
});

test('over TLS the server is known by the host of its address, also where that is a number', () => {
  for (const server of [
    { url: 'tls://127.0.0.1:4222' },
    { url: 'nats://hub', files: { ca: 'a', cert: 'b', key: 'c' } },
  ])
    expect(natsPlace(server)?.options.tls).toMatchObject({ checkServerIdentity: expect.any(Function) });
});
