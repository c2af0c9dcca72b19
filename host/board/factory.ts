// What the factory does to a board before it is first switched on: writes the boot partition, images and fuses.
//
// Boot state is left blank: the bootloader makes it. A provisioned image gets the MCUboot trailer with image_ok set, which is how an
// image says it was confirmed before it was flashed.

import { crc32 } from 'node:zlib';
import { Trailer } from '../../protocol/image/format.ts';
import { Fuse, KeyPurpose, Lifecycle, MemoryMap } from '../../protocol/memory-map.ts';
import { bootPartition } from './boot-rom.ts';
import { flashSize } from './flash-array.ts';
import { LogKind } from './log.ts';
import type { Machine } from './machine.ts';

/** "bench" board type: what images carry in their BOARD_ID TLV when they are for this one. */
const defaultBoardId = 1;
const slotAddress = { A: MemoryMap.SLOT_A, B: MemoryMap.SLOT_B };

export interface ProvisionedKey {
  publicKey: Uint8Array;
  /** KeyPurpose bits. */
  purposes: number;
}

const everyday = KeyPurpose.RELEASE | KeyPurpose.RECOVERY | KeyPurpose.TOKEN;

export interface Provision {
  /** The bootloader's module. */
  bootloader: Uint8Array;
  /** Ed25519 public keys, 32 bytes each, at most four; one given without purposes is for all but development. */
  keys: readonly (Uint8Array | ProvisionedKey)[];
  /** Signed images. */
  slots?: { A?: Uint8Array; B?: Uint8Array };
  boardId?: number;
  /** Up to 16 bytes. */
  serial?: Uint8Array;
}

/** Writes everything but what is not given; `fuses` are the words of a machine whose power is off. */
export function provision(machine: Machine, fuses: Uint32Array, goods: Provision): void {
  const { bootloader, keys, slots = {}, boardId = defaultBoardId, serial = new Uint8Array(0) } = goods;
  if (keys.length > Fuse.KEY_COUNT) throw new Error(`factory: ${keys.length} keys; the fuses hold ${Fuse.KEY_COUNT}`);
  let sum = crc32(bootloader);
  machine.flash.writeBytes(MemoryMap.BOOT, bootPartition(bootloader));
  for (const slot of ['A', 'B'] as const) {
    const image = slots[slot];
    if (!image) continue;
    if (image.length > MemoryMap.IMAGE_SIZE_MAX)
      throw new Error(`factory: an image of ${image.length} bytes; slot ${slot} takes ${MemoryMap.IMAGE_SIZE_MAX}`);
    machine.flash.writeBytes(slotAddress[slot], image);
    machine.flash.writeBytes(slotAddress[slot] + MemoryMap.SLOT_SIZE - Trailer.IMAGE_OK, confirmedTrailer());
    sum = crc32(image, sum);
  }
  burn(fuses, Fuse.LIFECYCLE, word(Lifecycle.PROVISIONED), 4);
  burn(fuses, Fuse.BOARD_ID, word(boardId), 4);
  burn(fuses, Fuse.KEY_VALID, word(2 ** keys.length - 1), 4);
  burn(fuses, Fuse.SERIAL, serial, 16);
  for (const [number, given] of keys.entries()) {
    const { publicKey, purposes } = given instanceof Uint8Array ? { publicKey: given, purposes: everyday } : given;
    if (publicKey.length !== Fuse.KEY_WORDS * 4)
      throw new Error(`factory: key ${number} has ${publicKey.length} bytes, not 32`);
    burn(fuses, Fuse.KEYS + number * Fuse.KEY_WORDS, publicKey, Fuse.KEY_WORDS * 4);
    burn(fuses, Fuse.KEY_PURPOSES, word(purposes << (8 * number)), 4);
  }
  machine.log(LogKind.PROVISION, sum, fuseSum(fuses));
}

/** Replaces the whole flash. */
export function loadFlash(machine: Machine, bytes: Uint8Array): void {
  if (bytes.length !== flashSize)
    throw new Error(`factory: a flash image of ${bytes.length} bytes; it has ${flashSize}`);
  for (let address = 0; address < flashSize; address += MemoryMap.SECTOR_SIZE) {
    const sector = bytes.subarray(address, address + MemoryMap.SECTOR_SIZE);
    machine.flash.erasePage(address);
    if (sector.some((byte) => byte !== 0xff)) machine.flash.writeBytes(address, sector);
  }
  machine.log(LogKind.PROVISION, crc32(bytes), 0);
}

/** Replaces all fuse words. */
export function loadFuses(machine: Machine, fuses: Uint32Array, words: Uint32Array): void {
  if (words.length !== fuses.length) throw new Error(`factory: ${words.length} fuse words; there are ${fuses.length}`);
  fuses.set(words);
  machine.log(LogKind.PROVISION, 0, fuseSum(fuses));
}

/** The trailer from image_ok to the end of the slot. */
function confirmedTrailer(): Uint8Array {
  const bytes = new Uint8Array(Trailer.IMAGE_OK).fill(0xff);
  const view = new DataView(bytes.buffer);
  bytes[0] = Trailer.FLAG_SET;
  const magic = [Trailer.MAGIC_WORD_0, Trailer.MAGIC_WORD_1, Trailer.MAGIC_WORD_2, Trailer.MAGIC_WORD_3];
  for (const [index, value] of magic.entries())
    view.setUint32(Trailer.IMAGE_OK - Trailer.MAGIC + index * 4, value, true);
  return bytes;
}

function burn(fuses: Uint32Array, first: number, bytes: Uint8Array, room: number): void {
  if (bytes.length > room)
    throw new Error(`factory: ${bytes.length} bytes at fuse word ${first}; there is room for ${room}`);
  for (let i = 0; i < bytes.length; i++) fuses[first + (i >> 2)] |= bytes[i] << (8 * (i & 3));
}

function word(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
}

function fuseSum(fuses: Uint32Array): number {
  return crc32(new Uint8Array(fuses.buffer, fuses.byteOffset, fuses.byteLength));
}
