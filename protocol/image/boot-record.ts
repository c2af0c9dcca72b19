// The boot state as it lies in flash: the last of a journal of records in the two boot-state sectors.
//
//   record, 128 bytes                             entry of a slot, 40 bytes
//     0  u32  magic                                 0  u8   state (slot states)
//     4  u32  sequence, higher in newer records     1  u8   reason (reject reasons)
//     8       entry of slot A                       2  u8   boots a trial has left
//    48       entry of slot B                       3  u8   0
//    88  u32  slot handed over to last              4  u32  version: major << 24 | minor << 16 | revision
//    92  u8   extension, see below                  8       SHA-256 of the image it is about
//    93  u8   slot confirmed last, or NO_SLOT
//    94  u8   flags of slot A; 95 those of slot B
//    96       28 bytes of 0xFF, for later
//   124  u32  CRC-32 of bytes 0 to 123
//
// The newest record whose CRC holds is the boot state. 32 records fill a sector; only then is the other sector erased, so at
// any moment one sector holds a whole record. A record never crosses a flash page: one program operation writes it.
//
// EXTENSION says how much of the part behind RUNNING is valid. It is 0xFF in a record of code that did not know that part. Then
// the slot confirmed last is the one handed over to last, if that is CONFIRMED; an image is EARNED if it is CONFIRMED. The code that knows it
// writes 1. Later code may write a higher number and use bytes that are 0xFF now, but may not change what is here: so each
// reads the other's records. A record that an older firmware writes has no extension, and is read by the rule above.
//
// The factory writes the first record of a device: what it put into a slot is CONFIRMED and EARNED. It is the only writer that confirms an image
// that did not run, and no upload reaches these sectors.

import { constantTable, valuesOf } from '../constants.ts';

export const bootRecordTable = constantTable('RECORD', 'Layout of a boot-state record, offsets in bytes.', {
  MAGIC_VALUE: [0x3153_4243, '"CBS1"'],
  SIZE: [128, 'Bytes of a record'],
  MAGIC: [0, 'u32'],
  SEQUENCE: [4, 'u32: higher in each newer record; places that a power cut spoiled leave gaps'],
  ENTRIES: [8, 'Entry of slot A; that of slot B follows'],
  ENTRY_SIZE: [40, 'Bytes of an entry'],
  ENTRY_STATE: [0, 'u8, in an entry'],
  ENTRY_REASON: [1, 'u8, in an entry'],
  ENTRY_BOOTS_LEFT: [2, 'u8, in an entry'],
  ENTRY_VERSION: [4, 'u32, in an entry: major << 24 | minor << 16 | revision'],
  ENTRY_HASH: [8, '32 bytes, in an entry'],
  RUNNING: [88, 'u32: slot handed over to last, or NO_SLOT'],
  EXTENSION: [92, 'u8: EXTENSION_VALUE, or EXTENSION_NONE where the bytes up to SPARE are not valid'],
  EXTENSION_VALUE: [1, 'In EXTENSION: the bytes up to SPARE are as in this table'],
  EXTENSION_NONE: [0xff, 'In EXTENSION: the record was written by code that did not know it'],
  CONFIRMED_LAST: [93, 'u8: slot whose image was confirmed last, or NO_SLOT'],
  FLAGS: [94, 'u8: flags of slot A; those of slot B follow'],
  FLAG_EARNED: [1, 'In FLAGS: the image was confirmed once, so it ran healthy, or the factory confirmed it'],
  FLAG_PERMANENT: [2, 'In FLAGS: pending or on trial, it confirms itself once it is healthy'],
  FLAG_OLDER: [4, 'In FLAGS: pending or on trial, it runs although the confirmed image is newer'],
  FLAGS_ALL: [7, 'All flags there are'],
  SPARE: [96, 'Erased bytes up to the CRC'],
  CRC: [124, 'u32: CRC-32 (IEEE) of everything before it'],
  NO_SLOT: [0xff, 'In RUNNING: the bootloader kept control; in CONFIRMED_LAST: not known'],
});

export const BootRecord = valuesOf(bootRecordTable);
