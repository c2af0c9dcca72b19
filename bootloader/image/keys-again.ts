// A key in the fuses, read by other code than protocol/guest/fuse-read.ts and keys.ts: what it may be used for, and the hash that names it.
// The second look uses it.

import { readKey } from '../../protocol/guest/fuse-read';
import {
  FUSE_KEY_COUNT,
  FUSE_KEY_PURPOSES,
  FUSE_LIFECYCLE,
  LIFECYCLE_LOCKED,
  PURPOSE_DEVELOPMENT,
  PURPOSE_RECOVERY,
  PURPOSE_RELEASE,
} from '../../protocol/guest/generated/constants';
import { readFusesWord } from '../../protocol/guest/generated/registers';
import { sha256 } from '../crypto/sha256';
import { isZero } from './differences';

/** SubjectPublicKeyInfo of an Ed25519 key (RFC 8410): these twelve bytes, then the key. */
const PREFIX_0: u32 = 0x05302a30;
const PREFIX_1: u32 = 0x652b0306;
const PREFIX_2: u32 = 0x00210370;
const PREFIX_SIZE: u32 = 12;
const KEY_SIZE: u32 = 32;

const publicKeyInfo: usize = memory.data(<i32>(PREFIX_SIZE + KEY_SIZE), 4);

/** PURPOSE_RELEASE and PURPOSE_DEVELOPMENT as far as the key has them on this device; PURPOSE_RECOVERY likewise. */
export function imagePurposesAgain(key: u32): u32 {
  assert(key < FUSE_KEY_COUNT, 'a key number is one of the fuses’');
  const own = readFusesWord(FUSE_KEY_PURPOSES) >> (key << 3);
  // All ones on a device that is locked for the field, without a branch.
  const locked: u32 = 0 - (readFusesWord(FUSE_LIFECYCLE) & LIFECYCLE_LOCKED) / LIFECYCLE_LOCKED;
  assert(FUSE_KEY_COUNT << 3 <= 32, 'the purposes of all keys are one word');
  return own & (PURPOSE_RELEASE | PURPOSE_RECOVERY | (PURPOSE_DEVELOPMENT & ~locked));
}

/** 1 where the key is not for releases or development, so at most for recovery; else 0. */
export function isRecoveryKeyAgain(key: u32): u32 {
  assert(key < FUSE_KEY_COUNT, 'a key number is one of the fuses’');
  return isZero(imagePurposesAgain(key) & (PURPOSE_RELEASE | PURPOSE_DEVELOPMENT));
}

/** Writes the KEYHASH of the key, 32 bytes, to `target`. */
export function keyHashAgain(key: u32, target: usize): void {
  assert(key < FUSE_KEY_COUNT, 'a key number is one of the fuses’');
  assert(target != publicKeyInfo, 'the hash is not written over what is hashed');
  store<u32>(publicKeyInfo, PREFIX_0);
  store<u32>(publicKeyInfo, PREFIX_1, 4);
  store<u32>(publicKeyInfo, PREFIX_2, 8);
  readKey(key, publicKeyInfo + PREFIX_SIZE);
  sha256(publicKeyInfo, PREFIX_SIZE + KEY_SIZE, target);
}
