// Whether two pieces of memory hold the same bytes. `memory.compare` is copied into every function that calls it, half a kilobyte each; this
// is called. What a boot decides by (verify, keys, revoke) compares in place: a call is one more thing that a glitch can skip.

export function sameBytes(first: usize, second: usize, size: usize): bool {
  assert(first != 0 && second != 0, 'there is something to compare');
  assert(size != 0, 'nothing is the same as nothing else');
  return memory.compare(first, second, size) == 0;
}
