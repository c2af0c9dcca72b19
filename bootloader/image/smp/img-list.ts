// IMG state read and slot info. Slots without an image that can be named are absent; there are no keys beyond the standard
// ones, for clients refuse replies that have more.

import {
  writeArrayStart,
  writeBooleanField,
  writeBytes,
  writeEnd,
  writeMapStart,
  writeText,
  writeTextBytes,
  writeUnsignedField,
} from '../../../protocol/guest/cbor-writer';
import {
  MAP_SLOT_SIZE,
  REASON_NONE,
  RECORD_FLAG_PERMANENT,
  SLOT_CONFIRMED,
  SLOT_PENDING,
} from '../../../protocol/guest/generated/constants';
import { imageBuild, imageHasHash, imageHash, imageReason, imageVersion } from '../info';
import { SLOT_COUNT } from '../slots';
import { slotFlags, slotState } from '../state/boot-state';
import { formatVersion, VERSION_TEXT_SIZE } from '../version-text';
import { activeSlot, NO_SLOT, onTrial, readSlots, spareSlot } from './img-slots';

const HASH_SIZE: u32 = 32;
const versionText: usize = memory.data(<i32>VERSION_TEXT_SIZE);

export function answerImageList(): u32 {
  readSlots();
  writeImageList();
  return 0;
}

/** The reply of state read, and of every state write that succeeds. The slots have been read. */
export function writeImageList(): void {
  writeText('images');
  writeArrayStart();
  for (let slot: u32 = 0; slot < SLOT_COUNT; slot++) {
    if (imageHasHash(slot)) writeImage(slot);
  }
  writeEnd();
  writeUnsignedField('splitStatus', 0);
}

function writeImage(slot: u32): void {
  assert(imageHasHash(slot), 'an image in the list has a name');
  const active = slot == activeSlot();
  const pending = !active && slotState(slot) == SLOT_PENDING;
  const length = formatVersion(versionText, imageVersion(slot), imageBuild(slot));
  assert(length <= VERSION_TEXT_SIZE, 'a version fits its text');
  writeMapStart();
  writeUnsignedField('slot', slot);
  writeText('version');
  writeTextBytes(versionText, length);
  writeText('hash');
  writeBytes(imageHash(slot), HASH_SIZE);
  writeBooleanField('bootable', imageReason(slot) == REASON_NONE);
  writeBooleanField('pending', pending);
  writeBooleanField('confirmed', showsConfirmed(slot));
  writeBooleanField('active', active);
  writeBooleanField('permanent', pending && (slotFlags(slot) & RECORD_FLAG_PERMANENT) != 0);
  writeEnd();
}

/** The running image; or, while it is on trial or nothing runs, what there is to fall back to. */
function showsConfirmed(slot: u32): bool {
  assert(slot < SLOT_COUNT, 'there are two slots');
  if (slotState(slot) != SLOT_CONFIRMED) return false;
  const active = activeSlot();
  return slot == active || active == NO_SLOT || onTrial();
}

export function answerSlotInfo(): u32 {
  readSlots();
  const spare = spareSlot();
  assert(spare < SLOT_COUNT && spare != activeSlot(), 'an upload goes to another slot than the one that runs');
  writeText('images');
  writeArrayStart();
  writeMapStart();
  writeUnsignedField('image', 0);
  writeText('slots');
  writeArrayStart();
  for (let slot: u32 = 0; slot < SLOT_COUNT; slot++) {
    writeMapStart();
    writeUnsignedField('slot', slot);
    writeUnsignedField('size', MAP_SLOT_SIZE);
    if (slot == spare) writeUnsignedField('upload_image_id', 0);
    writeEnd();
  }
  writeEnd();
  writeEnd();
  writeEnd();
  return 0;
}
