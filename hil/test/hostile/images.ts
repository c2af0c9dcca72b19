// Images as the tests of this folder send them.

import type { Board } from '../../../host/board/board.ts';
import { ImageFormat, Tlv } from '../../../protocol/image/format.ts';
import { MemoryMap } from '../../../protocol/memory-map.ts';

/** Puts bytes into slot B as an upload would leave them, without the time an upload takes. */
export function place(board: Board, bytes: Uint8Array): void {
  const { flash } = board.machine;
  for (let at = 0; at < MemoryMap.SLOT_SIZE; at += MemoryMap.SECTOR_SIZE) flash.erasePage(MemoryMap.SLOT_B + at);
  flash.writeBytes(MemoryMap.SLOT_B, bytes);
}

/** The SHA-256 TLV of a well-formed image: what a client names it by. */
export function hashIn(image: Uint8Array): Uint8Array {
  const view = new DataView(image.buffer, image.byteOffset, image.length);
  const headerSize = view.getUint16(ImageFormat.OFFSET_HEADER_SIZE, true);
  const protectedSize = view.getUint16(ImageFormat.OFFSET_PROTECTED_SIZE, true);
  let at = headerSize + view.getUint32(ImageFormat.OFFSET_IMAGE_SIZE, true) + protectedSize + 4;
  while (view.getUint16(at, true) !== Tlv.SHA256) at += 4 + view.getUint16(at + 2, true);
  return image.slice(at + 4, at + 36);
}
