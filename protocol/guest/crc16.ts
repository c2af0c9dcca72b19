// CRC-16/XMODEM (polynomial 0x1021, initial value 0, nothing reflected): the check of SMP's console framing.
// Over a message followed by its own CRC, big endian, the result is 0. No table: a console line is slow anyway.

import { isInRam } from './ram';

export function crc16Byte(crc: u32, byte: u32): u32 {
  assert(crc <= 0xffff, 'the running CRC has 16 bits');
  assert(byte <= 0xff, 'one byte at a time');
  // Folds the eight shifts of the bitwise form into three: the polynomial's taps are 12, 5 and 0.
  let next = ((crc >> 8) | (crc << 8)) & 0xffff;
  next ^= byte;
  next ^= (next & 0xff) >> 4;
  next ^= (next << 12) & 0xffff;
  next ^= (next & 0xff) << 5;
  return next & 0xffff;
}

/** Continues `crc` (0 to begin) over `length` bytes. */
export function crc16(crc: u32, pointer: usize, length: u32): u32 {
  assert(isInRam(pointer, length), 'the bytes are in memory');
  assert(crc <= 0xffff, 'the running CRC has 16 bits');
  let next = crc;
  for (let index: u32 = 0; index < length; index++) next = crc16Byte(next, load<u8>(pointer + index));
  return next;
}
