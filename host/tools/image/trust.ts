// Converts between the keys that a device trusts and its fuse words. For tools, which check images as a
// device with these fuses does, and for benches that make such a device.

import { Fuse, KeyPurpose, Lifecycle } from '../../../protocol/memory-map.ts';
import { counterInFuses, fusesOfCounter } from './security-counter.ts';

export interface DeviceTrust {
  /** Raw public keys in use, in their order. */
  keys: Uint8Array[];
  /** Those of them that are revoked. */
  revokedKeys: Uint8Array[];
  /** Those of them that may not sign images: for tokens only, or for development on a locked device. */
  unfitKeys: Uint8Array[];
  securityCounter: number;
  boardId: number;
}

const isAmong = (keys: Uint8Array[], key: Uint8Array) => keys.some((other) => Buffer.compare(other, key) === 0);

/** All fuse words of a device that trusts this and nothing else. */
export function fusesOfTrust({ keys, revokedKeys, unfitKeys, securityCounter, boardId }: DeviceTrust): Uint32Array {
  const words = new Uint32Array(Fuse.WORD_COUNT);
  words[Fuse.LIFECYCLE] = Lifecycle.PROVISIONED;
  words[Fuse.BOARD_ID] = boardId;
  words.set(fusesOfCounter(securityCounter), Fuse.SECURITY_COUNTER);
  for (const [number, key] of keys.entries()) {
    words.set(new Uint32Array(key.slice().buffer), Fuse.KEYS + number * Fuse.KEY_WORDS);
    words[Fuse.KEY_VALID] |= 1 << number;
    if (isAmong(revokedKeys, key)) words[Fuse.KEY_REVOKED] |= 1 << number;
    const purposes = isAmong(unfitKeys, key) ? KeyPurpose.TOKEN : KeyPurpose.RELEASE;
    words[Fuse.KEY_PURPOSES] |= purposes << (8 * number);
  }
  return words;
}

export function trustOfFuses(words: Uint32Array): DeviceTrust {
  const trust: DeviceTrust = { keys: [], revokedKeys: [], unfitKeys: [], securityCounter: 0, boardId: 0 };
  const isLocked = (words[Fuse.LIFECYCLE] & Lifecycle.LOCKED) !== 0;
  const fit = KeyPurpose.RELEASE | KeyPurpose.RECOVERY | (isLocked ? 0 : KeyPurpose.DEVELOPMENT);
  for (let number = 0; number < Fuse.KEY_COUNT; number++) {
    if (((words[Fuse.KEY_VALID] >>> number) & 1) === 0) continue;
    const first = Fuse.KEYS + number * Fuse.KEY_WORDS;
    const key = new Uint8Array(words.slice(first, first + Fuse.KEY_WORDS).buffer);
    trust.keys.push(key);
    if ((words[Fuse.KEY_REVOKED] >>> number) & 1) trust.revokedKeys.push(key);
    if (((words[Fuse.KEY_PURPOSES] >>> (8 * number)) & fit) === 0) trust.unfitKeys.push(key);
  }
  trust.securityCounter = counterInFuses(
    words.subarray(Fuse.SECURITY_COUNTER, Fuse.SECURITY_COUNTER + Fuse.SECURITY_COUNTER_WORDS),
  );
  trust.boardId = words[Fuse.BOARD_ID];
  return trust;
}
