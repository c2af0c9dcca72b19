// Why an image is refused. Every refusal has one of these, and it is kept in the boot state.

import { constantTable, valuesOf } from '../constants.ts';

export const rejectReasons = constantTable('REASON', 'Reasons for refusing an image.', {
  NONE: [0, 'Not refused'],
  SLOT_EMPTY: [1, 'The slot holds no image: its first word is erased'],
  BAD_MAGIC: [2, 'The first word is not the MCUboot image magic'],
  HEADER_SIZE: [3, 'Header size below 32 or past the slot'],
  IMAGE_SIZE: [4, 'Payload empty, or past the end of what a slot may hold'],
  FLAGS: [5, 'The header asks for something this chip does not do (encryption, compression, RAM load …)'],
  NON_BOOTABLE: [6, 'The header says the image is not bootable'],
  TLV_AREA: [7, 'TLV area missing, or its sizes contradict each other'],
  TLV_ENTRY: [8, 'A TLV runs past the end of its area'],
  TLV_NOT_ALLOWED: [9, 'An unprotected TLV of a type that only a signature can vouch for'],
  TLV_LENGTH: [10, 'A TLV of a known type has the wrong length'],
  TLV_DUPLICATE: [11, 'A TLV that may stand once stands twice'],
  HASH_MISSING: [12, 'No SHA-256 TLV'],
  HASH_MISMATCH: [13, 'The SHA-256 of the bytes in flash is not the one in the TLV'],
  SIGNATURE_MISSING: [14, 'No Ed25519 signature'],
  SIGNATURE_VARIANT: [
    15,
    'Signed the SHA-512 or the pure way, which this bootloader does not take: sign with imgtool’s default for Ed25519',
  ],
  KEY_UNKNOWN: [16, 'No key in the fuses has the image’s KEYHASH'],
  KEY_REVOKED: [17, 'The key it was signed with is revoked'],
  SIGNATURE_INVALID: [18, 'The signature does not verify'],
  SECURITY_COUNTER: [19, 'Its security counter is missing or below the one in the fuses'],
  WRONG_BOARD: [20, 'It is for another board'],
  KEY_PURPOSE: [21, 'The key it was signed with is not for such images, or not on this device'],
  DEPENDENCY: [22, 'It needs a newer bootloader, or another image that this device does not have'],
  COUNTER_TOO_FAR: [23, 'The fuses have no room left to count up to its security counter'],
  REVOKES_ITSELF: [24, 'It would revoke the very key it was signed with'],
  BOOT_RECORD: [25, 'Its boot record does not end with room for a measurement, as imgtool’s does'],
  UNCONFIRMED: [32, 'A trial that was reset by software before it was confirmed'],
  WATCHDOG: [33, 'A trial that the watchdog reset'],
  FAULT: [34, 'A trial that faulted'],
  TRIAL_TIMEOUT: [35, 'A trial not confirmed in time'],
  TRIALS_EXHAUSTED: [36, 'A trial that was cut off too often before it was confirmed'],
  CORE_REFUSED: [37, 'The core refuses to run the module: forbidden import, opcode or limit'],
  POWER_BUDGET: [38, 'A trial whose firmware found that it uses more power than its plate allows'],
  INTERLOCK: [39, 'A trial that an interlock stopped'],
  BROWN_OUTS: [40, 'A trial under which the supply dipped again and again'],
  LOOPING: [41, 'A confirmed image that was reset too often in a row, without a request'],
});

export const RejectReason = valuesOf(rejectReasons);
