// Why an image is refused. Every refusal has one of these, and it is kept in the boot state.

import { alarmTable, NO_ALARM, valuesOf } from '../constants.ts';

export const rejectReasons = alarmTable('REASON', 'Reasons for refusing an image.', {
  NONE: [0, 'Not refused', NO_ALARM],
  SLOT_EMPTY: [1, 'The slot holds no image: its first word is erased', NO_ALARM],
  BAD_MAGIC: [2, 'The first word is not the MCUboot image magic', 'image-damaged'],
  HEADER_SIZE: [3, 'Header size below 32 or past the slot', 'image-damaged'],
  IMAGE_SIZE: [4, 'Payload empty, or past the end of what a slot may hold', 'image-damaged'],
  FLAGS: [
    5,
    'The header asks for something this chip does not do (encryption, compression, RAM load …)',
    'image-not-for-device',
  ],
  NON_BOOTABLE: [6, 'The header says the image is not bootable', 'image-not-for-device'],
  TLV_AREA: [7, 'TLV area missing, or its sizes contradict each other', 'image-damaged'],
  TLV_ENTRY: [8, 'A TLV runs past the end of its area', 'image-damaged'],
  TLV_NOT_ALLOWED: [9, 'An unprotected TLV of a type that only a signature can vouch for', 'image-damaged'],
  TLV_LENGTH: [10, 'A TLV of a known type has the wrong length', 'image-damaged'],
  TLV_DUPLICATE: [11, 'A TLV that may stand once stands twice', 'image-damaged'],
  HASH_MISSING: [12, 'No SHA-256 TLV', 'image-damaged'],
  HASH_MISMATCH: [13, 'The SHA-256 of the bytes in flash is not the one in the TLV', 'image-damaged'],
  SIGNATURE_MISSING: [14, 'No Ed25519 signature', 'image-signature'],
  SIGNATURE_VARIANT: [
    15,
    'Signed the SHA-512 or the pure way, which this bootloader does not take: sign with imgtool’s default for Ed25519',
    'image-signature',
  ],
  KEY_UNKNOWN: [16, 'No key in the fuses has the image’s KEYHASH', 'image-signature'],
  KEY_REVOKED: [17, 'The key it was signed with is revoked', 'image-signature'],
  SIGNATURE_INVALID: [18, 'The signature does not verify', 'image-signature'],
  SECURITY_COUNTER: [19, 'Its security counter is missing or below the one in the fuses', 'image-not-for-device'],
  WRONG_BOARD: [20, 'It is for another board', 'image-not-for-device'],
  KEY_PURPOSE: [21, 'The key it was signed with is not for such images, or not on this device', 'image-signature'],
  DEPENDENCY: [
    22,
    'It needs a newer bootloader, or another image that this device does not have',
    'image-not-for-device',
  ],
  COUNTER_TOO_FAR: [23, 'The fuses have no room left to count up to its security counter', 'image-not-for-device'],
  REVOKES_ITSELF: [24, 'It would revoke the very key it was signed with', 'image-signature'],
  BOOT_RECORD: [25, 'Its boot record does not end with room for a measurement, as imgtool’s does', 'image-damaged'],
  UNCONFIRMED: [32, 'A trial that was reset by software before it was confirmed', 'trial-failed'],
  WATCHDOG: [33, 'A trial that the watchdog reset', 'watchdog'],
  FAULT: [34, 'A trial that faulted', 'core-fault'],
  TRIAL_TIMEOUT: [35, 'A trial not confirmed in time', 'trial-failed'],
  TRIALS_EXHAUSTED: [36, 'A trial that was cut off too often before it was confirmed', 'trial-failed'],
  CORE_REFUSED: [37, 'The core refuses to run the module: forbidden import, opcode or limit', 'image-not-for-device'],
  POWER_BUDGET: [38, 'A trial whose firmware found that it uses more power than its plate allows', 'power-budget'],
  INTERLOCK: [39, 'A trial that an interlock stopped', 'interlock'],
  BROWN_OUTS: [40, 'A trial under which the supply dipped again and again', 'brown-out'],
  LOOPING: [41, 'A confirmed image that was reset too often in a row, without a request', 'reset-loop'],
});

export const RejectReason = valuesOf(rejectReasons);
