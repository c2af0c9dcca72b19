// Images as the tests of this folder send them.

import { ImageFormat, Tlv } from '../../protocol/image/format.ts';

/** The SHA-256 TLV of a well-formed image: what a client names it by. */
export function hashIn(image: Uint8Array): Uint8Array {
  const view = new DataView(image.buffer, image.byteOffset, image.length);
  const headerSize = view.getUint16(ImageFormat.OFFSET_HEADER_SIZE, true);
  const protectedSize = view.getUint16(ImageFormat.OFFSET_PROTECTED_SIZE, true);
  let at = headerSize + view.getUint32(ImageFormat.OFFSET_IMAGE_SIZE, true) + protectedSize + 4;
  while (view.getUint16(at, true) !== Tlv.SHA256) at += 4 + view.getUint16(at + 2, true);
  return image.slice(at + 4, at + 36);
}
