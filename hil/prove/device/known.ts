// The state of a device before or after a boot: its slots, its boot state, its fuses. promises.ts checks the promises with it.
//
// What must stay true: the host's own code reads it from flash and fuses directly, and never asks the device.

import type { BootStateEntry } from '../../../host/tools/boot-state.ts';
import { SlotState } from '../../../protocol/image/boot-state.ts';
import { Trailer } from '../../../protocol/image/format.ts';
import { MemoryMap } from '../../../protocol/memory-map.ts';
import { bytesOfPage, isSameBytes, isWeak, oncePerPage, pagesOf, type Remains } from './cells.ts';
import { factsOf } from './fuse-facts.ts';
import { hashOfImage, type ImageName, type Images, recipes } from './images.ts';
import { bootState } from './journal.ts';
import { imageIn } from './window.ts';

/** An image that a slot holds, whole. */
export interface KnownImage {
  name: string;
  hash: Uint8Array | undefined;
  /** The version without the build number, which does not count when images are compared. */
  version: number;
  securityCounter: number;
  /** Keys it revokes once it is confirmed, as bits. */
  revokes: number;
  /** It verifies with the keys, the counter and the board identity in the fuses. */
  isAllowed: boolean;
}

export interface KnownSlot {
  /** Undefined where the slot holds no image that is whole. */
  image: KnownImage | undefined;
  /** The state that the image has for the bootloader: from its entry in the boot state, or else from its trailer. */
  state: number;
  /** The stored reason why it was rejected. */
  reason: number;
  /** It was confirmed once. */
  earned: boolean;
  /** Its trial was requested although the confirmed image is newer. */
  older: boolean;
  /** The slot's entry in the boot state, also when it is about another image. */
  entry: BootStateEntry | undefined;
}

export interface Known {
  slots: readonly [KnownSlot, KnownSlot];
  /** Slot whose image was confirmed last, if that is known. */
  confirmedLast: number | undefined;
  /** Slot that was handed over to last. */
  running: number | undefined;
  securityCounter: number;
  /** As bits. */
  revokedKeys: number;
  /** No bit of the boot state or the fuses is unstable. */
  isFirm: boolean;
}

export type ImageInSlot = (slot: number) => KnownImage | undefined;

export function knownOf(device: Remains, imageInSlot: ImageInSlot): Known {
  const state = bootState(device);
  const slot = (number: number) => knownSlot(device, number, imageInSlot(number), state?.slots[number]);
  const { securityCounter, revokedKeys, firstWeak } = factsOf(device.fuses);
  return {
    slots: [slot(0), slot(1)],
    confirmedLast: state?.confirmedLast,
    running: state?.running,
    securityCounter,
    revokedKeys,
    isFirm: firstWeak < 0 && !isWeak(device, MemoryMap.BOOT_STATE_0, 2 * MemoryMap.SECTOR_SIZE),
  };
}

/** The images of a story that this device holds. */
export function storyImages(device: Remains, images: Images): ImageInSlot {
  return (slot) => {
    const name = imageIn(device, slot, images);
    return name && { name, hash: hashOfImage(images[name]), ...traits[name], isAllowed: isAllowed(device, name) };
  };
}

/** Whether no fuse keeps the image out, read as it may. */
export function isAllowed({ fuses }: Remains, name: ImageName): boolean {
  const { key, securityCounter } = recipes[name];
  const { revokedKeysMost, securityCounterMost } = factsOf(fuses);
  return ((revokedKeysMost >>> key) & 1) === 0 && securityCounter >= securityCounterMost;
}

const traits = Object.fromEntries(
  Object.entries(recipes).map(([name, { version, securityCounter, key }]) => {
    const [major, minor, revision] = version.replace(/\+.*/, '').split('.').map(Number);
    return [name, { version: major * 2 ** 24 + minor * 2 ** 16 + revision, securityCounter, revokes: (1 << key) - 1 }];
  }),
) as Record<ImageName, { version: number; securityCounter: number; revokes: number }>;

function knownSlot(
  device: Remains,
  slot: number,
  image: KnownImage | undefined,
  entry: BootStateEntry | undefined,
): KnownSlot {
  if (isOf(entry, image) && entry.state !== SlotState.UNMARKED)
    return { image, state: entry.state, reason: entry.reason, earned: entry.earned, older: entry.older, entry };
  const asked = image !== undefined && trailerAsks(device, slot) !== undefined;
  const state = asked ? SlotState.PENDING : SlotState.UNMARKED;
  return { image, state, reason: 0, earned: false, older: false, entry };
}

/** Whether the entry is about this image. */
export function isOf(entry: BootStateEntry | undefined, image: KnownImage | undefined): entry is BootStateEntry {
  return entry !== undefined && image?.hash !== undefined && isSameBytes(entry.hash, image.hash);
}

/** What the slot's trailer requests (bootloader/image/state/trailer.ts). */
export function trailerAsks(device: Remains, slot: number): 'test' | 'permanent' | undefined {
  const end = (slot === 0 ? MemoryMap.SLOT_A : MemoryMap.SLOT_B) + MemoryMap.SLOT_SIZE;
  const [page] = pagesOf(device, end - MemoryMap.SECTOR_SIZE, MemoryMap.SECTOR_SIZE);
  return trailerIn(page);
}

const magic = [Trailer.MAGIC_WORD_0, Trailer.MAGIC_WORD_1, Trailer.MAGIC_WORD_2, Trailer.MAGIC_WORD_3];

const trailerIn = oncePerPage((page): 'test' | 'permanent' | undefined => {
  const trailer = Buffer.from(bytesOfPage(page)).subarray(-Trailer.COPY_DONE);
  const place = (fromEnd: number) => Trailer.COPY_DONE - fromEnd;
  if (magic.some((word, index) => trailer.readUInt32LE(place(Trailer.MAGIC) + 4 * index) !== word)) return undefined;
  if (trailer[place(Trailer.IMAGE_OK)] === Trailer.FLAG_SET) return 'permanent';
  return trailer[place(Trailer.IMAGE_OK)] === 0xff && trailer[0] === 0xff ? 'test' : undefined;
});

/** The trailer that `imgtool sign --pad`, or `--pad --confirm`, leaves at the end of a slot. */
export function trailerBytes(asks: 'test' | 'permanent'): Uint8Array {
  const bytes = Buffer.alloc(Trailer.COPY_DONE, 0xff);
  for (const [index, word] of magic.entries()) bytes.writeUInt32LE(word, Trailer.COPY_DONE - Trailer.MAGIC + 4 * index);
  if (asks === 'permanent') bytes[Trailer.COPY_DONE - Trailer.IMAGE_OK] = Trailer.FLAG_SET;
  return new Uint8Array(bytes);
}
