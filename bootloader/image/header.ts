// The image header: every number in it is hostile until it fits the slot.

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
import {
  INFO_BUILD,
  INFO_PAYLOAD,
  INFO_PAYLOAD_SIZE,
  INFO_SIGNED_SIZE,
  INFO_VERSION,
  markSeen,
  SEEN_HEADER,
} from './info';
import { slotAddress } from './slots';
import { versionNumber } from './version';

const ERASED: u32 = 0xffffffff;

const header: usize = memory.data(<i32>IMAGE_HEADER_SIZE_MIN, 4);

/** Reads and checks the header; fills version, payload and signed size of `info`. */
export function parseHeader(slot: u32, info: usize): u32 {
  copyFromBus(header, slotAddress(slot), IMAGE_HEADER_SIZE_MIN);
  const magic = load<u32>(header);
  if (magic == ERASED) return REASON_SLOT_EMPTY;
  if (magic != IMAGE_MAGIC) return REASON_BAD_MAGIC;
  const reason = checkSizes();
  if (reason != REASON_NONE) return reason;
  takeVersion(info);
  const headerSize: u32 = load<u16>(header, IMAGE_OFFSET_HEADER_SIZE);
  const imageSize = load<u32>(header, IMAGE_OFFSET_IMAGE_SIZE);
  store<u32>(info, slotAddress(slot) + headerSize, INFO_PAYLOAD);
  store<u32>(info, imageSize, INFO_PAYLOAD_SIZE);
  store<u32>(info, headerSize + imageSize + load<u16>(header, IMAGE_OFFSET_PROTECTED_SIZE), INFO_SIGNED_SIZE);
  const flags = load<u32>(header, IMAGE_OFFSET_FLAGS);
  if ((flags & IMAGE_FLAGS_UNSUPPORTED) != 0) return REASON_FLAGS;
  if ((flags & IMAGE_FLAG_NON_BOOTABLE) != 0) return REASON_NON_BOOTABLE;
  markSeen(info, SEEN_HEADER);
  return REASON_NONE;
}

/** Each size is compared with the room that the ones before it leave, so that no sum can wrap. */
function checkSizes(): u32 {
  const headerSize: u32 = load<u16>(header, IMAGE_OFFSET_HEADER_SIZE);
  if (headerSize < IMAGE_HEADER_SIZE_MIN || headerSize > MAP_IMAGE_SIZE_MAX) return REASON_HEADER_SIZE;
  const imageSize = load<u32>(header, IMAGE_OFFSET_IMAGE_SIZE);
  if (imageSize == 0 || imageSize > MAP_IMAGE_SIZE_MAX - headerSize) return REASON_IMAGE_SIZE;
  const protectedSize: u32 = load<u16>(header, IMAGE_OFFSET_PROTECTED_SIZE);
  const room = MAP_IMAGE_SIZE_MAX - headerSize - imageSize;
  if (protectedSize != 0 && protectedSize < IMAGE_TLV_INFO_SIZE) return REASON_TLV_AREA;
  // The area that follows has at least its info.
  return room < IMAGE_TLV_INFO_SIZE || protectedSize > room - IMAGE_TLV_INFO_SIZE ? REASON_TLV_AREA : REASON_NONE;
}

function takeVersion(info: usize): void {
  const major: u32 = load<u8>(header, IMAGE_OFFSET_MAJOR);
  const minor: u32 = load<u8>(header, IMAGE_OFFSET_MINOR);
  const revision: u32 = load<u16>(header, IMAGE_OFFSET_REVISION);
  store<u32>(info, versionNumber(major, minor, revision), INFO_VERSION);
  store<u32>(info, load<u32>(header, IMAGE_OFFSET_BUILD), INFO_BUILD);
}
