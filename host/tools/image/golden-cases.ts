// Cases in which our signer and imgtool must give the same bytes: each has the options of both programs. golden.json
// holds the images of imgtool 2.4.0; golden.generate.ts makes it again.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { generateKey } from './keys.ts';
import type { SignOptions } from './sign.ts';

export interface GoldenCase {
  name: string;
  /** Arguments of `imgtool sign` besides the key and the files. */
  imgtool: string[];
  options: Omit<SignOptions, 'privateKeyPem'>;
}

export interface Golden {
  length: number;
  sha256: string;
  /** Whole image as base64, where it is small. */
  bytes?: string;
}

/** Key of every golden image: the seed is 0, 1, 2, …, 31. It is public and protects nothing. */
export const goldenKey = generateKey(Uint8Array.from({ length: 32 }, (_, index) => index));
export const goldenFile = fileURLToPath(new URL('golden.json', import.meta.url));

/** Byte n of a payload of any length: not random, and not all bytes are equal. */
export function goldenPayload(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index * 167 + (index >> 8) * 13 + length) & 0xff);
}

const slot = ['-S', '0x80000', '--pad-header', '-H', '32'];
const smallSlot = ['-S', '0x2000', '--pad-header', '-H', '32', '--align', '8'];

export const goldenCases: GoldenCase[] = [
  { name: 'plain', imgtool: [...slot, '-v', '1.2.3'], options: { payload: goldenPayload(100), version: '1.2.3' } },
  {
    name: 'one byte of payload',
    imgtool: [...slot, '-v', '0.0.0'],
    options: { payload: goldenPayload(1), version: '0.0.0' },
  },
  {
    name: 'highest version with build number',
    imgtool: [...slot, '-v', '255.255.65535+4294967295', '-s', 'auto'],
    options: { payload: goldenPayload(33), version: '255.255.65535+4294967295', securityCounter: 'auto' },
  },
  {
    name: 'version with one part',
    imgtool: [...slot, '-v', '7', '-s', 'auto'],
    options: { payload: goldenPayload(64), version: '7', securityCounter: 'auto' },
  },
  {
    name: 'security counter',
    imgtool: [...slot, '-v', '1.0.0', '-s', '4000000000'],
    options: { payload: goldenPayload(257), version: '1.0.0', securityCounter: 4_000_000_000 },
  },
  {
    name: 'security counter zero',
    imgtool: [...slot, '-v', '1.0.0', '-s', '0'],
    options: { payload: goldenPayload(257), version: '1.0.0', securityCounter: 0 },
  },
  {
    name: 'board id',
    imgtool: [...slot, '-v', '1.0.0', '-s', '3', '--custom-tlv', '0xa0', '0x78563412'],
    options: { payload: goldenPayload(999), version: '1.0.0', securityCounter: 3, boardId: 0x1234_5678 },
  },
  {
    name: 'everything protected',
    imgtool: [
      ...slot,
      ...['-v', '3.2.1+9', '-s', '77', '-d', '(1, 1.2.3+4)(2, 0.9.0)'],
      ...[
        '--custom-tlv',
        '0xa0',
        '0x01000000',
        '--custom-tlv',
        '0x1a2',
        '0xdeadbeef00',
        '--custom-tlv',
        '0xffa0',
        'text',
      ],
    ],
    options: {
      payload: goldenPayload(4096),
      version: '3.2.1+9',
      securityCounter: 77,
      boardId: 1,
      dependencies: [
        { image: 1, version: '1.2.3+4' },
        { image: 2, version: '0.9.0' },
      ],
      customTlvs: [
        { type: 0x1a2, value: Uint8Array.of(0xde, 0xad, 0xbe, 0xef, 0) },
        { type: 0xffa0, value: new TextEncoder().encode('text') },
      ],
    },
  },
  {
    name: 'padded header',
    imgtool: ['-S', '0x80000', '--pad-header', '-H', '0x200', '-v', '1.0.0'],
    options: { payload: goldenPayload(50), version: '1.0.0', headerSize: 0x200 },
  },
  {
    name: 'room for the header in the payload',
    imgtool: ['-S', '0x80000', '-H', '64', '-v', '1.0.0'],
    options: {
      payload: Uint8Array.from([...new Uint8Array(64), ...goldenPayload(50)]),
      version: '1.0.0',
      headerSize: 64,
      headerIncluded: true,
    },
  },
  {
    name: 'not bootable',
    imgtool: [...slot, '-v', '1.0.0', '--non-bootable'],
    options: { payload: goldenPayload(50), version: '1.0.0', nonBootable: true },
  },
  {
    name: 'padded to a small slot',
    imgtool: [...smallSlot, '-v', '1.0.0', '--pad'],
    options: { payload: goldenPayload(500), version: '1.0.0', pad: true, slotSize: 0x2000 },
  },
  {
    name: 'confirmed in a small slot',
    imgtool: [...smallSlot, '-v', '1.0.0', '-s', '2', '--confirm'],
    options: { payload: goldenPayload(500), version: '1.0.0', securityCounter: 2, confirm: true, slotSize: 0x2000 },
  },
  {
    name: 'padded to our slot',
    imgtool: [...slot, '-v', '1.0.0', '--pad', '--align', '8'],
    options: { payload: goldenPayload(70_000), version: '1.0.0', pad: true },
  },
  {
    name: 'confirmed in our slot',
    imgtool: [...slot, '-v', '1.0.0', '-s', 'auto', '--confirm', '--align', '8'],
    options: { payload: goldenPayload(131_072), version: '1.0.0', securityCounter: 'auto', confirm: true },
  },
];

/** The image that imgtool makes for one case. */
export function runImgtool(imgtool: string, { imgtool: extra, options }: GoldenCase): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'coldrig-imgtool-'));
  try {
    writeFileSync(join(folder, 'key.pem'), goldenKey.privateKeyPem);
    writeFileSync(join(folder, 'in.bin'), options.payload);
    execFileSync(imgtool, ['sign', '-k', 'key.pem', ...extra, 'in.bin', 'out.bin'], { cwd: folder, stdio: 'pipe' });
    return readFileSync(join(folder, 'out.bin'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}
