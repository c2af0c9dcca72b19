// Which of the fuses' keys an image names. MCUboot names a key by the SHA-256 of its SubjectPublicKeyInfo in DER; for Ed25519
// that is always the same 12 bytes (RFC 8410) and then the key.

import { readKey, validKeys } from '../../protocol/guest/fuse-read';
import { FUSE_KEY_COUNT } from '../../protocol/guest/generated/constants';
import { isInRam } from '../../protocol/guest/ram';
import { SHA256_DIGEST_SIZE, sha256 } from '../crypto/sha256';

const PREFIX_SIZE: u32 = 12;
const KEY_SIZE: u32 = 32;

/** SubjectPublicKeyInfo: prefix, then the key of the last look. */
// biome-ignore format: prefix, then room for the key
const publicKeyInfo: usize = memory.data<u8>([
  0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00,
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
]);
const digest: usize = memory.data(<i32>SHA256_DIGEST_SIZE, 8);
const found: usize = memory.data(<i32>KEY_SIZE, 8);

/** The keys in use whose hash is the 32 bytes at `keyHash`, as bits: none, one, or more where one was burnt twice. */
export function findKeys(keyHash: usize): u32 {
  assert(isInRam(keyHash, SHA256_DIGEST_SIZE), 'there is a whole hash');
  assert(keyHash != digest, 'the hash is not the scratch that it is compared with');
  const valid = validKeys();
  let keys: u32 = 0;
  for (let key: u32 = 0; key < FUSE_KEY_COUNT; key++) {
    if (((valid >> key) & 1) == 0) continue;
    readKey(key, publicKeyInfo + PREFIX_SIZE);
    sha256(publicKeyInfo, PREFIX_SIZE + KEY_SIZE, digest);
    if (memory.compare(digest, keyHash, SHA256_DIGEST_SIZE) != 0) continue;
    keys |= 1 << key;
    memory.copy(found, publicKeyInfo + PREFIX_SIZE, KEY_SIZE);
  }
  assert((keys & ~valid) == 0, 'only keys in use are found');
  assert(keys < 1 << FUSE_KEY_COUNT, 'each key has a bit');
  return keys;
}

/** The 32 bytes of the key that findKeys found last. */
export function foundKey(): usize {
  return found;
}
