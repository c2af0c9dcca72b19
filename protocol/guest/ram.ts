// Which addresses are bytes of the guest's own memory.
//
// A wasm core faults only at addresses behind the end of memory: address 0 can be read and written, and an address that wraps around is that of
// other data. So a function that takes a buffer asserts that the buffer is in memory.

const PAGE_SHIFT: usize = 16;

/** Whether `length` bytes at `pointer` are in memory. Address 0 is no buffer, except of no bytes. */
export function isInRam(pointer: usize, length: u32): bool {
  const end = pointer + <usize>length;
  return end >= pointer && end <= (<usize>memory.size()) << PAGE_SHIFT && (pointer != 0 || length == 0);
}

/** How many bytes there are from `pointer` to the end of memory. */
export function ramBehind(pointer: usize): u32 {
  const size = (<usize>memory.size()) << PAGE_SHIFT;
  assert(pointer <= size, 'an address in memory');
  assert(pointer != 0, 'address 0 is no buffer');
  return <u32>(size - pointer);
}
