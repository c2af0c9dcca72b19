// SMP group 65: what the bootloader did and why, and tokens for it. The same in safe mode and under firmware, unless a line says otherwise.
//
//   LOG      read   {from?: boot, count?}             {boots: [boot ...], more: bool}     oldest first; the last ones when `from` is left out
//   RECORD   read   {}                                {record: bytes}                     the running image's boot record (CBOR, MCUboot's keys)
//   FAULT    read   {}                                {count, cause, address, cycle, function}
//   TRUST    read   {}                                {serial: bytes, board, lifecycle, counter, cells, keys: [{key, purposes, revoked}]}
//   TOKEN    write  {token: bytes}                    {slot}                              a downgrade token (protocol/image/token.ts) for an image that is in a slot
//
//   boot     {n, cause, decision, slot?, state?, reasons: [A, B], resets, version?, build?, counter, hash?: bytes, fault?, address?}
//            as in protocol/image/boot-log.ts; slot, state, version, build and hash where an image ran, fault and address where one began it

import { constantTable, valuesOf } from '../constants.ts';

export const bootCommands = constantTable('BOOT', 'Commands of the BOOT group.', {
  LOG: [0, 'Boot log'],
  RECORD: [1, 'Boot record of the running image'],
  FAULT: [2, 'Last fault'],
  TRUST: [3, 'What the fuses say'],
  TOKEN: [4, 'Downgrade token'],
});

export const bootErrors = constantTable('BOOT_ERR', 'Error codes of the BOOT group.', {
  UNKNOWN: [1, 'Unknown error'],
  NO_RECORD: [2, 'No image runs, so there is no boot record'],
  TOKEN_FORMAT: [3, 'Not a downgrade token'],
  TOKEN_NO_IMAGE: [4, 'No slot holds the image the token is about; upload it first'],
  TOKEN_OTHER_DEVICE: [5, 'The token is for another device or board'],
  TOKEN_COUNTER: [6, 'The security counter in the fuses is not in the token’s window'],
  TOKEN_KEY: [7, 'No key of this device that may sign tokens signed it'],
  TOKEN_SIGNATURE: [8, 'The token’s signature does not verify'],
  FLASH_WRITE: [9, 'Flash cannot be written'],
});

export const BootCommand = valuesOf(bootCommands);
