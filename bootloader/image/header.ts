// The image header. It comes from flash, so none of its numbers is used before it was checked against the room in the slot.

import { copyFromBus } from '../../protocol/guest/dma';
import {
  IMAGE_FLAG_NON_BOOTABLE,
  IMAGE_FLAGS_UNSUPPORTED,
  IMAGE_HEADER_SIZE_MIN,
  IMAGE_MAGIC,
  IMAGE_OFFSET_BUILD,
  IMAGE_OFFSET_FLAGS,
  IMAGE_OFFSET_HEADER_SIZE,
  IMAGE_OFFSET_IMAGE_SIZE,
  IMAGE_OFFSET_MAJOR,
  IMAGE_OFFSET_MINOR,
  IMAGE_OFFSET_PROTECTED_SIZE,
  IMAGE_OFFSET_REVISION,
  IMAGE_TLV_INFO_SIZE,
  MAP_IMAGE_SIZE_MAX,
  REASON_BAD_MAGIC,
  REASON_FLAGS,
  REASON_HEADER_SIZE,
  REASON_IMAGE_SIZE,
  REASON_NON_BOOTABLE,
  REASON_NONE,
  REASON_SLOT_EMPTY,
  REASON_TLV_AREA,
} from '../../protocol/guest/generated/constants';
import { isInRam } from '../../protocol/guest/ram';
import { ImageInfo, markSeen, SEEN_HEADER } from './info';
import { slotAddress } from './slots';
import { versionNumber } from './version';

/** As protocol/image has it. Of a chunk of an upload it may be read where it came: no field relies on alignment. */
@unmanaged
export class ImageHeader {
  magic: u32 = 0;
  loadAddress: u32 = 0;
  headerSize: u16 = 0;
  protectedSize: u16 = 0;
  imageSize: u32 = 0;
  flags: u32 = 0;
  major: u8 = 0;
  minor: u8 = 0;
  revision: u16 = 0;
  build: u32 = 0;
  pad: u32 = 0;
}

const ERASED: u32 = 0xffffffff;

const header: usize = memory.data(<i32>IMAGE_HEADER_SIZE_MIN, 4);

/** The header in the IMAGE_HEADER_SIZE_MIN bytes at `place`. */
export function headerAt(place: usize): ImageHeader {
  assert(isInRam(place, IMAGE_HEADER_SIZE_MIN), 'a header is in memory');
  assert(offsetof<ImageHeader>() == <usize>IMAGE_HEADER_SIZE_MIN, 'the overlay is as long as a header');
  assert(offsetof<ImageHeader>('headerSize') == <usize>IMAGE_OFFSET_HEADER_SIZE, 'the overlay is the table’s');
  assert(offsetof<ImageHeader>('protectedSize') == <usize>IMAGE_OFFSET_PROTECTED_SIZE, 'the overlay is the table’s');
  assert(offsetof<ImageHeader>('imageSize') == <usize>IMAGE_OFFSET_IMAGE_SIZE, 'the overlay is the table’s');
  assert(offsetof<ImageHeader>('flags') == <usize>IMAGE_OFFSET_FLAGS, 'the overlay is the table’s');
  assert(offsetof<ImageHeader>('major') == <usize>IMAGE_OFFSET_MAJOR, 'the overlay is the table’s');
  assert(offsetof<ImageHeader>('minor') == <usize>IMAGE_OFFSET_MINOR, 'the overlay is the table’s');
  assert(offsetof<ImageHeader>('revision') == <usize>IMAGE_OFFSET_REVISION, 'the overlay is the table’s');
  assert(offsetof<ImageHeader>('build') == <usize>IMAGE_OFFSET_BUILD, 'the overlay is the table’s');
  return changetype<ImageHeader>(place);
}

/** The version that a header says, as version.ts compares versions. */
export function versionIn(from: ImageHeader): u32 {
  assert(isInRam(changetype<usize>(from), IMAGE_HEADER_SIZE_MIN), 'a header is in memory');
  return versionNumber(from.major, from.minor, from.revision);
}

/** Reads and checks the header; fills version, payload and signed size of `info`. */
export function parseHeader(slot: u32, info: ImageInfo): u32 {
  assert(info.seen == 0, 'the info was cleared before');
  copyFromBus(header, slotAddress(slot), IMAGE_HEADER_SIZE_MIN);
  const from = headerAt(header);
  if (from.magic == ERASED) return REASON_SLOT_EMPTY;
  if (from.magic != IMAGE_MAGIC) return REASON_BAD_MAGIC;
  const reason = checkSizes(from);
  if (reason != REASON_NONE) return reason;
  const headerSize: u32 = from.headerSize;
  const protectedSize: u32 = from.protectedSize;
  info.version = versionIn(from);
  info.build = from.build;
  info.payload = slotAddress(slot) + headerSize;
  info.payloadSize = from.imageSize;
  info.signedSize = headerSize + from.imageSize + protectedSize;
  const flags = from.flags;
  if ((flags & IMAGE_FLAGS_UNSUPPORTED) != 0) return REASON_FLAGS;
  if ((flags & IMAGE_FLAG_NON_BOOTABLE) != 0) return REASON_NON_BOOTABLE;
  assert(info.payloadSize != 0 && info.payloadSize < info.signedSize, 'the payload stands behind the header');
  assert(info.signedSize <= MAP_IMAGE_SIZE_MAX - IMAGE_TLV_INFO_SIZE, 'the sizes were checked');
  markSeen(info, SEEN_HEADER);
  return REASON_NONE;
}

/** Each size is compared with the room that the ones before it leave, so that no sum can wrap. */
function checkSizes(from: ImageHeader): u32 {
  const headerSize: u32 = from.headerSize;
  if (headerSize < IMAGE_HEADER_SIZE_MIN || headerSize > MAP_IMAGE_SIZE_MAX) return REASON_HEADER_SIZE;
  const imageSize = from.imageSize;
  if (imageSize == 0 || imageSize > MAP_IMAGE_SIZE_MAX - headerSize) return REASON_IMAGE_SIZE;
  const protectedSize: u32 = from.protectedSize;
  const room = MAP_IMAGE_SIZE_MAX - headerSize - imageSize;
  assert(room < MAP_IMAGE_SIZE_MAX, 'header and payload leave less than the slot');
  if (protectedSize != 0 && protectedSize < IMAGE_TLV_INFO_SIZE) return REASON_TLV_AREA;
  // The area that follows has at least its info.
  return room < IMAGE_TLV_INFO_SIZE || protectedSize > room - IMAGE_TLV_INFO_SIZE ? REASON_TLV_AREA : REASON_NONE;
}
