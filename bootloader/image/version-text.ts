// A version as text: major.minor.revision, and .build unless it is zero.

import { isInRam } from '../../protocol/guest/ram';

/** "255.255.65535.4294967295" */
export const VERSION_TEXT_SIZE: u32 = 24;

/** Writes it to `target` and returns the length. `version` is major << 24 | minor << 16 | revision. */
export function formatVersion(target: usize, version: u32, build: u32): u32 {
  assert(isInRam(target, VERSION_TEXT_SIZE), 'there is room for the longest version');
  let length = appendDecimal(target, 0, version >> 24);
  length = appendDecimal(target, appendDot(target, length), (version >> 16) & 0xff);
  length = appendDecimal(target, appendDot(target, length), version & 0xffff);
  if (build != 0) length = appendDecimal(target, appendDot(target, length), build);
  assert(length >= 5 && length <= VERSION_TEXT_SIZE, 'a version has three numbers, and fits its text');
  return length;
}

function appendDot(target: usize, length: u32): u32 {
  assert(length != 0 && length < VERSION_TEXT_SIZE, 'a dot follows a number, and fits');
  store<u8>(target + length, 0x2e);
  return length + 1;
}

function appendDecimal(target: usize, start: u32, value: u32): u32 {
  let digits: u32 = 1;
  for (let rest = value; rest >= 10; rest /= 10) digits++;
  assert(digits <= 10, 'a word has ten digits at most');
  assert(start + digits <= VERSION_TEXT_SIZE, 'a number fits the text');
  for (let index = digits; index > 0; index--, value /= 10) {
    store<u8>(target + start + index - 1, <u8>(0x30 + (value % 10)));
  }
  return start + digits;
}
