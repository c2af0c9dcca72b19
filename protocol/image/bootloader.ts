// What an image may require of the bootloader.

import { constantTable, valuesOf } from '../constants.ts';

export const bootloaderTable = constantTable('BOOTLOADER', 'This bootloader, as images depend on it.', {
  VERSION: [0x0100_0000, 'Its version: major << 24 | minor << 16 | revision'],
  DEPENDENCY_IMAGE: [1, 'Its number in a DEPENDENCY TLV; image 0 is the firmware itself'],
});

export const Bootloader = valuesOf(bootloaderTable);
