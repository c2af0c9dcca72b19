// MCUboot image format: header, TLVs, trailer.
// Source: mcuboot boot/bootutil/include/bootutil/image.h and docs/design.md (2.4.0).
//
//   +0                    header, 32 bytes little endian, padded to headerSize
//   +headerSize           payload, imageSize bytes: the wasm module
//   + imageSize           [protected TLVs: info {0x6908, total}, entries]        hashed and signed
//   + protectedSize       TLVs: info {0x6907, total}, entries
//   slot end - 16         trailer magic; -24 image_ok; -32 copy_done

import { constantTable, valuesOf } from '../constants.ts';

export const imageFormat = constantTable('IMAGE', 'Header and TLV area of an MCUboot image.', {
  MAGIC: [0x96f3_b83d, 'First word'],
  HEADER_SIZE_MIN: [32, 'Bytes of the header without padding'],
  OFFSET_LOAD_ADDRESS: [4, 'u32'],
  OFFSET_HEADER_SIZE: [8, 'u16'],
  OFFSET_PROTECTED_SIZE: [10, 'u16: protected TLV area with its info'],
  OFFSET_IMAGE_SIZE: [12, 'u32: payload'],
  OFFSET_FLAGS: [16, 'u32'],
  OFFSET_MAJOR: [20, 'u8'],
  OFFSET_MINOR: [21, 'u8'],
  OFFSET_REVISION: [22, 'u16'],
  OFFSET_BUILD: [24, 'u32'],
  OFFSET_PAD: [28, 'u32'],
  FLAG_NON_BOOTABLE: [0x10, 'A split image’s other half: never booted'],
  FLAGS_UNSUPPORTED: [0x0000_0f2d, 'PIC, encrypted, RAM load, ROM-fixed, compressed, Thumb filter: not for this chip'],
  TLV_INFO_MAGIC: [0x6907, 'Unprotected area'],
  TLV_PROTECTED_INFO_MAGIC: [0x6908, 'Protected area'],
  TLV_INFO_SIZE: [4, 'u16 magic, u16 total'],
});

export const tlvTypes = constantTable('TLV', 'TLV types.', {
  KEYHASH: [0x01, 'SHA-256 of the 44-byte SubjectPublicKeyInfo of the key'],
  PUBKEY: [0x02, 'Whole public key; not used here'],
  SHA256: [0x10, 'Image hash over header, payload and protected TLVs'],
  SHA384: [0x11, 'Image hash of another build variant'],
  SHA512: [0x12, 'Image hash of another build variant'],
  ED25519: [0x24, 'Signature of the SHA-256 image hash'],
  SIG_PURE: [0x25, 'Marks an image signed as a whole; another build variant'],
  DEPENDENCY: [0x40, 'Protected: least version of another image; here that is the bootloader'],
  SECURITY_COUNTER: [0x50, 'Protected: u32'],
  BOOT_RECORD: [0x60, 'Protected: measured-boot claims'],
  BOARD_ID: [0x00a0, 'Protected, vendor: u32, board the image is for'],
  KEY_REVOKE: [0x00a1, 'Protected, vendor: KEYHASHes of keys that are revoked once this image is confirmed'],
});

export const trailerFormat = constantTable(
  'TRAILER',
  'MCUboot trailer, offsets counted back from the end of the slot (alignment 8).',
  {
    MAGIC: [16, '16 bytes'],
    IMAGE_OK: [24, 'u8: 1 is confirmed, 0xff unset'],
    COPY_DONE: [32, 'u8: 1 is done, 0xff unset'],
    MAGIC_WORD_0: [0xf395_c277, 'Magic, little-endian words'],
    MAGIC_WORD_1: [0x7fef_d260, 'Magic'],
    MAGIC_WORD_2: [0x0f50_5235, 'Magic'],
    MAGIC_WORD_3: [0x8079_b62c, 'Magic'],
    FLAG_SET: [1, 'Value of a set flag'],
  },
);

export const ImageFormat = valuesOf(imageFormat);
export const Tlv = valuesOf(tlvTypes);
export const Trailer = valuesOf(trailerFormat);
