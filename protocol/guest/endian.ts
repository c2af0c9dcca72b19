// Network byte order for the wire formats (SMP header, console framing, gateway peer tag).
// The guest's memory is little endian; nothing here may assume alignment, frames start wherever the line left them.

export function loadBig16(pointer: usize): u32 {
  return ((<u32>load<u8>(pointer)) << 8) | load<u8>(pointer, 1);
}

export function storeBig16(pointer: usize, value: u32): void {
  assert(value <= 0xffff, 'a 16-bit field gets a 16-bit value');
  store<u8>(pointer, <u8>(value >> 8));
  store<u8>(pointer, <u8>value, 1);
}
