// CBOR as Zephyr's SMP server writes it: maps and arrays of indefinite length, every number in its shortest form.
//
// One text is written at a time (the core runs to completion), so the writer's position is module state. Running out of
// room is remembered, nothing is written beyond the end, and `writerFinish` tells: no caller checks on the way. What must stay true:
// every map and array that was begun is ended before the text is finished.

import {
  CBOR_ARRAY,
  CBOR_BYTES,
  CBOR_DEPTH,
  CBOR_FALSE,
  CBOR_ITEMS,
  CBOR_MAP,
  CBOR_NEGATIVE,
  CBOR_NULL,
  CBOR_TEXT,
  CBOR_TRUE,
  CBOR_UNSIGNED,
} from './cbor-reader';
import { copyLiteral, literalLength } from './literal';
import { isInRam } from './ram';

export const WRITER_OVERFLOW: i32 = -1;

const INDEFINITE: u32 = 31;
const BREAK: u32 = 0xff;

let begin: usize = 0;
let position: usize = 0;
let limit: usize = 0;
let overflow: bool = false;
/** Maps and arrays that were begun and not ended. */
let nesting: u32 = 0;

export function writerStart(buffer: usize, capacity: u32): void {
  assert(isInRam(buffer, capacity), 'a buffer in memory');
  begin = buffer;
  position = buffer;
  limit = buffer + capacity;
  overflow = false;
  nesting = 0;
}

/** Bytes written since `writerStart`, or WRITER_OVERFLOW when they did not fit. */
export function writerFinish(): i32 {
  assert(position >= begin && position <= limit, 'the writer stays in its buffer');
  assert(nesting == 0, 'every map and array was ended');
  return overflow ? WRITER_OVERFLOW : <i32>(position - begin);
}

/** Where `length` bytes may go, or 0 when they do not fit. */
function claim(length: u32): usize {
  assert(position <= limit, 'the writer stays in its buffer');
  if (overflow || length > <u32>(limit - position)) {
    overflow = true;
    return 0;
  }
  const place = position;
  position += length;
  assert(begin != 0 && place >= begin && position <= limit, 'what is written lies in the buffer');
  return place;
}

function writeHead(kind: u32, argument: u64): void {
  assert(kind <= CBOR_MAP, 'a kind that is written');
  const size: u32 = argument < 24 ? 0 : argument <= 0xff ? 1 : argument <= 0xffff ? 2 : argument <= 0xffffffff ? 4 : 8;
  const place = claim(1 + size);
  if (place == 0) return;
  const additional: u32 = size == 0 ? <u32>argument : 24 + ctz(size);
  assert(additional <= 27, 'a head has an argument');
  store<u8>(place, <u8>((kind << 5) | additional));
  for (let index: u32 = 0; index < size; index++) {
    store<u8>(place + 1 + index, <u8>(argument >> ((size - 1 - index) << 3)));
  }
}

function writeByte(byte: u32): void {
  assert(byte <= 0xff, 'a byte');
  const place = claim(1);
  if (place != 0) store<u8>(place, <u8>byte);
}

export function writeMapStart(): void {
  assert(nesting < CBOR_DEPTH, 'no deeper than our own reader goes');
  nesting++;
  writeByte((CBOR_MAP << 5) | INDEFINITE);
}

/** A map of a known number of pairs, which has no end of its own: for texts that other programs have fixed. */
export function writeMapOf(pairs: u32): void {
  assert(pairs <= CBOR_ITEMS, 'no more than our own reader takes');
  writeHead(CBOR_MAP, pairs);
}

export function writeArrayStart(): void {
  assert(nesting < CBOR_DEPTH, 'no deeper than our own reader goes');
  nesting++;
  writeByte((CBOR_ARRAY << 5) | INDEFINITE);
}

/** Ends the innermost map or array. */
export function writeEnd(): void {
  assert(position > begin || overflow, 'something was begun before');
  assert(nesting != 0, 'an end is that of a map or an array');
  nesting--;
  writeByte(BREAK);
}

export function writeUnsigned(value: u64): void {
  writeHead(CBOR_UNSIGNED, value);
}

export function writeInteger(value: i64): void {
  if (value < 0) writeHead(CBOR_NEGATIVE, <u64>~value);
  else writeHead(CBOR_UNSIGNED, <u64>value);
}

export function writeBoolean(value: bool): void {
  writeByte(value ? CBOR_TRUE : CBOR_FALSE);
}

export function writeNull(): void {
  writeByte(CBOR_NULL);
}

export function writeBytes(pointer: usize, length: u32): void {
  assert(isInRam(pointer, length), 'the bytes are in memory');
  writeHead(CBOR_BYTES, length);
  writeContent(pointer, length);
}

/** Text whose bytes lie in memory. */
export function writeTextBytes(pointer: usize, length: u32): void {
  assert(isInRam(pointer, length), 'the text is in memory');
  writeHead(CBOR_TEXT, length);
  writeContent(pointer, length);
}

function writeContent(pointer: usize, length: u32): void {
  assert(
    length == 0 || pointer + length <= begin || pointer >= limit,
    'what is written is not in the buffer that it is written to',
  );
  const place = claim(length);
  if (place != 0) memory.copy(place, pointer, length);
}

/** Text that is a literal in the source: every key, and most names. */
export function writeText(literal: string): void {
  writeHead(CBOR_TEXT, literalLength(literal));
  const place = claim(literalLength(literal));
  if (place == 0) return;
  const copied = copyLiteral(place, literal);
  assert(place + copied == position, 'a text fills its place');
}

export function writeUnsignedField(key: string, value: u64): void {
  assert(nesting != 0 && key.length != 0, 'a field is one of a map, and has a name');
  writeText(key);
  writeUnsigned(value);
}

export function writeBooleanField(key: string, value: bool): void {
  assert(nesting != 0 && key.length != 0, 'a field is one of a map, and has a name');
  writeText(key);
  writeBoolean(value);
}

export function writeTextField(key: string, value: string): void {
  assert(nesting != 0 && key.length != 0, 'a field is one of a map, and has a name');
  writeText(key);
  writeText(value);
}
