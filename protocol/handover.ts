// What the bootloader tells the firmware, in the words of RESET.MAILBOX.
//
//   word 0     magic
//   word 1     slot the image runs from: 0 is A, 1 is B
//   word 2     its state (slot states, protocol/image/boot-state.ts)
//   word 3     why this image was chosen (boot decisions, protocol/image/boot-state.ts)
//   word 4     reset cause this boot began with
//   word 5     version: major << 24 | minor << 16 | revision
//   word 6     build number
//   word 7     security counter of the image
//   word 8..15 SHA-256 of the image, as it was computed in this boot
//   word 16    boot record: bytes
//   word 17..  boot record: CBOR, at most 124 bytes (bootloader/boot-record.ts)

import { constantTable, valuesOf } from './constants.ts';

export const handoverTable = constantTable('HANDOVER', 'Word numbers of the hand-over record.', {
  MAGIC: [0, 'Holds MAGIC_VALUE once the record is complete'],
  SLOT: [1, 'Slot'],
  STATE: [2, 'Slot state'],
  DECISION: [3, 'Boot decision'],
  RESET_CAUSE: [4, 'Reset cause'],
  VERSION: [5, 'Version'],
  BUILD: [6, 'Build number'],
  SECURITY_COUNTER: [7, 'Security counter'],
  HASH: [8, 'First of eight words'],
  BOOT_RECORD_SIZE: [16, 'Bytes of the boot record'],
  BOOT_RECORD: [17, 'First of 31 words: the boot record, a CBOR map'],
  BOOT_RECORD_SIZE_MAX: [124, 'Longest boot record'],
  MAGIC_VALUE: [0x3156_4f48, '"HOV1"'],
});

export const Handover = valuesOf(handoverTable);
