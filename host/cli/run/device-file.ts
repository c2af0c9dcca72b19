// A device kept in a file between runs: its whole flash, then its fuses.
//
//   +0          flash, 2 MiB, as it is: other tools can look at it
//   +flash      u32 'CRFZ' | u32 words | u32 CRC-32 of flash and words | the fuse words, little endian
//
// What must stay true: the file is replaced in one step, so that a crash leaves the device as it was or as it is.

import { existsSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { Fuse, MemoryMap } from '../../../protocol/memory-map.ts';
import { Failure } from '../failure.ts';
import { readInput, writeOutput } from '../files.ts';

const MAGIC = 0x5a46_5243;
const HEAD_SIZE = 12;
const FILE_SIZE = MemoryMap.FLASH_SIZE + HEAD_SIZE + Fuse.WORD_COUNT * 4;

export interface DeviceContents {
  flash: Uint8Array;
  fuses: Uint32Array;
}

/** Undefined when there is no file yet. */
export function loadDevice(path: string): DeviceContents | undefined {
  if (!existsSync(path)) return undefined;
  const bytes = readInput(path, 'the device file');
  const advice = 'choose another file for --flash, or remove this one to start with a new device';
  if (bytes.length !== FILE_SIZE) {
    throw new Failure(
      'DEVICE_FILE',
      `the device file ${path} has ${bytes.length} bytes, expected ${FILE_SIZE} (flash and fuses); ${advice}`,
    );
  }
  const flash = bytes.slice(0, MemoryMap.FLASH_SIZE);
  const head = new DataView(bytes.buffer, bytes.byteOffset + MemoryMap.FLASH_SIZE);
  const fuses = Uint32Array.from({ length: Fuse.WORD_COUNT }, (_, word) => head.getUint32(HEAD_SIZE + word * 4, true));
  const isWhole = head.getUint32(0, true) === MAGIC && head.getUint32(4, true) === Fuse.WORD_COUNT;
  if (!isWhole || head.getUint32(8, true) !== checksum({ flash, fuses })) {
    throw new Failure('DEVICE_FILE', `the device file ${path} is damaged: its checksum does not match; ${advice}`);
  }
  return { flash, fuses };
}

export function saveDevice(path: string, contents: DeviceContents): void {
  const bytes = new Uint8Array(FILE_SIZE);
  const head = new DataView(bytes.buffer, MemoryMap.FLASH_SIZE);
  bytes.set(contents.flash);
  head.setUint32(0, MAGIC, true);
  head.setUint32(4, Fuse.WORD_COUNT, true);
  head.setUint32(8, checksum(contents), true);
  for (const [word, value] of contents.fuses.entries()) head.setUint32(HEAD_SIZE + word * 4, value, true);
  writeOutput(path, bytes, 'the device file');
}

function checksum({ flash, fuses }: DeviceContents): number {
  return crc32(new Uint8Array(fuses.buffer, fuses.byteOffset, fuses.byteLength), crc32(flash));
}
