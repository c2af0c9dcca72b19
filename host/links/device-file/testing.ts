// A folder with a device file in it, and runs that keep a device there, for the tests of the device file.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { DeviceFile } from './device-file.ts';
import type { Device } from './testing-device.ts';

/** A folder for a test, with a device file in it once one was made. */
export class Desk {
  readonly folder: string;
  readonly path: string;
  readonly journal: string;
  private readonly opened: DeviceFile[] = [];

  constructor(folder = mkdtempSync(join(tmpdir(), 'coldrig-device-'))) {
    this.folder = folder;
    this.path = join(folder, 'device.bin');
    this.journal = `${this.path}.journal`;
  }

  open(name = this.path, salvage = false): DeviceFile {
    const file = DeviceFile.open(name, { salvage });
    this.opened.push(file);
    return file;
  }

  /** A run that ends normally. */
  run(device: Device, name = this.path): void {
    const file = this.open(name);
    file.begin(device);
    file.close(device);
  }

  /** The files after a run that kept these changes one after the other and was then killed. */
  killedRun(device: Device, changes: number[], name = this.path): void {
    const file = this.open(name);
    file.begin(device);
    for (const number of changes) file.keep(device.change(number));
    // The end of a process releases its lock.
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
