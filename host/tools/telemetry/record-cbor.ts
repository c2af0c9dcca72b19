// Telemetry records as CBOR and back: the part of CBOR that records are made of, several times as fast as a library for all of it.
//
//   a4 | 66 s c h e m a | 01 | 64 k i n d | 69 h e a r t b e a t | ...       the same names in the same order in record after record, so the bytes of each
//        name ──────────────> name ──────> ...                               name are kept, and behind a name the one is tried first that came behind it last
//
// A gateway writes ten thousand records a second, and whoever is above it reads them. What must stay true: the bytes are those that cbor-x writes
// (record-cbor.test.ts compares); whatever is not of this part is left to it, so `undefined` is an answer of both functions.

import { gatewayKinds } from '../../../protocol/telemetry/gateway-kinds.ts';
import { envelopeFields, telemetryKinds } from '../../../protocol/telemetry/records.ts';
import {
  beginBytes,
  FALSE,
  hasRoom,
  LIST,
  MAP,
  NEGATIVE,
  NULL,
  putBytes,
  putHead,
  putSigned,
  putSimple,
  putText,
  putWide,
  TEXT,
  TRUE,
  takeBytes,
  textHead,
  textMost,
  U64,
  UNSIGNED,
} from './cbor-writer.ts';

/** Head and text of a name, as it is in a record. */
interface Name {
  text: string;
  bytes: Uint8Array;
  /** The name that came behind it last. */
  next: Name | undefined;
  /** The last short text that was its value. */
  value: { text: string; bytes: Uint8Array } | undefined;
}

/** Names come from outside, too: beyond this many, one that is new is left to the library. */
const namesMost = 4_096;
const shortText = 16;
const depthMost = 8;

const names = new Map<string, Name>();
/** Before the first name of a record. */
const begin: Name = { text: '', bytes: new Uint8Array(0), next: undefined, value: undefined };

function nameOf(text: string): Name | undefined {
  let name = names.get(text);
  if (name !== undefined) return name;
  if (names.size >= namesMost || text.length > textMost || text === '__proto__') return undefined;
  const bytes = Buffer.from(text);
  if (bytes.length !== text.length) return undefined;
  name = { text, bytes: Buffer.concat([textHead(bytes.length), bytes]), next: undefined, value: undefined };
  names.set(text, name);
  return name;
}

for (const fields of [
  envelopeFields,
  ...Object.values({ ...telemetryKinds, ...gatewayKinds }).map((kind) => kind.fields),
])
  for (const { name } of fields) nameOf(name);

let at = 0;
let source: Uint8Array = new Uint8Array(0);

/** Undefined: it has something that is not of this part of CBOR. The bytes are the caller's. */
export function recordBytes(record: Readonly<Record<string, unknown>>): Uint8Array | undefined {
  beginBytes();
  return putMap(record, 0) ? takeBytes() : undefined;
}

function putMap(map: Readonly<Record<string, unknown>>, depth: number): boolean {
  if (depth > depthMost) return false;
  const keys = Object.keys(map);
  putHead(MAP, keys.length);
  for (let index = 0; index < keys.length; index++) {
    const name = nameOf(keys[index]);
    if (name === undefined) return false;
    putBytes(name.bytes);
    if (!putValue(map[keys[index]], depth)) return false;
  }
  return hasRoom();
}

function putValue(value: unknown, depth: number): boolean {
  switch (typeof value) {
    case 'number':
      return putSigned(value);
    case 'string':
      return putText(value);
    case 'bigint':
      return putWide(value);
    case 'boolean':
      putSimple(value ? TRUE : FALSE);
      return true;
    case 'object':
      if (value === null) {
        putSimple(NULL);
        return true;
      }
      if (Array.isArray(value)) return putList(value, depth + 1);
      return Object.getPrototypeOf(value) === Object.prototype && putMap(value as Record<string, unknown>, depth + 1);
    default:
      return false;
  }
}

function putList(list: readonly unknown[], depth: number): boolean {
  if (depth > depthMost) return false;
  putHead(LIST, list.length);
  for (let index = 0; index < list.length; index++) if (!putValue(list[index], depth)) return false;
  return hasRoom();
}

/** Thrown to itself alone: the bytes are not of this part. */
const foreign = new Error('not of this part of CBOR');

/** The value of these bytes, which is a map; undefined: they are not of this part of CBOR, or damaged. */
export function recordOfBytes(bytes: Uint8Array): Record<string, unknown> | undefined {
  source = bytes;
  at = 0;
  last = begin;
  try {
    if (bytes[0] >> 5 !== MAP >> 5) return undefined;
    const record = takeMap(0);
    return at === bytes.length ? record : undefined;
  } catch (error) {
    if (error === foreign) return undefined;
    throw error;
  } finally {
    source = begin.bytes;
  }
}

/** The name that was read last. */
let last = begin;

function takeMap(depth: number): Record<string, unknown> {
  if (depth > depthMost) throw foreign;
  const length = takeNumber(source[at++]);
  const map: Record<string, unknown> = {};
  for (let index = 0; index < length; index++) {
    const name = takeName();
    map[name.text] = takeValue(name, depth);
  }
  return map;
}

function takeName(): Name {
  const expected = last.next;
  if (expected !== undefined && isHere(expected.bytes)) {
    at += expected.bytes.length;
    last = expected;
    return expected;
  }
  const head = source[at++];
  if (head >> 5 !== TEXT >> 5) throw foreign;
  const name = nameOf(takeText(takeNumber(head)));
  if (name === undefined) throw foreign;
  last.next = name;
  last = name;
  return name;
}

function isHere(bytes: Uint8Array): boolean {
  for (let index = 0; index < bytes.length; index++) if (source[at + index] !== bytes[index]) return false;
  return true;
}

function takeValue(name: Name, depth: number): unknown {
  const head = source[at];
  switch (head >> 5) {
    case UNSIGNED >> 5:
      at++;
      return head === U64 ? takeWide() : takeNumber(head);
    case NEGATIVE >> 5:
      at++;
      return -1 - takeNumber(head);
    case TEXT >> 5:
      return takeTextOf(name);
    case LIST >> 5:
      return takeList(name, depth + 1);
    case MAP >> 5:
      return takeMap(depth + 1);
  }
  at++;
  if (head === NULL) return null;
  if (head === TRUE) return true;
  if (head === FALSE) return false;
  throw foreign;
}

function takeList(name: Name, depth: number): unknown[] {
  if (depth > depthMost) throw foreign;
  const length = takeNumber(source[at++]);
  if (length > source.length - at) throw foreign;
  const list: unknown[] = [];
  for (let index = 0; index < length; index++) list.push(takeValue(name, depth));
  return list;
}

/** Class, kind and cryostat are mostly what they were in the record before. */
function takeTextOf(name: Name): string {
  const { value } = name;
  if (value !== undefined && isHere(value.bytes)) {
    at += value.bytes.length;
    return value.text;
  }
  const start = at;
  const text = takeText(takeNumber(source[at++]));
  if (text.length <= shortText) name.value = { text, bytes: source.slice(start, at) };
  return text;
}

function takeText(length: number): string {
  const end = at + length;
  if (end > source.length) throw foreign;
  for (let index = at; index < end; index++) if (source[index] > 0x7f) throw foreign;
  const text = Buffer.prototype.latin1Slice.call(source, at, end);
  at = end;
  return text;
}

/** What the head says; a number of eight bytes is none here. */
function takeNumber(head: number): number {
  const more = head & 31;
  if (more < 24) return more;
  if (more > 26) throw foreign;
  const bytes = 1 << (more - 24);
  if (at + bytes > source.length) throw foreign;
  let number = 0;
  for (let index = 0; index < bytes; index++) number = number * 256 + source[at++];
  return number;
}

function takeWide(): bigint {
  if (at + 8 > source.length) throw foreign;
  const high = takeNumber(26);
  return (BigInt(high) << 32n) | BigInt(takeNumber(26));
}
