// CRC-32 as in IEEE 802.3 and zlib (reflected polynomial 0xEDB88320, initial value and final XOR all ones).
// Half a byte per step with a table of 16 words: small, and fast enough for the records it guards.

import { isInRam } from './ram';

// biome-ignore format: one row per four words reads as the table it is
const TABLE: usize = memory.data<u32>([
  0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac,
  0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
  0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
  0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
]);

/** Continues a finished CRC (0 to begin) over `length` bytes: crc32(crc32(0, a), b) equals crc32(0, ab). */
export function crc32(crc: u32, pointer: usize, length: u32): u32 {
  assert(isInRam(pointer, length), 'the bytes are in memory');
  let state = ~crc;
  for (let index: u32 = 0; index < length; index++) {
    state ^= load<u8>(pointer + index);
    state = (state >> 4) ^ load<u32>(TABLE + ((<usize>state & 15) << 2));
    state = (state >> 4) ^ load<u32>(TABLE + ((<usize>state & 15) << 2));
  }
  return ~state;
}
