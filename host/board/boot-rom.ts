// The mask ROM: what the core does before there is any software.
//
//   boot partition:  | "CRBT" | length | CRC-32 | 0 | module ...
//
// It reads the header, checks the CRC-32 (IEEE) of the module, and loads it. It cannot verify signatures: the bootloader is the root
// of trust, protected by FLASH.PROTECT; the CRC only distinguishes a torn or empty partition from a bootloader.

import { crc32 } from 'node:zlib';
import { MemoryMap } from '../../protocol/memory-map.ts';
import { HaltReason } from './board-state.ts';
import { nsPerCycle } from './clock.ts';
import type { FlashArray } from './flash-array.ts';

const { BOOT, BOOT_SIZE, BOOT_HEADER_MAGIC, BOOT_HEADER_SIZE } = MemoryMap;

/** Reset release, clock start and the ROM's own code; a round number of the order of small microcontrollers' (100 us). */
const startCycles = 25_000;

/** Time the loader (ROM or hand-over) takes for a module: its checksum or copy engine handles one word per cycle. */
export function loadTimeNs(length: number): number {
  return Math.ceil(length / 4) * nsPerCycle;
}

export const romStartNs = startCycles * nsPerCycle;

export type BootHeader = { haltReason: 0; address: number; length: number; crc: number } | { haltReason: number };

/** Reads and checks the boot partition. When the pages are the same as at the last check, it returns the last result. */
export class BootRom {
  private known: { pages: readonly Int32Array[]; header: BootHeader } | undefined;

  read(flash: FlashArray): BootHeader {
    flash.look(BOOT, BOOT_SIZE);
    if (this.known && flash.hasPages(BOOT, this.known.pages)) return this.known.header;
    const header = readBootHeader(flash);
    const pages = flash.sharePages(BOOT, BOOT_SIZE);
    this.known = pages && { pages, header };
    return header;
  }
}

function readBootHeader(flash: FlashArray): BootHeader {
  const header = new Uint8Array(BOOT_HEADER_SIZE);
  flash.readBytes(BOOT, header);
  const view = new DataView(header.buffer);
  if (view.getUint32(0, true) !== BOOT_HEADER_MAGIC) return { haltReason: HaltReason.BOOT_HEADER };
  const length = view.getUint32(4, true);
  if (length === 0 || length > BOOT_SIZE - BOOT_HEADER_SIZE || view.getUint32(12, true) !== 0)
    return { haltReason: HaltReason.BOOT_LENGTH };
  const crc = view.getUint32(8, true);
  const address = BOOT + BOOT_HEADER_SIZE;
  const bytes = new Uint8Array(length);
  flash.readBytes(address, bytes);
  if (crc32(bytes) !== crc) return { haltReason: HaltReason.BOOT_CRC };
  return { haltReason: 0, address, length, crc };
}

/** A boot partition as the factory writes it: header and module. */
export function bootPartition(module: Uint8Array): Uint8Array {
  if (module.length === 0 || module.length > BOOT_SIZE - BOOT_HEADER_SIZE)
    throw new Error(`boot ROM: a bootloader of ${module.length} bytes; it has 1 to ${BOOT_SIZE - BOOT_HEADER_SIZE}`);
  const bytes = new Uint8Array(BOOT_HEADER_SIZE + module.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, BOOT_HEADER_MAGIC, true);
  view.setUint32(4, module.length, true);
  view.setUint32(8, crc32(module), true);
  bytes.set(module, BOOT_HEADER_SIZE);
  return bytes;
}
