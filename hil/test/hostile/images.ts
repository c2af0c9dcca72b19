// Images as the tests of this folder name them.

import { parseImage } from '../../../host/tools/image/index.ts';

/** The hash of a well-formed image: what a client names it by. */
export function hashIn(image: Uint8Array): Uint8Array {
  return parseImage(image).hash as Uint8Array;
}
