// What the fuses say, in the terms of the boot: board, keys, counters. Which word holds what: protocol/memory-map.ts.

import {
  FUSE_BOARD_ID,
  FUSE_KEY_COUNT,
  FUSE_KEY_REVOKED,
  FUSE_KEY_VALID,
  FUSE_KEY_WORDS,
  FUSE_KEYS,
  FUSE_SECURITY_COUNTER,
  FUSE_SECURITY_COUNTER_WORDS,
  FUSE_STRAP,
} from '../protocol/guest/generated/constants';
import { readFusesWord } from '../protocol/guest/generated/registers';

export function boardId(): u32 {
  return readFusesWord(FUSE_BOARD_ID);
}

/** Images below this counter are history. Ones are only ever added, so it never goes back. */
export function securityCounter(): u32 {
  let ones: u32 = 0;
  for (let word: u32 = 0; word < FUSE_SECURITY_COUNTER_WORDS; word++) {
    ones += popcnt<u32>(readFusesWord(FUSE_SECURITY_COUNTER + word));
  }
  return ones;
}

/** Whether the device is strapped to stay in safe mode. */
export function safeModeStrap(): bool {
  return (readFusesWord(FUSE_STRAP) & 1) != 0;
}

export function keyIsValid(key: u32): bool {
  assert(key < FUSE_KEY_COUNT, 'a key number is one of the fuses’');
  return ((readFusesWord(FUSE_KEY_VALID) >> key) & 1) != 0;
}

export function keyIsRevoked(key: u32): bool {
  assert(key < FUSE_KEY_COUNT, 'a key number is one of the fuses’');
  return ((readFusesWord(FUSE_KEY_REVOKED) >> key) & 1) != 0;
}

/** Writes the 32 bytes of a public key to `target`. */
export function readKey(key: u32, target: usize): void {
  assert(key < FUSE_KEY_COUNT, 'a key number is one of the fuses’');
  for (let word: u32 = 0; word < FUSE_KEY_WORDS; word++) {
    store<u32>(target + (word << 2), readFusesWord(FUSE_KEYS + key * FUSE_KEY_WORDS + word));
  }
}
