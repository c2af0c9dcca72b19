// A version in words: major.minor.revision, and .build unless it is zero.

/** "255.255.65535.4294967295" */
export const VERSION_TEXT_SIZE: u32 = 24;

/** Writes it to `target` and returns the length. `version` is major << 24 | minor << 16 | revision. */
export function formatVersion(target: usize, version: u32, build: u32): u32 {
  let length = appendDecimal(target, 0, version >> 24);
  length = appendDecimal(target, appendDot(target, length), (version >> 16) & 0xff);
  length = appendDecimal(target, appendDot(target, length), version & 0xffff);
  return build == 0 ? length : appendDecimal(target, appendDot(target, length), build);
}

function appendDot(target: usize, length: u32): u32 {
  store<u8>(target + length, 0x2e);
  return length + 1;
}

function appendDecimal(target: usize, start: u32, value: u32): u32 {
  let digits: u32 = 1;
  for (let rest = value; rest >= 10; rest /= 10) digits++;
  for (let index = digits; index > 0; index--, value /= 10) {
    store<u8>(target + start + index - 1, <u8>(0x30 + (value % 10)));
  }
  return start + digits;
}
