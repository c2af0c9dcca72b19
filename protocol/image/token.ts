// A downgrade token: a permission, signed with a token key. It allows one image to run although a newer one is there, or although the
// security counter in the fuses is above the image's own.
//
//     0  u32  magic "CDT1"
//     4  u32  scope: 1 one device, by serial number; 2 every device of a board
//     8       serial number, 16 bytes; zeros with scope 2
//    24  u32  board
//    28  u32  newest version over which the image may be preferred: major << 24 | minor << 16 | revision
//    32       hash TLV of the image that it allows, 32 bytes
//    64  u32  minimum and
//    68  u32  maximum security counter in the fuses for which it is valid
//    72       KEYHASH of the key that signed it, 32 bytes
//   104       Ed25519 signature of bytes 0 to 103
//
// It lies at the start of the trailer sector of the slot its image is in, so that it goes with the image, and is checked at every boot. The
// counter in the fuses never goes back: when a newer image is confirmed and takes it past the window, the token is no longer valid.
// Its signature is over 104 bytes that begin with its magic, an image's over 32 bytes: neither can be used as the other.

import { constantTable, valuesOf } from '../constants.ts';

export const tokenTable = constantTable('TOKEN', 'Layout of a downgrade token, offsets in bytes.', {
  MAGIC_VALUE: [0x3154_4443, '"CDT1"'],
  SIZE: [168, 'Bytes of a token'],
  MAGIC: [0, 'u32'],
  SCOPE: [4, 'u32'],
  SCOPE_DEVICE: [1, 'For the device of this serial number'],
  SCOPE_BOARD: [2, 'For every device of this board'],
  SERIAL: [8, '16 bytes'],
  BOARD: [24, 'u32'],
  DISPLACES: [28, 'u32: version up to which it is preferred'],
  HASH: [32, '32 bytes'],
  COUNTER_LEAST: [64, 'u32'],
  COUNTER_GREATEST: [68, 'u32'],
  KEYHASH: [72, '32 bytes'],
  SIGNATURE: [104, '64 bytes, over everything before it'],
});

export const Token = valuesOf(tokenTable);
