// A sum over an image's bytes that is cheap enough to be made twice. It says nothing of who made them, only that two readings of flash were
// the same: what SHA-256 saw when the image was verified is what is there when it is handed over.

const PRIME: u64 = 0x100000001b3;

/** The sum `before`, and `length` bytes behind those it covers. Pieces but the last are multiples of 8. */
export function addToChecksum(before: u64, bytes: usize, length: u32): u64 {
  let sum = before;
  let done: u32 = 0;
  for (; done + 8 <= length; done += 8) sum = (sum ^ load<u64>(bytes + done)) * PRIME;
  for (; done < length; done++) sum = (sum ^ <u64>load<u8>(bytes + done)) * PRIME;
  return sum + done;
}
