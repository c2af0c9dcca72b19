// Whether two pieces of memory hold the same bytes. The compiler copies `memory.compare` into every function that calls it, half a kilobyte each.
// So everything compares by this function, except the comparisons that decide whether an image boots (verify, keys, revoke, ed25519, the two
// readers of the journal): they compare in place, because a call is one more thing that a glitch can skip.

import { isInRam } from './ram';

export function sameBytes(first: usize, second: usize, size: usize): bool {
  assert(isInRam(first, <u32>size) && isInRam(second, <u32>size), 'both pieces are in memory');
  assert(size != 0, 'there is something to compare');
  return memory.compare(first, second, size) == 0;
}
