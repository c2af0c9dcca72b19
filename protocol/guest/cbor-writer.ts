// CBOR as Zephyr's SMP server writes it: maps and arrays of indefinite length, every number in its shortest form.
//
// One text is written at a time (the core runs to completion), so the writer's position is module state. Running out of
// room is remembered, nothing is written beyond the end, and `writerFinish` tells: no caller checks on the way.

import {
  CBOR_ARRAY,
  CBOR_BYTES,
  CBOR_FALSE,
  CBOR_MAP,
  CBOR_NEGATIVE,
  CBOR_NULL,
  CBOR_TEXT,
  CBOR_TRUE,
  CBOR_UNSIGNED,
} from './cbor-reader';
import { copyLiteral, literalLength } from './literal';

export const WRITER_OVERFLOW: i32 = -1;

const INDEFINITE: u32 = 31;
const BREAK: u32 = 0xff;

let begin: usize = 0;
let position: usize = 0;
let limit: usize = 0;
let overflow: bool = false;

export function writerStart(buffer: usize, capacity: u32): void {
  begin = buffer;
  position = buffer;
  limit = buffer + capacity;
  overflow = false;
}

/** Bytes written since `writerStart`, or WRITER_OVERFLOW when they did not fit. */
export function writerFinish(): i32 {
  assert(position >= begin && position <= limit, 'the writer stays in its buffer');
  return overflow ? WRITER_OVERFLOW : <i32>(position - begin);
}

/** Bytes that still fit; 0 after an overflow. */
function writerRoom(): u32 {
  return overflow ? 0 : <u32>(limit - position);
}

/** Where `length` bytes may go, or 0 when they do not fit. */
function claim(length: u32): usize {
  if (length > writerRoom()) {
    overflow = true;
    return 0;
  }
  const place = position;
  position += length;
  return place;
}

function writeHead(kind: u32, argument: u64): void {
  const size: u32 = argument < 24 ? 0 : argument <= 0xff ? 1 : argument <= 0xffff ? 2 : argument <= 0xffffffff ? 4 : 8;
  const place = claim(1 + size);
  if (place == 0) return;
  const additional: u32 = size == 0 ? <u32>argument : 24 + ctz(size);
  store<u8>(place, <u8>((kind << 5) | additional));
  for (let index: u32 = 0; index < size; index++) {
    store<u8>(place + 1 + index, <u8>(argument >> ((size - 1 - index) << 3)));
  }
}

function writeByte(byte: u32): void {
  const place = claim(1);
  if (place != 0) store<u8>(place, <u8>byte);
}

export function writeMapStart(): void {
  writeByte((CBOR_MAP << 5) | INDEFINITE);
}

/** A map of a known number of pairs, which has no end of its own: for texts that other programs have fixed. */
export function writeMapOf(pairs: u32): void {
  writeHead(CBOR_MAP, pairs);
}

export function writeArrayStart(): void {
  writeByte((CBOR_ARRAY << 5) | INDEFINITE);
}

/** Ends the innermost map or array. */
export function writeEnd(): void {
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
  writeHead(CBOR_BYTES, length);
  const place = claim(length);
  if (place != 0) memory.copy(place, pointer, length);
}

/** Text whose bytes lie in memory. */
export function writeTextBytes(pointer: usize, length: u32): void {
  writeHead(CBOR_TEXT, length);
  const place = claim(length);
  if (place != 0) memory.copy(place, pointer, length);
}

/** Text that is a literal in the source: every key, and most names. */
export function writeText(literal: string): void {
  writeHead(CBOR_TEXT, literalLength(literal));
  const place = claim(literalLength(literal));
  if (place != 0) copyLiteral(place, literal);
}

export function writeUnsignedField(key: string, value: u64): void {
  writeText(key);
  writeUnsigned(value);
}

export function writeBooleanField(key: string, value: bool): void {
  writeText(key);
  writeBoolean(value);
}

export function writeTextField(key: string, value: string): void {
  writeText(key);
  writeText(value);
}
