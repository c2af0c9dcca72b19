// Project Wycheproof's Ed25519 vectors, from the shared corpus (see its README for their origin).

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { repositoryRoot } from '../../host/tools/guest.ts';
import { type GuestCrypto, openGuestCrypto } from '../../host/tools/guest-crypto.ts';

interface Vector {
  tcId: number;
  comment: string;
  msg: string;
  sig: string;
  result: 'valid' | 'invalid';
  flags: string[];
}
interface File {
  numberOfTests: number;
  testGroups: { publicKey: { pk: string }; tests: Vector[] }[];
}

const path = join(repositoryRoot, '..', 'shared', 'corpus', 'wycheproof', 'ed25519_test.json');
const bytesOf = (hex: string) => new Uint8Array(Buffer.from(hex, 'hex'));

if (existsSync(path)) {
  const file = JSON.parse(readFileSync(path, 'utf8')) as File;
  describe('Wycheproof on Ed25519 verification', () => checkVectors(file));
} else {
  it.skip('Wycheproof on Ed25519 verification: skipped, for the shared corpus is not here', () => {});
}

function checkVectors(file: File): void {
  const tests = file.testGroups.flatMap((group) => group.tests);
  const flags = new Set(tests.flatMap((test) => test.flags));
  let crypto: GuestCrypto;
  beforeAll(async () => {
    crypto = await openGuestCrypto();
  });

  it('has as many vectors as it says, all of them flagged', () => {
    expect(tests).toHaveLength(file.numberOfTests);
    expect(tests.every((test) => test.flags.length > 0)).toBe(true);
  });

  for (const flag of flags) {
    it(`agrees with every vector flagged ${flag}`, () => {
      for (const { publicKey, tests } of file.testGroups) {
        for (const test of tests.filter((candidate) => candidate.flags.includes(flag))) {
          // The guest's caller checks lengths: a signature that is not 64 bytes never reaches it.
          const signature = bytesOf(test.sig);
          const accepted =
            signature.length === 64 && crypto.verify(bytesOf(publicKey.pk), bytesOf(test.msg), signature);
          expect(accepted, `${test.tcId}: ${test.comment}`).toBe(test.result === 'valid');
        }
      }
    });
  }
}
