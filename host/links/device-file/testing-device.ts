// A device of flash and fuses alone, for the tests of the device file.

import { Fuse, MemoryMap } from '../../../protocol/memory-map.ts';
import { FlashArray } from '../../board/flash-array.ts';

// For a process that keeps a device (testing-life.mjs): it loads one bundle.
export { DeviceFile } from './device-file.ts';
export { nodeDisk } from './disk.ts';

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

  /** Different contents for each number. */
  change(number: number): this {
    this.flash.writeBytes(MemoryMap.SLOT_B + number * 5000, new Uint8Array(1400).fill(number));
    this.fuses[number] |= 0x8000_0000;
    return this;
  }
}
