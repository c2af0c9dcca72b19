// The boot state as it lies in flash: the last of a journal of records in the two boot-state sectors.
//
//   record, 128 bytes                             entry of a slot, 40 bytes
//     0  u32  magic                                 0  u8   state (slot states)
//     4  u32  sequence, one more each record        1  u8   reason (reject reasons)
//     8       entry of slot A                       2  u8   boots a trial has left
//    48       entry of slot B                       3  u8   0
//    88  u32  slot handed over to last              4  u32  version: major << 24 | minor << 16 | revision
//    92       32 bytes of 0xFF, for later           8       SHA-256 of the image it is about
//   124  u32  CRC-32 of bytes 0 to 123
//
// The newest record whose CRC holds is the boot state. 32 records fill a sector; only then is the other sector erased, so at
// any moment one sector holds a whole record. A record never crosses a flash page: one program operation writes it.

import { constantTable, valuesOf } from '../constants.ts';

export const bootRecordTable = constantTable('RECORD', 'Layout of a boot-state record, offsets in bytes.', {
  MAGIC_VALUE: [0x3153_4243, '"CBS1"'],
  SIZE: [128, 'Bytes of a record'],
  MAGIC: [0, 'u32'],
  SEQUENCE: [4, 'u32'],
  ENTRIES: [8, 'Entry of slot A; that of slot B follows'],
  ENTRY_SIZE: [40, 'Bytes of an entry'],
  ENTRY_STATE: [0, 'u8, in an entry'],
  ENTRY_REASON: [1, 'u8, in an entry'],
  ENTRY_BOOTS_LEFT: [2, 'u8, in an entry'],
  ENTRY_VERSION: [4, 'u32, in an entry: major << 24 | minor << 16 | revision'],
  ENTRY_HASH: [8, '32 bytes, in an entry'],
  RUNNING: [88, 'u32: slot handed over to last, or NO_SLOT'],
  SPARE: [92, 'Erased bytes up to the CRC'],
  CRC: [124, 'u32: CRC-32 (IEEE) of everything before it'],
  NO_SLOT: [0xff, 'In RUNNING: the bootloader kept control'],
});

export const BootRecord = valuesOf(bootRecordTable);
