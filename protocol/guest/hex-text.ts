// Words as hexadecimal digits, for names that people read: the serial number of the device, a hash.

import { FUSE_SERIAL } from './generated/constants';
import { readFusesWord } from './generated/registers';
import { isInRam } from './ram';

const DIGITS: u32 = 8;
const SERIAL_WORDS: u32 = 4;
/** Characters of a serial number. */
export const SERIAL_TEXT_SIZE: u32 = SERIAL_WORDS * DIGITS;

/** Eight digits of the word, the most significant first, at `start` of the text. Returns where the next would stand. */
export function appendHex(text: usize, start: u32, value: u32): u32 {
  assert(isInRam(text, start + DIGITS), 'there is room for the digits');
  assert(start % DIGITS == 0, 'whole words are appended');
  for (let index: u32 = 0; index < DIGITS; index++) {
    const digit = (value >> ((DIGITS - 1 - index) << 2)) & 0xf;
    store<u8>(text + start + index, digit < 10 ? 0x30 + digit : 0x57 + digit);
  }
  return start + DIGITS;
}

/** The serial number in the fuses: SERIAL_TEXT_SIZE characters. Returns their count. */
export function writeSerialText(text: usize): u32 {
  assert(isInRam(text, SERIAL_TEXT_SIZE), 'there is room for a serial number');
  let length: u32 = 0;
  for (let word: u32 = 0; word < SERIAL_WORDS; word++)
    length = appendHex(text, length, bswap<u32>(readFusesWord(FUSE_SERIAL + word)));
  assert(length == SERIAL_TEXT_SIZE, 'all words are written');
  return length;
}
