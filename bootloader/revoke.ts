// Revoking keys: the keys that a confirmed image names in its KEY_REVOKE TLV are revoked in the fuses.
//
// Rotation: a release signed with the new key names the old one. It runs on trial, is confirmed, and the first boot that finds it
// confirmed revokes the old key. What must stay true:
// - Only a confirmed image that verified in this very boot revokes, so there is always one that the keys left can boot.
// - No image revokes the key that it is signed with, even if that key is in the fuses under several numbers.
// - Doing it again does nothing: a cut burn is completed by the next boot.

import { copyFromBus } from '../protocol/guest/dma';
import { burnWait, startBurn } from '../protocol/guest/fuse-burn';
import { revokedKeys, validKeys } from '../protocol/guest/fuse-read';
import { FUSE_KEY_REVOKED, SLOT_CONFIRMED } from '../protocol/guest/generated/constants';
import { readFusesWord } from '../protocol/guest/generated/registers';
import { hasSeen, imageInfo, imageVerified, keyHashOf, SEEN_REVOKES } from './image/info';
import { findKeys } from './image/keys';
import { LOOK_GOOD, secondLook } from './second-look';

const HASH_SIZE: u32 = 32;
const STABLE_READS: u32 = 8;
const keyHash: usize = memory.data(<i32>HASH_SIZE, 8);

/** Revokes what the image in the slot says, which was confirmed before this boot. Waits for the fuses; the keys revoked now, as bits. */
export function revokeKeys(slot: u32): u32 {
  assert(imageVerified(slot), 'only a verified image revokes');
  const info = imageInfo(slot);
  if (!hasSeen(info, SEEN_REVOKES)) return 0;
  const size = info.revokesSize;
  assert(size % HASH_SIZE == 0 && size != 0, 'the TLV was checked');
  let keys: u32 = 0;
  const at = info.revokes;
  for (let offset: u32 = 0; offset < size; offset += HASH_SIZE) {
    copyFromBus(keyHash, at + offset, HASH_SIZE);
    if (memory.compare(keyHash, keyHashOf(info), HASH_SIZE) != 0) keys |= findKeys(keyHash);
  }
  // A bit that a cut left half-burnt reads as revoked only now and then. Only a bit that reads so every time needs no burn.
  let firm = u32.MAX_VALUE;
  for (let read: u32 = 0; read < STABLE_READS; read++) firm &= readFusesWord(FUSE_KEY_REVOKED);
  keys &= ~firm & ~findKeys(keyHashOf(info));
  if (keys == 0) return 0;
  assert(secondLook(slot, SLOT_CONFIRMED) == LOOK_GOOD, 'only an image that was confirmed before revokes');
  assert((keys & ~validKeys()) == 0, 'only keys in use are revoked');
  assert((keys & (1 << info.key)) == 0, 'the key that signed the image stays');
  startBurn(FUSE_KEY_REVOKED, keys);
  burnWait();
  return keys & revokedKeys();
}
