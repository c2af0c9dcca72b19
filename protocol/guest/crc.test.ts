import { crc32 as zlibCrc32 } from 'node:zlib';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { instantiateGuest } from '../../host/tools/guest.ts';

type Crc = (crc: number, pointer: number, length: number) => number;
const scratch = 0x10000;
let crc16: (bytes: Uint8Array, seed?: number) => number;
let crc32: (bytes: Uint8Array, seed?: number) => number;

beforeAll(async () => {
  const guest16 = await instantiateGuest<{ crc16: Crc }>('protocol/guest/crc16.ts');
  const guest32 = await instantiateGuest<{ crc32: Crc }>('protocol/guest/crc32.ts');
  const over =
    (guest: { memory: WebAssembly.Memory }, function_: Crc) =>
    (bytes: Uint8Array, seed = 0) => {
      new Uint8Array(guest.memory.buffer).set(bytes, scratch);
      return function_(seed, scratch, bytes.length) >>> 0;
    };
  crc16 = over(guest16, guest16.crc16);
  crc32 = over(guest32, guest32.crc32);
});

// The catalogue's check value of every CRC is that of the nine digits.
const digits = new TextEncoder().encode('123456789');

// Bit by bit, as the definition says it.
function xmodem(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) crc = (crc << 1) ^ (crc & 0x8000 ? 0x11021 : 0);
  }
  return crc & 0xffff;
}

describe('CRC-16/XMODEM', () => {
  test('gives the check value of the CRC catalogue', () => expect(crc16(digits)).toBe(0x31c3));

  test('agrees with the bitwise definition', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => crc16(bytes) === xmodem(bytes)));
  });

  test('is zero over a message followed by its CRC', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        const crc = crc16(bytes);
        return crc16(Uint8Array.of(...bytes, crc >> 8, crc & 0xff)) === 0;
      }),
    );
  });
});

describe('CRC-32', () => {
  test('gives the check value of the CRC catalogue', () => expect(crc32(digits)).toBe(0xcbf43926));

  test('agrees with zlib, also when it is continued', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(300), (bytes, cut) => {
        const whole = (zlibCrc32 as (data: Uint8Array) => number)(bytes);
        return crc32(bytes) === whole && crc32(bytes.subarray(cut), crc32(bytes.subarray(0, cut))) === whole;
      }),
    );
  });
});
