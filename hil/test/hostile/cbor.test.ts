import { describe, expect, test } from 'vitest';
import { body } from '../../prove/noise/cbor-noise.ts';
import { owed } from '../../prove/noise/echo-owed.ts';
import { messageOf } from '../../prove/noise/noise.ts';
import { gateway } from '../../prove/noise/wire.ts';
import { checkedDevices } from './devices.ts';
import { always } from './properties.ts';

const header = { first: 8 | 2, flags: 0, group: 0, sequence: 5, command: 0 };

describe.each(checkedDevices)('%s', (_name, make) => {
  test('accepts the same maps as cbor-x, within its bounds, and echoes exactly the text', async () => {
    const device = await make();
    always(body, 1000, (payload) => {
      const answer = device.request(gateway, messageOf(header, payload));
      const expected = owed(payload);
      expect(answer?.fields).toEqual(expected);
    });
    device.judge();
  });

  test.each([
    ['eight containers deep', `a16178${'81'.repeat(7)}00`, {}],
    ['nine containers deep', `a16178${'81'.repeat(8)}00`, { rc: 3 }],
    ['of 256 items', `a2616401617898fb${'00'.repeat(251)}`, { rc: 3 }],
    ['of 256 items', `a261646161617898fb${'00'.repeat(251)}`, { r: 'a' }],
    ['of 257 items', `a261646161617898fc${'00'.repeat(252)}`, { rc: 3 }],
    ['with a text that is as long as an address space', 'a161641bffffffffffffffff', { rc: 3 }],
    ['with a text that ends where memory does', 'a161647bfffffffffffffffe61', { rc: 3 }],
    ['of as many pairs as wrap a counter of 32 bits', 'ba80000000616461616164', { rc: 3 }],
    ['of as many pairs as wrap a counter of 64 bits', 'bb8000000000000000616461616164', { rc: 3 }],
    ['that never ends', 'bf6164', { rc: 3 }],
    ['that ends before a value', 'bf6164ff', { rc: 3 }],
  ])('has an answer to a map %s', async (_what, hex, fields) => {
    const device = await make();
    const payload = new Uint8Array(Buffer.from(hex, 'hex'));
    const expected = Object.keys(fields).length === 0 ? { r: '' } : fields;
    expect(device.request(gateway, messageOf(header, payload))?.fields).toEqual(expected);
    device.judge();
  });
});
