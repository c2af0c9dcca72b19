// Whether the core would run the module in an image, asked at the desk: the core's own check, with its exact words (opcode, function, byte).

import { checkImage, ImageRefused } from '../host/board/cpu/cpu.ts';
import { parseImage } from '../host/tools/image/index.ts';

/** Why the core refuses this module, or undefined. */
export function refusalOf(module: Uint8Array): ImageRefused | undefined {
  try {
    checkImage(module);
    return undefined;
  } catch (error) {
    if (error instanceof ImageRefused) return error;
    throw error;
  }
}

/** The same for the payload of an image that holds together, in words. */
export function moduleRefusal(image: Uint8Array, name?: string): string | undefined {
  const { headerSize, imageSize } = parseImage(image, name).header;
  return refusalOf(image.subarray(headerSize, headerSize + imageSize))?.message;
}
