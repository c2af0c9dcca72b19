// Where things are: flash partitions, RAM, fuse words.
//
//   0x000000  BOOT          bootloader module behind its header            128 KiB
//   0x020000  BOOT_STATE_0  boot state, first copy                           4 KiB
//   0x021000  BOOT_STATE_1  boot state, second copy                          4 KiB
//   0x022000  BOOT_LOG      one record a boot                               16 KiB
//   0x040000  SLOT_A        image, then the trailer in a sector of its own 512 KiB
//   0x0c0000  SLOT_B        likewise                                       512 KiB
//   0x140000  STORAGE       calibration and settings                       768 KiB
//     0x140000  CALIBRATION_0   calibration record, first copy                 4 KiB
//     0x141000  CALIBRATION_1   calibration record, second copy                4 KiB
//
// A marker never shares an erase unit with the data it describes: boot state has sectors of its own, and an image may
// not reach into its slot's last sector, where the MCUboot trailer is.

import { constantTable, valuesOf } from './constants.ts';

export const memoryMap = constantTable('MAP', 'Flash partitions and RAM, in bytes.', {
  FLASH_SIZE: [0x20_0000, 'Whole flash, mapped for reading at address 0'],
  SECTOR_SIZE: [4096, 'Smallest erasable piece of flash'],
  PAGE_SIZE: [256, 'Largest piece one program operation takes, and never past its end'],
  UNIT_SIZE: [8, 'Smallest programmable piece of flash'],
  BOOT: [0x00_0000, 'Bootloader partition'],
  BOOT_SIZE: [0x02_0000, 'Its size'],
  BOOT_STATE_0: [0x02_0000, 'Boot state, first copy: one sector'],
  BOOT_STATE_1: [0x02_1000, 'Boot state, second copy: one sector'],
  BOOT_LOG: [0x02_2000, 'Boot log'],
  BOOT_LOG_SIZE: [0x4000, 'Its size'],
  SLOT_A: [0x04_0000, 'Image slot A'],
  SLOT_B: [0x0c_0000, 'Image slot B'],
  SLOT_SIZE: [0x08_0000, 'Size of a slot, trailer sector included'],
  IMAGE_SIZE_MAX: [0x07_f000, 'Largest image with its TLVs: a slot without its trailer sector'],
  STORAGE: [0x14_0000, 'Calibration and settings'],
  STORAGE_SIZE: [0x0c_0000, 'Its size'],
  CALIBRATION_0: [0x14_0000, 'Calibration record, first copy: one sector'],
  CALIBRATION_1: [0x14_1000, 'Calibration record, second copy: one sector'],
  RAM_SIZE: [0x2_0000, 'Core RAM'],
  BOOT_HEADER_MAGIC: [0x5442_5243, '"CRBT", first word of the boot partition header {magic, length, CRC-32, 0}'],
  BOOT_HEADER_SIZE: [16, 'Bytes of that header; the module follows'],
});

export const interruptLines = constantTable('LINE', 'Interrupt lines as bits of INTC registers.', {
  TIMER: [1 << 0, 'Timer alarm'],
  FLASH: [1 << 1, 'Flash operation done'],
  UART0: [1 << 2, 'Gateway line'],
  UART1: [1 << 3, 'Console line'],
  FUSES: [1 << 4, 'Fuse burnt'],
  SEQUENCER: [1 << 8, 'A sequencer has stopped, or all wait for each other'],
  MULTIPLEXER: [
    1 << 9,
    'A cell is late, a switch connected the wrong cell, or a table came into force or was discarded',
  ],
  READOUT: [1 << 10, 'Samples were out of the converter’s range, or a capture is complete'],
  THERMOMETRY: [1 << 12, 'Thermometry scan done'],
  RAILS: [1 << 13, 'A rail’s comparator has tripped'],
  CLOCK: [1 << 14, 'The clock has lost its lock'],
});

export const fuseMap = constantTable('FUSE', 'Fuse words. Bits go from zero to one and never back.', {
  LIFECYCLE: [0, 'Bit 0 provisioned, bit 1 locked for the field'],
  BOARD_ID: [1, 'Board type this chip is soldered to'],
  KEY_VALID: [2, 'Bit n: key n is in use'],
  KEY_REVOKED: [3, 'Bit n: key n is revoked'],
  KEY_PURPOSES: [4, 'Byte n: what key n may sign (key purposes)'],
  STRAP: [5, 'Bit 0: stay in safe mode at every boot'],
  ACCESS: [6, 'Bits 0 to 15 lock the device to its gateway, bits 16 to 31 unlock it (protocol/smp/access.ts)'],
  SERIAL: [16, 'First of four words: serial number of the chip'],
  KEYS: [32, 'First of 32 words: four Ed25519 public keys of 32 bytes, least significant byte first'],
  KEY_WORDS: [8, 'Words a key takes'],
  KEY_COUNT: [4, 'Keys'],
  SECURITY_COUNTER: [64, 'First of 32 words: the security counter, in ticks (protocol/image/security-counter.ts)'],
  SECURITY_COUNTER_WORDS: [32, 'How many'],
  WORD_COUNT: [96, 'All words'],
});

export const lifecycleBits = constantTable('LIFECYCLE', 'Bits of the lifecycle fuse word.', {
  PROVISIONED: [1, 'The factory has burnt board, keys and serial number'],
  LOCKED: [2, 'In the field: development keys are no longer accepted'],
});

export const keyPurposes = constantTable('PURPOSE', 'What a key may sign, bits of its byte in the fuses.', {
  RELEASE: [1, 'Images for every day'],
  RECOVERY: [2, 'Images that boot only where no image of a release key does'],
  DEVELOPMENT: [4, 'Images for normal use, until the device is locked for the field'],
  TOKEN: [8, 'Downgrade tokens'],
});

export const MemoryMap = valuesOf(memoryMap);
export const Line = valuesOf(interruptLines);
export const Fuse = valuesOf(fuseMap);
export const Lifecycle = valuesOf(lifecycleBits);
export const KeyPurpose = valuesOf(keyPurposes);
