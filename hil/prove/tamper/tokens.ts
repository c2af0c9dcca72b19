// Downgrade tokens beside an image: only the good one lets an older image run. Tried are every flipped bit of it, and tokens for other purposes.

import { parseImage } from '../../../host/tools/image/index.ts';
import { makeToken, type TokenOptions } from '../../../host/tools/image/token.ts';
import { MemoryMap } from '../../../protocol/memory-map.ts';
import { keys } from '../../rig/keys.ts';
import type { AttackBench } from '../attack/attack-bench.ts';
import { device, specimen } from '../attack/specimens.ts';
import type { TamperCase } from './cases.ts';

/** Older than the image confirmed in slot A; and one whose security counter is outdated as well. */
const images = {
  'an older image': specimen('1.5.0'),
  'an image of a lower counter': specimen('1.5.0', { securityCounter: device.securityCounter - 1 }),
};
/** The fourth key of the fuses is for tokens only. */
const trust = { ...device, keys: [...device.keys, keys[3].publicKey], unfitKeys: [keys[3].publicKey] };

function tokenFor(image: Uint8Array, options: Partial<TokenOptions> = {}): Uint8Array {
  const { hash = new Uint8Array(32) } = parseImage(image);
  const usual = { privateKeyPem: keys[3].privateKeyPem, imageHash: hash, board: device.boardId, displaces: '2.0.0' };
  return makeToken({ ...usual, counter: [0, device.securityCounter], ...options });
}

function lay(bench: AttackBench, image: Uint8Array, token: Uint8Array): void {
  bench.burn(trust);
  bench.place(1, image, 'test');
  bench.write(bench.addressOf(1) + MemoryMap.IMAGE_SIZE_MAX, token);
}

export function tokenCases(): TamperCase[] {
  return [
    {
      name: 'the good token, beside an older image',
      change: (bench) => lay(bench, images['an older image'], tokenFor(images['an older image'])),
      ...{ mustRun: 1, mayFallBack: true },
    },
    ...Object.entries(images).flatMap(([name, image]) => [...otherTokens(name, image), ...tokenBits(name, image)]),
  ];
}

function tokenBits(name: string, image: Uint8Array): TamperCase[] {
  const token = tokenFor(image);
  return Array.from({ length: token.length * 8 }, (_, bit) => ({
    name: `bit ${bit & 7} of token byte ${bit >> 3}, beside ${name}`,
    change: (bench) => lay(bench, image, token.with(bit >> 3, token[bit >> 3] ^ (1 << (bit & 7)))),
    mustNotRun: 1 as const,
  }));
}

function otherTokens(name: string, image: Uint8Array): TamperCase[] {
  const others: Record<string, Partial<TokenOptions>> = {
    'for another board': { board: device.boardId + 1 },
    'for another device': { serial: new Uint8Array(16).fill(9) },
    'for another image': { imageHash: new Uint8Array(32).fill(9) },
    'for counters to come': { counter: [device.securityCounter + 1, device.securityCounter + 9] },
    'for counters gone by': { counter: [0, device.securityCounter - 1] },
    'signed by a release key': { privateKeyPem: keys[0].privateKeyPem },
    'signed by a revoked key': { privateKeyPem: keys[2].privateKeyPem },
  };
  return Object.entries(others).map(([what, options]) => ({
    name: `a token ${what}, beside ${name}`,
    change: (bench) => lay(bench, image, tokenFor(image, options)),
    mustNotRun: 1 as const,
  }));
}
