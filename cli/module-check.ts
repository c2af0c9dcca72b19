// Whether the core would run the module in an image, asked at the desk: all that the core does before it runs one, with its exact words (opcode,
// function, byte).

import { ImageRefused, prepareImage } from '../host/board/cpu/cpu.ts';
import { type ImageInfo, parseImage } from '../host/tools/image/index.ts';

/** Why the core refuses this module, or undefined. */
export function refusalOf(module: Uint8Array): ImageRefused | undefined {
  try {
    prepareImage(module, { countBlocks: false });
    return undefined;
  } catch (error) {
    if (error instanceof ImageRefused) return error;
    throw error;
  }
}

/** The same for the payload of an image. */
export function refusalIn(bytes: Uint8Array, image: ImageInfo = parseImage(bytes)): ImageRefused | undefined {
  const { headerSize, imageSize } = image.header;
  return refusalOf(bytes.subarray(headerSize, headerSize + imageSize));
}
