// A device of flash and fuses alone, and runs of it in a file in a folder of its own, for the tests of the device file.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { Fuse, MemoryMap } from '../../../protocol/memory-map.ts';
import { FlashArray } from '../../board/flash-array.ts';
import { DeviceFile } from './device-file.ts';

export class Device {
  readonly flash = new FlashArray(() => 0);
  readonly fuses = Uint32Array.from({ length: Fuse.WORD_COUNT }, (_, word) => word * 3);

  constructor() {
    this.flash.writeBytes(MemoryMap.SLOT_A, Uint8Array.of(1, 2, 3));
  }

  flashPicture() {
    return this.flash.picture();
  }

  fuseWords() {
    return this.fuses.slice();
  }

  /** Something else for each number. */
  change(number: number): this {
    this.flash.writeBytes(MemoryMap.SLOT_B + number * 5000, new Uint8Array(1400).fill(number));
    this.fuses[number] |= 0x8000_0000;
    return this;
  }
}

/** A folder for a test, with a device file in it once one was made. */
export class Desk {
  readonly folder = mkdtempSync(join(tmpdir(), 'coldrig-device-'));
  readonly path = join(this.folder, 'device.bin');
  readonly journal = `${this.path}.journal`;
  private readonly opened: DeviceFile[] = [];

  open(name = this.path, salvage = false): DeviceFile {
    const file = DeviceFile.open(name, { salvage });
    this.opened.push(file);
    return file;
  }

  /** A run that ends in order. */
  run(device: Device, name = this.path): void {
    const file = this.open(name);
    file.begin(device);
    file.close(device);
  }

  /** What is left of a run that kept these changes one after the other and was then killed. */
  killedRun(device: Device, changes: number[], name = this.path): void {
    const file = this.open(name);
    file.begin(device);
    for (const number of changes) file.keep(device.change(number));
    // What the end of a process does: its lock is gone.
    file.close();
  }

  expectHas(device: Device, name = this.path, salvage = false): DeviceFile {
    const file = this.open(name, salvage);
    expect(Buffer.compare(file.contents?.flash ?? Buffer.alloc(0), device.flash.image())).toBe(0);
    expect(file.contents?.fuses).toEqual(device.fuses);
    file.close();
    return file;
  }

  clear(): void {
    for (const file of this.opened.splice(0)) file.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export function edit(name: string, change: (bytes: Buffer) => void): void {
  const bytes = readFileSync(name);
  change(bytes);
  writeFileSync(name, bytes);
}
