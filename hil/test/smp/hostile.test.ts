// What a stranger can put on a line: mutilated requests, nested and oversized CBOR, noise. On the whole device with its real
// firmware, metered and watched: an SMP error or silence, never a fault, never a reset, never a missed deadline.

import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { cases } from '../../../host/board/testing/cases.ts';
import { DeviceUnderTest } from '../../rig/device.ts';
import { firmwareImage } from '../../rig/images.ts';
import { read } from '../../rig/lines.ts';
import { millisecond, second } from '../../rig/time.ts';

const file = new URL('../../../host/tools/smp/golden-vectors.json', import.meta.url);
const recorded = (JSON.parse(readFileSync(file, 'utf8')).vectors as { request: string }[])
  .map(({ request }) => Buffer.from(request, 'hex'))
  // A reset is a reset.
  .filter((request) => !(request.readUInt16BE(4) === 0 && request[7] === 5));

let image: Uint8Array;
let device: DeviceUnderTest;

beforeAll(async () => {
  image = await firmwareImage('1.0.0');
});

beforeEach(async () => {
  device = await DeviceUnderTest.running({ slots: { A: image } });
});

function expectUnharmed(resets: number) {
  expect(device.request(read, 0, 0, { d: 'still there' })).toEqual({ r: 'still there' });
  expect(device.statistics('faults').count).toBe(0);
  expect(device.statistics('tasks').deadlines_missed).toBe(0);
  expect(device.statistics('boot').resets).toBe(resets);
}

/** A recorded request with bits flipped, an end cut off, or bytes put in; its length field may then lie. */
const mutilated = fc
  .tuple(
    fc.constantFrom(...recorded),
    fc.array(fc.tuple(fc.nat(), fc.nat(7)), { maxLength: 4 }),
    fc.option(fc.nat(40)),
    fc.uint8Array({ maxLength: 12 }),
    fc.nat(),
  )
  .map(([request, flips, cut, inserted, at]) => {
    const place = at % (request.length + 1);
    const bytes = Buffer.concat([request.subarray(0, place), inserted, request.subarray(place)]);
    for (const [position, bit] of flips) bytes[position % bytes.length] ^= 1 << bit;
    return bytes.subarray(0, cut === null ? bytes.length : Math.max(0, bytes.length - cut));
  })
  // What a flip has turned into a reset is one.
  .filter((bytes) => bytes.length < 8 || !(bytes[7] === 5 && bytes.readUInt16BE(4) === 0));

describe('on the gateway line', () => {
  test('mutilated requests are answered or ignored', () => {
    fc.assert(
      fc.property(fc.array(mutilated, { minLength: 1, maxLength: 6 }), (requests) => {
        device.exchange(Buffer.concat(requests), 100 * millisecond);
        for (const request of requests) device.exchange(request, 100 * millisecond);
      }),
      cases(150),
    );
    expectUnharmed(0);
  });

  test('CBOR nested without an end, and containers that announce endless contents, are refused', () => {
    for (const group of [0, 1, 2, 10]) {
      for (const piece of ['81', '9f', 'bf', 'a1', 'bb7fffffffffffffff', '9b7fffffffffffffff', '5b7fffffffffffffff']) {
        const body = Buffer.from(`a1617a${piece.repeat(Math.floor(3800 / piece.length))}`, 'hex');
        const header = [0x0a, 0, body.length >> 8, body.length & 0xff, 0, group, 1, group === 0 ? 0 : 1];
        const replies = device.exchange(Buffer.concat([Buffer.from(header), body]), second);
        expect(replies).toHaveLength(1);
      }
    }
    expectUnharmed(0);
  });

  test('datagrams larger than a buffer are cut, and answered as corrupt', () => {
    for (const length of [2049, 4096, 7000]) {
      const [reply] = device.exchange(
        Buffer.concat([Buffer.from('0a00ffff00000100', 'hex'), Buffer.alloc(length)]),
        second,
      );
      expect(Buffer.from(reply).toString('hex')).toBe('0b00000600000100bf62726309ff');
    }
    expectUnharmed(0);
  });
});

test('on the console, noise between and in frames is skipped', () => {
  const noise = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.base64String({ maxLength: 200 }).map((text) => Buffer.from(`\x06\x09${text}\n`)),
    fc.base64String({ maxLength: 200 }).map((text) => Buffer.from(`\x04\x14${text}\n`)),
    fc.constant(Buffer.from('\x06\x09')),
  );
  fc.assert(
    fc.property(fc.array(noise, { maxLength: 10 }), (pieces) => {
      for (const piece of pieces) device.type(piece);
    }),
    cases(100),
  );
  expectUnharmed(0);
});
