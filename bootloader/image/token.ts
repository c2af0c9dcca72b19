// Downgrade tokens: whether one that a client sent, or one that is in flash beside an image, is good for that image on this device.
// protocol/image/token.ts draws the layout.
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
  FUSE_KEY_COUNT,
  FUSE_SERIAL,
  MAP_FLASH_SIZE,
  MAP_IMAGE_SIZE_MAX,
  PURPOSE_TOKEN,
  TOKEN_BOARD,
  TOKEN_COUNTER_GREATEST,
  TOKEN_COUNTER_LEAST,
  TOKEN_DISPLACES,
  TOKEN_HASH,
  TOKEN_KEYHASH,
  TOKEN_MAGIC_VALUE,
  TOKEN_SCOPE,
  TOKEN_SCOPE_BOARD,
  TOKEN_SCOPE_DEVICE,
  TOKEN_SERIAL,
  TOKEN_SIGNATURE,
  TOKEN_SIZE,
} from '../../protocol/guest/generated/constants';
import { FUSES_WORD } from '../../protocol/guest/generated/registers';
import { isInRam } from '../../protocol/guest/ram';
import { sameBytes } from '../../protocol/guest/same-bytes';
import { ED25519_SIGNATURE_SIZE, ed25519Verify } from '../crypto/ed25519';
import { imageHasHash, imageHash } from './info';
import { findKeys, foundKey } from './keys';
import { securityCounter } from './security-counter';
import { slotAddress } from './slots';

/** The words of a token, as protocol/image/token.ts has them; the bytes between them are at TOKEN_SERIAL, TOKEN_HASH and TOKEN_KEYHASH. */
@unmanaged
class Token {
  magic: u32 = 0;
  scope: u32 = 0;
  serial0: u64 = 0;
  serial1: u64 = 0;
  board: u32 = 0;
  displaces: u32 = 0;
  hash0: u64 = 0;
  hash1: u64 = 0;
  hash2: u64 = 0;
  hash3: u64 = 0;
  counterLeast: u32 = 0;
  counterGreatest: u32 = 0;
}

const HASH_SIZE: usize = 32;
const SERIAL_SIZE: u32 = 16;

const stored: usize = memory.data(<i32>TOKEN_SIZE, 8);
const serial: usize = memory.data(<i32>SERIAL_SIZE, 8);

function tokenAt(place: usize): Token {
  assert(isInRam(place, TOKEN_SIZE), 'a whole token is in memory');
  assert(offsetof<Token>('scope') == <usize>TOKEN_SCOPE, 'the overlay is the table’s');
  assert(offsetof<Token>('serial0') == <usize>TOKEN_SERIAL, 'the overlay is the table’s');
  assert(offsetof<Token>('board') == <usize>TOKEN_BOARD, 'the overlay is the table’s');
  assert(offsetof<Token>('displaces') == <usize>TOKEN_DISPLACES, 'the overlay is the table’s');
  assert(offsetof<Token>('hash0') == <usize>TOKEN_HASH, 'the overlay is the table’s');
  assert(offsetof<Token>('counterLeast') == <usize>TOKEN_COUNTER_LEAST, 'the overlay is the table’s');
  assert(offsetof<Token>('counterGreatest') == <usize>TOKEN_COUNTER_GREATEST, 'the overlay is the table’s');
  assert(offsetof<Token>() == <usize>TOKEN_KEYHASH, 'the KEYHASH follows the words');
  return changetype<Token>(place);
}

/** Flash address of the slot's token: the first bytes of its trailer sector. */
export function tokenAddress(slot: u32): u32 {
  const address = slotAddress(slot) + MAP_IMAGE_SIZE_MAX;
  assert(address <= MAP_FLASH_SIZE - TOKEN_SIZE, 'a token is in flash');
  return address;
}

/** Whether there is a good token in flash for the image in the slot. The slot was parsed. */
export function slotHasToken(slot: u32): bool {
  if (!imageHasHash(slot) || read32(tokenAddress(slot)) != TOKEN_MAGIC_VALUE) return false;
  copyFromBus(stored, tokenAddress(slot), TOKEN_SIZE);
  return checkToken(stored, slot) == 0;
}

/** From the token that `slotHasToken` read last: up to this version of the other image, its own image is preferred. */
export function tokenDisplaces(): u32 {
  const token = tokenAt(stored);
  assert(token.magic == TOKEN_MAGIC_VALUE, 'slotHasToken has found a token');
  return token.displaces;
}

/** 0 where the TOKEN_SIZE bytes are a good token for the image in the slot, or what is wrong: BOOT_ERR_TOKEN_*. */
export function checkToken(token: usize, slot: u32): u32 {
  const words = tokenAt(token);
  assert(imageHasHash(slot), 'a token is compared with an image that has a hash');
  if (words.magic != TOKEN_MAGIC_VALUE) return BOOT_ERR_TOKEN_FORMAT;
  if (!sameBytes(token + TOKEN_HASH, imageHash(slot), HASH_SIZE)) return BOOT_ERR_TOKEN_NO_IMAGE;
  if (!isForThisDevice(words)) return BOOT_ERR_TOKEN_OTHER_DEVICE;
  const counter = securityCounter();
  if (counter < words.counterLeast) return BOOT_ERR_TOKEN_COUNTER;
  if (counter > words.counterGreatest) return BOOT_ERR_TOKEN_COUNTER;
  const keys = findKeys(token + TOKEN_KEYHASH);
  if (keys == 0 || (keys & revokedKeys()) != 0) return BOOT_ERR_TOKEN_KEY;
  if ((purposesOf(keys) & PURPOSE_TOKEN) == 0) return BOOT_ERR_TOKEN_KEY;
  assert(keys < 1 << FUSE_KEY_COUNT, 'each key has a bit');
  assert(TOKEN_SIGNATURE + ED25519_SIGNATURE_SIZE == TOKEN_SIZE, 'the signature is the last');
  const good = ed25519Verify(foundKey(), token, TOKEN_SIGNATURE, token + TOKEN_SIGNATURE);
  return good ? 0 : BOOT_ERR_TOKEN_SIGNATURE;
}

function isForThisDevice(token: Token): bool {
  const scope = token.scope;
  if (token.board != boardId()) return false;
  if (scope == TOKEN_SCOPE_BOARD) return true;
  copyFromBus(serial, FUSES_WORD + (FUSE_SERIAL << 2), SERIAL_SIZE);
  return scope == TOKEN_SCOPE_DEVICE && sameBytes(changetype<usize>(token) + TOKEN_SERIAL, serial, SERIAL_SIZE);
}
