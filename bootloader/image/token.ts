// Downgrade tokens: whether one that somebody brought, or that lies beside an image, says what it must. protocol/image/token.ts draws it.
// Pure, like verify.ts: it reads flash and fuses and changes nothing.

import { read32 } from '../../protocol/guest/bus';
import { copyFromBus } from '../../protocol/guest/dma';
import { boardId, purposesOf, revokedKeys } from '../../protocol/guest/fuse-read';
import {
  BOOT_ERR_TOKEN_COUNTER,
  BOOT_ERR_TOKEN_FORMAT,
  BOOT_ERR_TOKEN_KEY,
  BOOT_ERR_TOKEN_NO_IMAGE,
  BOOT_ERR_TOKEN_OTHER_DEVICE,
  BOOT_ERR_TOKEN_SIGNATURE,
  FUSE_SERIAL,
  MAP_IMAGE_SIZE_MAX,
  PURPOSE_TOKEN,
  TOKEN_BOARD,
  TOKEN_COUNTER_GREATEST,
  TOKEN_COUNTER_LEAST,
  TOKEN_DISPLACES,
  TOKEN_HASH,
  TOKEN_KEYHASH,
  TOKEN_MAGIC,
  TOKEN_MAGIC_VALUE,
  TOKEN_SCOPE,
  TOKEN_SCOPE_BOARD,
  TOKEN_SCOPE_DEVICE,
  TOKEN_SERIAL,
  TOKEN_SIGNATURE,
  TOKEN_SIZE,
} from '../../protocol/guest/generated/constants';
import { FUSES_WORD } from '../../protocol/guest/generated/registers';
import { sameBytes } from '../../protocol/guest/same-bytes';
import { ed25519Verify } from '../crypto/ed25519';
import { imageHasHash, imageHash } from './info';
import { findKeys, foundKey } from './keys';
import { securityCounter } from './security-counter';
import { slotAddress } from './slots';

const HASH_SIZE: usize = 32;
const SERIAL_SIZE: u32 = 16;

const stored: usize = memory.data(<i32>TOKEN_SIZE, 8);
const serial: usize = memory.data(<i32>SERIAL_SIZE, 8);

/** Flash address of the slot's token: the first bytes of its trailer sector. */
export function tokenAddress(slot: u32): u32 {
  return slotAddress(slot) + MAP_IMAGE_SIZE_MAX;
}

/** Whether a good token for the image in the slot lies beside it. The slot was parsed. */
export function slotHasToken(slot: u32): bool {
  if (!imageHasHash(slot) || read32(tokenAddress(slot)) != TOKEN_MAGIC_VALUE) return false;
  copyFromBus(stored, tokenAddress(slot), TOKEN_SIZE);
  return checkToken(stored, slot) == 0;
}

/** The version up to which the token that slotHasToken looked at last lets its image be preferred. */
export function tokenDisplaces(): u32 {
  return load<u32>(stored, TOKEN_DISPLACES);
}

/** 0 where the TOKEN_SIZE bytes are a good token for the image in the slot, or what is wrong: BOOT_ERR_TOKEN_*. */
export function checkToken(token: usize, slot: u32): u32 {
  if (load<u32>(token, TOKEN_MAGIC) != TOKEN_MAGIC_VALUE) return BOOT_ERR_TOKEN_FORMAT;
  if (!sameBytes(token + TOKEN_HASH, imageHash(slot), HASH_SIZE)) return BOOT_ERR_TOKEN_NO_IMAGE;
  if (!isForThisDevice(token)) return BOOT_ERR_TOKEN_OTHER_DEVICE;
  const counter = securityCounter();
  if (counter < load<u32>(token, TOKEN_COUNTER_LEAST)) return BOOT_ERR_TOKEN_COUNTER;
  if (counter > load<u32>(token, TOKEN_COUNTER_GREATEST)) return BOOT_ERR_TOKEN_COUNTER;
  const keys = findKeys(token + TOKEN_KEYHASH);
  if (keys == 0 || (keys & revokedKeys()) != 0) return BOOT_ERR_TOKEN_KEY;
  if ((purposesOf(keys) & PURPOSE_TOKEN) == 0) return BOOT_ERR_TOKEN_KEY;
  const good = ed25519Verify(foundKey(), token, TOKEN_SIGNATURE, token + TOKEN_SIGNATURE);
  return good ? 0 : BOOT_ERR_TOKEN_SIGNATURE;
}

function isForThisDevice(token: usize): bool {
  const scope = load<u32>(token, TOKEN_SCOPE);
  if (load<u32>(token, TOKEN_BOARD) != boardId()) return false;
  if (scope == TOKEN_SCOPE_BOARD) return true;
  copyFromBus(serial, FUSES_WORD + (FUSE_SERIAL << 2), SERIAL_SIZE);
  return scope == TOKEN_SCOPE_DEVICE && sameBytes(token + TOKEN_SERIAL, serial, SERIAL_SIZE);
}
