// The first record of the boot state, which the factory writes: it marks the images in the slots as confirmed. protocol/image/boot-record.ts
// has the layout and the reason why no upload can do that.

import { crc32 } from 'node:zlib';
import { BootRecord } from '../../protocol/image/boot-record.ts';
import { SlotState } from '../../protocol/image/boot-state.ts';
import { ImageFormat, Tlv } from '../../protocol/image/format.ts';

/** `images` in slots A and B; of two the newer one is the one that boots. */
export function firstBootState(images: readonly [Uint8Array | undefined, Uint8Array | undefined]): Uint8Array {
  const record = Buffer.alloc(BootRecord.SIZE, 0xff);
  record.fill(0, 0, BootRecord.RUNNING);
  record.writeUInt32LE(BootRecord.MAGIC_VALUE, BootRecord.MAGIC);
  record.writeUInt32LE(1, BootRecord.SEQUENCE);
  record.writeUInt32LE(BootRecord.NO_SLOT, BootRecord.RUNNING);
  record[BootRecord.EXTENSION] = BootRecord.EXTENSION_VALUE;
  let newest = -1;
  for (const [slot, bytes] of images.entries()) {
    const image = bytes && Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const hash = image && hashTlv(image);
    record[BootRecord.FLAGS + slot] = hash ? BootRecord.FLAG_EARNED : 0;
    // An image without a hash TLV cannot be confirmed; the bootloader reports what is wrong with it.
    if (!image || !hash) continue;
    const entry = BootRecord.ENTRIES + slot * BootRecord.ENTRY_SIZE;
    record[entry + BootRecord.ENTRY_STATE] = SlotState.CONFIRMED;
    record.writeUInt32LE(versionOf(image), entry + BootRecord.ENTRY_VERSION);
    hash.copy(record, entry + BootRecord.ENTRY_HASH);
    if (versionOf(image) <= newest) continue;
    newest = versionOf(image);
    record[BootRecord.CONFIRMED_LAST] = slot;
  }
  record.writeUInt32LE(crc32(record.subarray(0, BootRecord.CRC)), BootRecord.CRC);
  return new Uint8Array(record);
}

function versionOf(image: Buffer): number {
  const major = image[ImageFormat.OFFSET_MAJOR] * 2 ** 24;
  return major + image[ImageFormat.OFFSET_MINOR] * 2 ** 16 + image.readUInt16LE(ImageFormat.OFFSET_REVISION);
}

/** The image’s SHA256 TLV; undefined when it cannot be found from the header and the TLVs. */
function hashTlv(image: Buffer): Buffer | undefined {
  if (image.length < ImageFormat.HEADER_SIZE_MIN || image.readUInt32LE(0) !== ImageFormat.MAGIC) return undefined;
  let at =
    image.readUInt16LE(ImageFormat.OFFSET_HEADER_SIZE) +
    image.readUInt32LE(ImageFormat.OFFSET_IMAGE_SIZE) +
    image.readUInt16LE(ImageFormat.OFFSET_PROTECTED_SIZE);
  if (at + ImageFormat.TLV_INFO_SIZE > image.length) return undefined;
  at += ImageFormat.TLV_INFO_SIZE;
  while (at + 4 <= image.length) {
    const length = image.readUInt16LE(at + 2);
    if (image.readUInt16LE(at) === Tlv.SHA256 && length === 32 && at + 36 <= image.length)
      return image.subarray(at + 4, at + 36);
    at += 4 + length;
  }
  return undefined;
}
