// Base64 (RFC 4648, section 4), one character at a time: the console line neither needs nor has room for a decoded copy.

export const BASE64_PADDING: u32 = 0x3d;

/** The six bits a character stands for, or -1 for anything that is no base64 character; the padding is none. */
export function base64Sextet(character: u32): i32 {
  assert(character <= 0xff, 'a character of a line is a byte');
  if (character - 0x41 < 26) return <i32>(character - 0x41);
  if (character - 0x61 < 26) return <i32>(character - 0x61 + 26);
  if (character - 0x30 < 10) return <i32>(character - 0x30 + 52);
  if (character == 0x2b) return 62;
  return character == 0x2f ? 63 : -1;
}

export function base64Character(sextet: u32): u32 {
  assert(sextet < 64, 'a base64 digit has six bits');
  if (sextet < 26) return 0x41 + sextet;
  if (sextet < 52) return 0x61 + sextet - 26;
  if (sextet < 62) return 0x30 + sextet - 52;
  return sextet == 62 ? 0x2b : 0x2f;
}
