// Keys of the boot tests: always the same, so that images are.

import { generateKey, type KeyPair } from '../../host/tools/image/index.ts';

/** The first two are in the fuses of a test board. */
export const keys: KeyPair[] = [1, 2, 3, 4].map((n) => generateKey(new Uint8Array(32).fill(n)));
