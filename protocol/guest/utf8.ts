// Whether bytes are UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing beyond U+10FFFF, nothing cut short.
//
// Text of a client is checked before it is used: text with other bytes is no valid CBOR, and a reply could return it.

import { isInRam } from './ram';

/** The smallest code point that needs one, two or three bytes behind the first. */
const LEAST_TWO: u32 = 0x80;
const LEAST_THREE: u32 = 0x800;
const LEAST_FOUR: u32 = 0x10000;
const GREATEST: u32 = 0x10ffff;

export function isUtf8(pointer: usize, length: u32): bool {
  assert(isInRam(pointer, length), 'the bytes are in memory');
  for (let at: u32 = 0; at < length; ) {
    const first: u32 = load<u8>(pointer + at++);
    if (first < 0x80) continue;
    const more: u32 = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;
    // 80 to BF only ever follow, and F8 to FF stand for nothing.
    if (first < 0xc0 || first > 0xf7 || more > length - at) return false;
    let point = first & (0x3f >> more);
    for (let end = at + more; at < end; at++) {
      const next: u32 = load<u8>(pointer + at);
      if ((next & 0xc0) != 0x80) return false;
      point = (point << 6) | (next & 0x3f);
    }
    assert(at <= length, 'no byte behind the text was read');
    const least = more == 1 ? LEAST_TWO : more == 2 ? LEAST_THREE : LEAST_FOUR;
    if (point < least || point > GREATEST || (point >= 0xd800 && point <= 0xdfff)) return false;
  }
  return true;
}
