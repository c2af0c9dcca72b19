// What the factory does to a board before it is first switched on: writes the boot partition, images and fuses.
//
// A provisioned image is confirmed by the first record of the boot state (first-boot-state.ts), which only the factory writes for an image that
// did not run yet: an MCUboot trailer can only request a trial. Where no image is given, the boot state is left blank.

import { crc32 } from 'node:zlib';
import { Fuse, KeyPurpose, Lifecycle, MemoryMap } from '../../protocol/memory-map.ts';
import { bootPartition } from './boot-rom.ts';
import { firstBootState } from './first-boot-state.ts';
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

/** Writes all parts that are given; `fuses` are the words of a machine whose power is off. */
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
    sum = crc32(image, sum);
  }
  if (slots.A || slots.B) machine.flash.writeBytes(MemoryMap.BOOT_STATE_0, firstBootState([slots.A, slots.B]));
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

const erasedSector = Buffer.alloc(MemoryMap.SECTOR_SIZE, 0xff);

/** Replaces the whole flash. */
export function loadFlash(machine: Machine, bytes: Uint8Array): void {
  if (bytes.length !== flashSize)
    throw new Error(`factory: a flash image of ${bytes.length} bytes; it has ${flashSize}`);
  for (let address = 0; address < flashSize; address += MemoryMap.SECTOR_SIZE) {
    const sector = bytes.subarray(address, address + MemoryMap.SECTOR_SIZE);
    machine.flash.erasePage(address);
    if (!erasedSector.equals(sector)) machine.flash.writeBytes(address, sector);
  }
  machine.log(LogKind.PROVISION, crc32(bytes), 0);
}

/** Replaces all fuse words. */
export function loadFuses(machine: Machine, fuses: Uint32Array, words: Uint32Array): void {
  if (words.length !== fuses.length) throw new Error(`factory: ${words.length} fuse words; there are ${fuses.length}`);
  fuses.set(words);
  machine.log(LogKind.PROVISION, 0, fuseSum(fuses));
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
