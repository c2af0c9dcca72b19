// The boot log as it lies in flash: one record a boot, appended to four sectors in turn.
//
//   record, 64 bytes
//     0  u32  number of the boot, one more each; never 0xFFFFFFFF, so that a used place does not begin like an erased one
//     4  u32  build number of the image's version
//     8  u8   reset cause it began with
//     9  u8   decision
//    10  u8   slot handed over to, or NO_SLOT
//    11  u8   state of that slot's image from then on
//    12  u8   reason kept for slot A, 13 u8 for slot B
//    14  u8   fault cause in RESET.FAULT_CAUSE, 0 where this boot did not begin with a fault or the watchdog
//    15  u8   resets in a row that were not requested
//    16  u32  version of the image: major, minor, revision
//    20  u32  security counter in the fuses
//    24  u32  fault address
//    28       measurement: SHA-256 of the image as it was computed in this boot; zeros where none runs
//    60  u32  CRC-32 of bytes 0 to 59, continued from MAGIC_VALUE: the magic is not stored, and records of another layout are none
//
// Bootloaders before the build number was recorded wrote "CBL1" at 0, the number of the boot at 4 and a CRC from 0; these are read as well.
//
// 64 records fill a sector. Only then is the next one erased, so at least the last 192 boots are there. A record is written before the hand-over
// that it describes: a boot that is cut between the two has a record, one cut before has none. No decision depends on the log.

import { constantTable, valuesOf } from '../constants.ts';

export const bootLogTable = constantTable('LOG', 'Layout of a boot-log record, offsets in bytes.', {
  MAGIC_VALUE: [0x324c_4243, '"CBL2": what the CRC is continued from'],
  SIZE: [64, 'Bytes of a record'],
  NUMBER: [0, 'u32'],
  BUILD: [4, 'u32'],
  CAUSE: [8, 'u8'],
  DECISION: [9, 'u8'],
  SLOT: [10, 'u8'],
  STATE: [11, 'u8'],
  REASONS: [12, 'Two u8: slot A, slot B'],
  FAULT_CAUSE: [14, 'u8'],
  RESETS: [15, 'u8'],
  VERSION: [16, 'u32'],
  COUNTER: [20, 'u32'],
  FAULT_ADDRESS: [24, 'u32'],
  MEASUREMENT: [28, '32 bytes'],
  CRC: [60, 'u32: CRC-32 (IEEE) of everything before it, continued from MAGIC_VALUE'],
  OLD_MAGIC_VALUE: [0x314c_4243, '"CBL1", at 0 in records of the older layout'],
  OLD_NUMBER: [4, 'u32, in records of the older layout'],
  NO_SLOT: [0xff, 'In SLOT: the bootloader kept control'],
});

export const BootLog = valuesOf(bootLogTable);
