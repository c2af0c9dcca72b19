// CBOR (RFC 8949) as far as SMP needs it, for bytes from outside.
//
// `cborCheck` walks an item once, without recursion and within fixed bounds, and every length is compared with the bytes that are left.
// Only then may the other functions be used: they follow an item that is known to be whole, and need no bounds of their own.
// Refused: tags, strings of indefinite length, nesting beyond CBOR_DEPTH, more than CBOR_ITEMS items, simple values other
// than false, true, null and undefined. An item is a pointer to its head; 0 is no item. What must stay true: bytes from outside are refused by
// `cborCheck`, with CBOR_INVALID; the assertions here are about callers that use an item which was not checked.

import { equalsLiteral } from './literal';
import { isInRam, ramBehind } from './ram';

export const CBOR_DEPTH: u32 = 8;
export const CBOR_ITEMS: u32 = 256;

export const CBOR_UNSIGNED: u32 = 0;
export const CBOR_NEGATIVE: u32 = 1;
export const CBOR_BYTES: u32 = 2;
export const CBOR_TEXT: u32 = 3;
export const CBOR_ARRAY: u32 = 4;
export const CBOR_MAP: u32 = 5;
const CBOR_TAG: u32 = 6;
const CBOR_SIMPLE: u32 = 7;

export const CBOR_FALSE: u32 = 0xf4;
export const CBOR_TRUE: u32 = 0xf5;
export const CBOR_NULL: u32 = 0xf6;
const CBOR_UNDEFINED: u32 = 0xf7;
const CBOR_BREAK: u32 = 0xff;

const ONE_BYTE_ARGUMENT: u32 = 24;
const INDEFINITE: u32 = 31;
const LARGEST_ARGUMENT: u32 = 27;
const SMALLEST_FLOAT: u32 = 25;

/** What `cborCheck` and `cborMapFind` return for bytes that are no acceptable item, and for a key that is there twice. */
export const CBOR_INVALID: i32 = -1;
export const CBOR_TWICE: usize = 1;

// One word per open container: how many items it still wants, or one of these while its end is a break.
// A map of indefinite length may end only before a key.
const OPEN_ARRAY: u32 = 0xffffffff;
const OPEN_MAP_KEY: u32 = 0xfffffffe;
const OPEN_MAP_VALUE: u32 = 0xfffffffd;
const open: usize = memory.data((<i32>CBOR_DEPTH) << 2, 4);

export function cborKind(item: usize): u32 {
  assert(item > CBOR_TWICE, 'an item, and neither none nor two');
  return load<u8>(item) >> 5;
}

/** The head's size in bytes: 1, 2, 3, 5 or 9. */
function headSize(item: usize): u32 {
  const additional: u32 = load<u8>(item) & 31;
  if (additional < ONE_BYTE_ARGUMENT || additional == INDEFINITE) return 1;
  assert(additional <= LARGEST_ARGUMENT, 'a head whose size is reserved was refused');
  return 1 + (1 << (additional - ONE_BYTE_ARGUMENT));
}

/** The head's argument: a number's value, a string's length, a container's count. */
export function cborArgument(item: usize): u64 {
  const additional: u32 = load<u8>(item) & 31;
  if (additional < ONE_BYTE_ARGUMENT) return additional;
  assert(additional <= LARGEST_ARGUMENT, 'only a head with an argument has one to read');
  let value: u64 = 0;
  const size = headSize(item);
  assert(size > 1 && size <= 9, 'a number behind the head has 1, 2, 4 or 8 bytes');
  for (let index: u32 = 1; index < size; index++) value = (value << 8) | load<u8>(item + index);
  return value;
}

/** Size in bytes of the one well-formed item at `pointer`, or CBOR_INVALID; what follows it is not looked at. */
export function cborCheck(pointer: usize, length: u32): i32 {
  const end = pointer + length;
  assert(end >= pointer, 'bytes that do not wrap around the end of memory');
  let position = pointer;
  let depth: u32 = 0;
  for (let items: u32 = 0; items < CBOR_ITEMS; items++) {
    if (position >= end) return CBOR_INVALID;
    if (load<u8>(position) == CBOR_BREAK) {
      if (depth == 0 || !mayBreak(depth)) return CBOR_INVALID;
      position++;
      depth--;
    } else {
      const size = itemSize(position, <u32>(end - position));
      if (size == 0) return CBOR_INVALID;
      const kind = cborKind(position);
      if (depth > 0) countItem(depth);
      if (kind == CBOR_ARRAY || kind == CBOR_MAP) {
        if (depth == CBOR_DEPTH || !enter(++depth, position, <u32>(end - position))) return CBOR_INVALID;
      }
      position += size;
    }
    assert(depth <= CBOR_DEPTH, 'nesting stays in its bounds');
    while (depth > 0 && load<u32>(open + ((depth - 1) << 2)) == 0) depth--;
    if (depth > 0) continue;
    assert(position > pointer && position <= end, 'an item has a byte at least, and ends in its bytes');
    return <i32>(position - pointer);
  }
  return CBOR_INVALID;
}

/** Size of the head, and of the content when it is a string; 0 when it is refused or does not fit in `left` bytes. */
function itemSize(item: usize, left: u32): u32 {
  assert(left != 0, 'a head has a byte at least');
  const kind = cborKind(item);
  const additional: u32 = load<u8>(item) & 31;
  if (kind == CBOR_TAG || (additional > LARGEST_ARGUMENT && additional != INDEFINITE)) return 0;
  if (additional == INDEFINITE) return kind == CBOR_ARRAY || kind == CBOR_MAP ? 1 : 0;
  const head = headSize(item);
  if (head > left) return 0;
  if (kind == CBOR_SIMPLE) {
    const initial: u32 = load<u8>(item);
    return (initial >= CBOR_FALSE && initial <= CBOR_UNDEFINED) || additional >= SMALLEST_FLOAT ? head : 0;
  }
  if (kind != CBOR_BYTES && kind != CBOR_TEXT) return head;
  const content = cborArgument(item);
  assert(head <= left, 'what is left behind the head does not wrap');
  return content <= <u64>(left - head) ? head + <u32>content : 0;
}

function mayBreak(depth: u32): bool {
  assert(depth >= 1 && depth <= CBOR_DEPTH, 'a container that is open');
  const wanted = load<u32>(open + ((depth - 1) << 2));
  assert(wanted != 0, 'a full container is left before the next item');
  return wanted == OPEN_ARRAY || wanted == OPEN_MAP_KEY;
}

function countItem(depth: u32): void {
  assert(depth >= 1 && depth <= CBOR_DEPTH, 'a container that is open');
  const slot = open + ((depth - 1) << 2);
  const wanted = load<u32>(slot);
  assert(wanted != 0, 'a full container is left before the next item');
  if (wanted == OPEN_MAP_KEY) store<u32>(slot, OPEN_MAP_VALUE);
  else if (wanted == OPEN_MAP_VALUE) store<u32>(slot, OPEN_MAP_KEY);
  else if (wanted != OPEN_ARRAY) store<u32>(slot, wanted - 1);
}

/** Opens a container; false when it promises more items than the bytes that are left could hold. */
function enter(depth: u32, item: usize, left: u32): bool {
  assert(depth >= 1 && depth <= CBOR_DEPTH, 'the depth was checked');
  const isMap = cborKind(item) == CBOR_MAP;
  assert(isMap || cborKind(item) == CBOR_ARRAY, 'only containers are opened');
  let wanted = isMap ? OPEN_MAP_KEY : OPEN_ARRAY;
  if ((load<u8>(item) & 31) != INDEFINITE) {
    const count = cborArgument(item);
    if (count > <u64>left) return false;
    wanted = isMap ? (<u32>count) << 1 : <u32>count;
  }
  store<u32>(open + ((depth - 1) << 2), wanted);
  return true;
}

/** A checked string's content. */
export function cborContent(item: usize): usize {
  assert(cborKind(item) == CBOR_BYTES || cborKind(item) == CBOR_TEXT, 'only strings have content');
  const content = item + headSize(item);
  assert(isInRam(content, <u32>cborArgument(item)), 'the content of a checked string is in memory');
  return content;
}

export function cborContentLength(item: usize): u32 {
  assert(cborKind(item) == CBOR_BYTES || cborKind(item) == CBOR_TEXT, 'only strings have content');
  const length = cborArgument(item);
  assert(length <= <u64>u32.MAX_VALUE, 'a checked string fits in memory');
  return <u32>length;
}

/** The item behind a checked one. */
export function cborSkip(item: usize): usize {
  assert(item > CBOR_TWICE, 'an item, and neither none nor two');
  const size = cborCheck(item, ramBehind(item));
  assert(size > 0, 'only checked items are walked');
  return item + size;
}

/** The first item in a checked container (a key, in a map), or 0 when it is empty. */
export function cborFirst(container: usize): usize {
  assert(cborKind(container) == CBOR_ARRAY || cborKind(container) == CBOR_MAP, 'only containers have items');
  const first = container + headSize(container);
  if ((load<u8>(container) & 31) == INDEFINITE) return load<u8>(first) == CBOR_BREAK ? 0 : first;
  return cborArgument(container) == 0 ? 0 : first;
}

/** How many items an array has, how many pairs a map has. */
export function cborCount(container: usize): u32 {
  assert(cborKind(container) == CBOR_ARRAY || cborKind(container) == CBOR_MAP, 'only containers have items');
  if ((load<u8>(container) & 31) != INDEFINITE) {
    const count = cborArgument(container);
    assert(count <= <u64>CBOR_ITEMS, 'a checked container has no more items than were counted');
    return <u32>count;
  }
  let items: u32 = 0;
  for (let item = container + 1; load<u8>(item) != CBOR_BREAK; item = cborSkip(item)) items++;
  assert(cborKind(container) == CBOR_ARRAY || (items & 1) == 0, 'a checked map ends before a key');
  return cborKind(container) == CBOR_MAP ? items >> 1 : items;
}

/** The value of a text key in a checked map: 0 when the key is absent, CBOR_TWICE when it is there more than once. */
export function cborMapFind(map: usize, key: string): usize {
  assert(cborKind(map) == CBOR_MAP, 'keys are looked for in maps');
  let found: usize = 0;
  let item = map + headSize(map);
  const pairs = cborCount(map);
  assert(pairs << 1 <= CBOR_ITEMS, 'a checked map has no more items than were counted');
  for (let pair: u32 = 0; pair < pairs; pair++) {
    const value = cborSkip(item);
    if (cborKind(item) == CBOR_TEXT && equalsLiteral(cborContent(item), cborContentLength(item), key)) {
      if (found != 0) return CBOR_TWICE;
      found = value;
    }
    item = cborSkip(value);
    assert(item > value, 'a value has a byte at least');
  }
  return found;
}
