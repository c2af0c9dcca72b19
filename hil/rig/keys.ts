// Keys of devices under test. They are always the same, so that images are the same too. They have no value elsewhere.

import { createPrivateKey, type KeyObject } from 'node:crypto';
import { generateKey, type KeyPair } from '../../host/tools/image/index.ts';

/** The first two are in the fuses of a device, unless other keys are given. */
export const keys: KeyPair[] = [1, 2, 3, 4].map((n) => generateKey(new Uint8Array(32).fill(n)));

/** Their private halves, to sign with: to read one from its text takes longer than to sign. */
export const privateKeys: KeyObject[] = keys.map(({ privateKeyPem }) => createPrivateKey(privateKeyPem));
