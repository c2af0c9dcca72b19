// Keys of devices under test: always the same, so that images are. They are worth nothing outside.

import { generateKey, type KeyPair } from '../../host/tools/image/index.ts';

/** The first two are in the fuses of a device, unless it is made with others. */
export const keys: KeyPair[] = [1, 2, 3, 4].map((n) => generateKey(new Uint8Array(32).fill(n)));
