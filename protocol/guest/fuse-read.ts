// What a boot needs from the fuses: board, lifecycle, keys. protocol/memory-map.ts says which word holds what.
//
// What excludes an image is read twice, and the stricter answer counts: one wrong reading must not make a revoked key good.
// Sets of keys are bits: bit n is key n.

import { copyFromBus } from './dma';
import {
  FUSE_BOARD_ID,
  FUSE_KEY_COUNT,
  FUSE_KEY_PURPOSES,
  FUSE_KEY_REVOKED,
  FUSE_KEY_VALID,
  FUSE_KEY_WORDS,
  FUSE_KEYS,
  FUSE_LIFECYCLE,
  FUSE_STRAP,
  FUSE_WORD_COUNT,
  LIFECYCLE_LOCKED,
  PURPOSE_DEVELOPMENT,
} from './generated/constants';
import { FUSES_WORD, readFusesWord } from './generated/registers';
import { isInRam } from './ram';

export function boardId(): u32 {
  return readFusesWord(FUSE_BOARD_ID);
}

/** Whether the device is strapped to stay in safe mode. */
export function safeModeStrap(): bool {
  return (readFusesWord(FUSE_STRAP) & 1) != 0;
}

export function validKeys(): u32 {
  return readFusesWord(FUSE_KEY_VALID) & readFusesWord(FUSE_KEY_VALID);
}

export function revokedKeys(): u32 {
  return readFusesWord(FUSE_KEY_REVOKED) | readFusesWord(FUSE_KEY_REVOKED);
}

/** A word of fuses by two of three readings: one that is disturbed must neither give a purpose to a key nor take one from it. */
function twoOfThree(index: u32): u32 {
  assert(index < FUSE_WORD_COUNT, 'a word that there is');
  const first = readFusesWord(index);
  const second = readFusesWord(index);
  const third = readFusesWord(index);
  return (first & second) | (first & third) | (second & third);
}

/** What all of these keys may be used for on this device: PURPOSE_* bits. Development ends when the device is locked for the field. */
export function purposesOf(keys: u32): u32 {
  assert(keys != 0 && keys < 1 << FUSE_KEY_COUNT, 'one key at least, and each has a bit');
  const purposes = twoOfThree(FUSE_KEY_PURPOSES);
  const locked = (twoOfThree(FUSE_LIFECYCLE) & LIFECYCLE_LOCKED) != 0;
  let shared: u32 = locked ? 0xff & ~PURPOSE_DEVELOPMENT : 0xff;
  for (let key: u32 = 0; key < FUSE_KEY_COUNT; key++) {
    if (((keys >> key) & 1) != 0) shared &= purposes >> (key << 3);
  }
  assert(shared <= 0xff, 'purposes have a byte a key');
  assert(!locked || (shared & PURPOSE_DEVELOPMENT) == 0, 'development ends when the device is locked');
  return shared;
}

/** Writes the 32 bytes of a public key to `target`. */
export function readKey(key: u32, target: usize): void {
  assert(key < FUSE_KEY_COUNT, 'a key number is one of the fuses’');
  assert(isInRam(target, FUSE_KEY_WORDS << 2), 'room for a key');
  assert(FUSE_KEYS + FUSE_KEY_COUNT * FUSE_KEY_WORDS <= FUSE_WORD_COUNT, 'every key is in the fuses');
  copyFromBus(target, FUSES_WORD + ((FUSE_KEYS + key * FUSE_KEY_WORDS) << 2), FUSE_KEY_WORDS << 2);
}
