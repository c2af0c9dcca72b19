// CBOR bodies of SMP messages: cbor-x, with settings for SMP peers, behind a check of our own.
// What must stay true: bytes of the wire reach cbor-x only after `checkBody` has accepted them. The check is bounded and accepts what SMP uses:
// definite or indefinite maps and lists, integers, definite strings, false, true, null, floats.

import { Encoder } from 'cbor-x';

/** Type of a decoded body or of a map inside one. */
export type CborMap = Record<string, unknown>;

const codec = new Encoder({
  useRecords: false,
  variableMapSize: true,
  tagUint8Array: false,
  mapsAsObjects: true,
  int64AsNumber: true,
} as ConstructorParameters<typeof Encoder>[0]);
const deepest = 16;
const utf8 = new TextDecoder('utf-8', { fatal: true });

export function encodeBody(body: CborMap): Uint8Array {
  const given = Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined));
  return new Uint8Array(codec.encode(given));
}

/** The map in a body; an empty body is an empty map. Throws an `Error` that says what is wrong at which byte. */
export function decodeBody(bytes: Uint8Array): CborMap {
  if (bytes.length === 0) return {};
  if (bytes[0] === undefined || bytes[0] >> 5 !== 5) throw new Error('the body is not a map');
  const end = checkBody(bytes, 0, 0);
  if (end !== bytes.length) throw new Error(`${bytes.length - end} bytes stand behind the body, at byte ${end}`);
  return codec.decode(bytes) as CborMap;
}

/** Checks one item and returns its end. */
function checkBody(bytes: Uint8Array, start: number, depth: number): number {
  if (depth > deepest) throw new Error(`nested deeper than ${deepest} at byte ${start}`);
  const { major, value, indefinite, end } = readHead(bytes, start);
  switch (major) {
    case 0:
    case 1:
    case 7:
      return end;
    case 2:
    case 3:
      return checkString(bytes, end, major, value);
    case 4:
    case 5:
      return checkItems(bytes, end, major === 5, indefinite ? Number.POSITIVE_INFINITY : value, depth);
    default:
      throw new Error(`a tag stands at byte ${start}`);
  }
}

function readHead(bytes: Uint8Array, start: number) {
  const first = bytes[start];
  if (first === undefined) throw new Error(`the body ends at byte ${start}, in the middle of a value`);
  const major = first >> 5;
  const info = first & 31;
  if (info === 31) {
    if (major === 4 || major === 5) return { major, value: 0, indefinite: true, end: start + 1 };
    throw new Error(`a string or simple value of indefinite length stands at byte ${start}`);
  }
  if (info > 27) throw new Error(`a reserved length stands at byte ${start}`);
  const extra = info < 24 ? 0 : 1 << (info - 24);
  const end = start + 1 + extra;
  if (end > bytes.length) throw new Error(`the body ends at byte ${bytes.length}, in the middle of a value`);
  if (major === 7 && (info < 20 || info === 24)) throw new Error(`an unknown simple value stands at byte ${start}`);
  let value = info < 24 ? info : 0;
  for (let index = start + 1; index < end; index += 1) value = value * 256 + (bytes[index] as number);
  return { major, value, indefinite: false, end };
}

function checkString(bytes: Uint8Array, start: number, major: number, length: number): number {
  const end = start + length;
  if (end > bytes.length) throw new Error(`a string of ${length} bytes at byte ${start} is longer than the body`);
  if (major === 3) {
    try {
      utf8.decode(bytes.subarray(start, end));
    } catch {
      throw new Error(`the text at byte ${start} is not UTF-8`);
    }
  }
  return end;
}

function checkItems(bytes: Uint8Array, start: number, isMap: boolean, count: number, depth: number): number {
  let offset = start;
  for (let index = 0; index < count; index += 1) {
    if (count === Number.POSITIVE_INFINITY && bytes[offset] === 0xff) return offset + 1;
    if (isMap) {
      const head = bytes[offset];
      if (head !== undefined && head >> 5 !== 3) throw new Error(`a key that is no text stands at byte ${offset}`);
      offset = checkBody(bytes, offset, depth + 1);
    }
    offset = checkBody(bytes, offset, depth + 1);
  }
  return offset;
}
