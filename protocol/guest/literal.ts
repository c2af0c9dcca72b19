// String literals as keys and texts: the compiler puts them in static memory as UTF-16, the wire wants bytes.
// All literals used this way are ASCII, so one UTF-16 unit is one byte. Nothing is allocated.

import { isInRam } from './ram';

export function literalLength(literal: string): u32 {
  return <u32>literal.length;
}

export function literalByte(literal: string, index: u32): u32 {
  const unit: u32 = load<u16>(changetype<usize>(literal) + ((<usize>index) << 1));
  assert(unit < 0x80, 'literals for the wire are ASCII');
  return unit;
}

export function equalsLiteral(pointer: usize, length: u32, literal: string): bool {
  if (length != literalLength(literal)) return false;
  assert(isInRam(pointer, length), 'the bytes are in memory');
  assert(pointer != changetype<usize>(literal), 'a literal is two bytes a character, and no text');
  for (let index: u32 = 0; index < length; index++) {
    if (load<u8>(pointer + index) != literalByte(literal, index)) return false;
  }
  return true;
}

/** Writes the literal's bytes to `target` and returns how many; the caller has made sure that they fit. */
export function copyLiteral(target: usize, literal: string): u32 {
  const length = literalLength(literal);
  assert(isInRam(target, length), 'room for the literal');
  assert(target != changetype<usize>(literal), 'a literal is not written over');
  for (let index: u32 = 0; index < length; index++) store<u8>(target + index, <u8>literalByte(literal, index));
  return length;
}
