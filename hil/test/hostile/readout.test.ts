// The readout's group with any values in its fields: every request is answered in time, none changes anything but the readout, and none faults the core.

import fc from 'fast-check';
import { test } from 'vitest';
import { encodeBody } from '../../../host/tools/smp/cbor.ts';
import { ReadoutRequest } from '../../../protocol/smp/readout.ts';
import { SmpGroup } from '../../../protocol/smp/smp.ts';
import { messageOf } from '../../prove/noise/noise.ts';
import { wires } from '../../prove/noise/wire.ts';
import { firmware } from './devices.ts';
import { always } from './properties.ts';

const [read, write] = [0, 2];
/** Around every limit of the group, and anything. */
const limits = [
  0, 1, 2, 3, 7, 8, 13, 14, 15, 16, 63, 64, 255, 256, 384, 385, 512, 624, 632, 1000, 1008, 16_383, 16_384, 16_385,
];
const edges = [...limits, 65_535, 65_536, 131_072, 131_073, 600_000, 600_001, 2e9, 2e9 + 1, 4e9 - 1, 4e9].map(BigInt);
const words = [2n ** 31n, 2n ** 32n - 512n * 256n, 2n ** 32n - 1n, 2n ** 32n, 2n ** 63n, 2n ** 64n - 1n];
const number = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(...edges, ...words) },
  { weight: 1, arbitrary: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }) },
);
const numbers = [
  'off',
  'len',
  'crc',
  'seq',
  'setting',
  'index',
  'value',
  'channel',
  'line',
  'source',
  'length',
  'what',
];
const fields = fc.record(
  {
    ...Object.fromEntries([...numbers, 'id', 'ms'].map((name) => [name, number])),
    data: fc.uint8Array({ maxLength: 1100 }),
  },
  { requiredKeys: [] },
);
const request = fc.record({
  operation: fc.constantFrom(read, write),
  command: fc.nat(ReadoutRequest.COUNT),
  line: fc.constantFrom(0, 1),
  fields,
});

test('requests of the readout with any values', async () => {
  const device = await firmware();
  always(fc.array(request, { minLength: 1, maxLength: 25 }), 60, (requests) => {
    device.restart();
    for (const { operation, command, line, fields: body } of requests) {
      const header = { first: (1 << 3) | operation, flags: 0, group: SmpGroup.READOUT, sequence: 1, command };
      device.request(wires[line], messageOf(header, encodeBody(body)));
    }
    device.judge();
  });
});
