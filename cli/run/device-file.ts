// A device kept in a file between runs: its whole flash, then its fuses.
//
//   +0          flash, 2 MiB, as it is: other tools can look at it
//   +flash      u32 'CRFZ' | u32 words | u32 CRC-32 of flash and words | the fuse words, little endian
//
// What must stay true: the file is replaced in one step, so that a crash leaves the device as it was or as it is; and one process
// at a time has it.

import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { isRunning } from '../../host/tools/once.ts';
import { Fuse, MemoryMap } from '../../protocol/memory-map.ts';
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

/**
 * Claims the file for this process; returns what gives it back. Throws when another live process has it: whoever saves last would
 * undo the other's device.
 */
export function claimDevice(path: string): () => void {
  const lock = `${path}.lock`;
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      writeFileSync(lock, `${process.pid}\n`, { flag: 'wx' });
      return () => rmSync(lock, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') {
        throw new Failure('DEVICE_FILE', `${lock} cannot be written: check the folder of --flash`, { cause: error });
      }
    }
    const owner = Number(readFileSync(lock, 'utf8'));
    if (isRunning(owner)) {
      throw new Failure(
        'DEVICE_BUSY',
        `the device file ${path} is in use by process ${owner}; end that run, or copy the file and use the copy`,
      );
    }
    // Left behind by a run that was killed.
    rmSync(lock, { force: true });
  }
  throw new Failure(
    'DEVICE_BUSY',
    `the device file ${path} is claimed by several runs at once; start one after the other`,
  );
}

function checksum({ flash, fuses }: DeviceContents): number {
  return crc32(new Uint8Array(fuses.buffer, fuses.byteOffset, fuses.byteLength), crc32(flash));
}
