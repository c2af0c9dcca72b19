// Reading the known fields of one request. A handler opens the map, reads each field it knows, and asks `fieldsOk()` once. A field of the wrong
// type, or one that is there twice, makes the request a bad one; unknown fields are not looked at.
//
// There is one request at a time (the core runs to completion), so the open map is module state. The item limit of the
// reader keeps the repeated walks short.

import {
  CBOR_BYTES,
  CBOR_FALSE,
  CBOR_INVALID,
  CBOR_MAP,
  CBOR_NEGATIVE,
  CBOR_NULL,
  CBOR_TEXT,
  CBOR_TRUE,
  CBOR_TWICE,
  CBOR_UNSIGNED,
  cborArgument,
  cborCheck,
  cborContent,
  cborContentLength,
  cborKind,
  cborMapFind,
} from './cbor-reader';
import { isInRam } from './ram';
import { isUtf8 } from './utf8';

let map: usize = 0;
let spoilt: bool = true;

/** Selects the map in `length` bytes at `pointer`; false when there is no well-formed map. */
export function openFields(pointer: usize, length: u32): bool {
  assert(isInRam(pointer, length), 'a request in memory');
  const good = cborCheck(pointer, length) != CBOR_INVALID && cborKind(pointer) == CBOR_MAP;
  map = good ? pointer : 0;
  spoilt = !good;
  return good;
}

export function fieldsOk(): bool {
  assert(map != 0 || spoilt, 'without a map no field is good');
  return !spoilt;
}

function spoil(): usize {
  assert(map != 0, 'only a field that is there can spoil a request');
  spoilt = true;
  return 0;
}

/** A field's value whatever its type, or 0 when it is absent. */
export function findField(key: string): usize {
  assert(key.length != 0, 'a field has a name');
  if (map == 0) return 0;
  assert(cborKind(map) == CBOR_MAP, 'fields are those of a map');
  const value = cborMapFind(map, key);
  assert(value == 0 || value == CBOR_TWICE || value > map, 'a value lies behind the head of its map');
  return value == CBOR_TWICE ? spoil() : value;
}

function findFieldOfKind(key: string, kind: u32): usize {
  assert(kind <= CBOR_MAP, 'a kind that a field can have');
  const value = findField(key);
  if (value == 0) return 0;
  return cborKind(value) == kind ? value : spoil();
}

/** A text of valid UTF-8. Other bytes count as a field of the wrong type. */
export function findText(key: string): usize {
  const text = findFieldOfKind(key, CBOR_TEXT);
  assert(text == 0 || text > map, 'a value lies behind the head of its map');
  return text == 0 || isUtf8(cborContent(text), cborContentLength(text)) ? text : spoil();
}

export function findBytes(key: string): usize {
  const bytes = findFieldOfKind(key, CBOR_BYTES);
  assert(bytes == 0 || cborKind(bytes) == CBOR_BYTES, 'a field of another kind is not found');
  return bytes;
}

/** Bytes; null counts as a field that was left out. */
export function findBytesOrNull(key: string): usize {
  const value = findField(key);
  assert(value == 0 || value > map, 'a value lies behind the head of its map');
  return value != 0 && load<u8>(value) == CBOR_NULL ? 0 : findBytes(key);
}

export function readUnsigned(key: string, absent: u64): u64 {
  const value = findFieldOfKind(key, CBOR_UNSIGNED);
  if (value == 0) return absent;
  assert(cborKind(value) == CBOR_UNSIGNED, 'a field of another kind is not found');
  return cborArgument(value);
}

export function readBoolean(key: string, absent: bool): bool {
  const value = findField(key);
  if (value == 0) return absent;
  assert(value > map, 'a value lies behind the head of its map');
  const initial: u32 = load<u8>(value);
  if (initial != CBOR_TRUE && initial != CBOR_FALSE) spoil();
  return initial == CBOR_TRUE;
}

/** A boolean that some clients send as a number: anything but 0 is true. */
export function readFlag(key: string, absent: bool): bool {
  const value = findField(key);
  if (value == 0) return absent;
  const kind = cborKind(value);
  assert(value > map, 'a value lies behind the head of its map');
  if (kind > CBOR_NEGATIVE) return readBoolean(key, absent);
  return kind == CBOR_NEGATIVE || cborArgument(value) != 0;
}
