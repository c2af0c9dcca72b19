// Puts CBOR into memory, value by value: the part that telemetry records are made of.
//
//   beginBytes() ── putHead, putText, putWord ... ──> takeBytes()         piece after piece of one large memory: an allocation for each record would
//   | record | record | record |                free |                    cost more than its bytes
//
// What must stay true: the bytes are the shortest form, as cbor-x writes them, but for wide numbers, which are eight bytes always; what was taken is never
// written again.

export const UNSIGNED = 0x00;
export const NEGATIVE = 0x20;
export const BYTES = 0x40;
export const TEXT = 0x60;
export const LIST = 0x80;
export const MAP = 0xa0;
export const FALSE = 0xf4;
export const TRUE = 0xf5;
export const NULL = 0xf6;
export const U64 = 0x1b;

export const textMost = 255;
const roomBytes = 1 << 16;
/** There is room for this much at the beginning; a record that needs more may be refused. */
const recordBytesUsual = 1 << 13;

let room = new Uint8Array(0);
let view = new DataView(room.buffer);
let start = 0;
let at = 0;

/** `size`: what there is room for at least. */
export function beginBytes(size = recordBytesUsual): void {
  if (room.length - start < size) {
    room = new Uint8Array(Math.max(roomBytes, size));
    view = new DataView(room.buffer);
    start = 0;
  }
  at = start;
}

/** What was put since the beginning; undefined: it was too long. */
export function takeBytes(): Uint8Array | undefined {
  if (!hasRoom()) return undefined;
  const bytes = room.subarray(start, at);
  start = at;
  return bytes;
}

/** To be asked where there is no bound on what is put. */
export const hasRoom = (): boolean => at <= room.length;

export function putBytes(bytes: Uint8Array): void {
  for (let index = 0; index < bytes.length; index++) room[at++] = bytes[index];
}

/** Bytes that there is room for. */
export function putLong(bytes: Uint8Array): void {
  room.set(bytes, at);
  at += bytes.length;
}

export function putSimple(byte: number): void {
  room[at++] = byte;
}

/** `number`: 32 bits. */
export function putHead(major: number, number: number): void {
  if (number < 24) room[at++] = major | number;
  else if (number < 0x100) {
    room[at++] = major | 24;
    room[at++] = number;
  } else if (number < 0x1_0000) {
    room[at++] = major | 25;
    room[at++] = number >>> 8;
    room[at++] = number;
  } else {
    room[at++] = major | 26;
    putWord(number);
  }
}

/** A number of 32 bits or less, with its sign. False: it is none. */
export function putSigned(number: number): boolean {
  if (number >>> 0 === number) putHead(UNSIGNED, number);
  else if (number >> 0 === number) putHead(NEGATIVE, -1 - number);
  else return false;
  return true;
}

/** An unsigned number of 64 bits, from its halves. */
export function putHalves(high: number, low: number): void {
  room[at++] = U64;
  putWord(high);
  putWord(low);
}

/** False: it is no unsigned number of 64 bits, or there is no room. */
export function putWide(number: bigint): boolean {
  if (number < 0n || number >= 1n << 64n || at + 9 > room.length) return false;
  room[at++] = U64;
  view.setBigUint64(at, number);
  at += 8;
  return true;
}

/** False: it is too long, or is not ASCII. */
export function putText(text: string): boolean {
  const { length } = text;
  if (length > textMost) return false;
  putHead(TEXT, length);
  for (let index = 0; index < length; index++) {
    const code = text.charCodeAt(index);
    if (code > 0x7f) return false;
    room[at++] = code;
  }
  return true;
}

/** Of a text of at most 255 bytes. */
export function textHead(length: number): Uint8Array {
  return Buffer.from(length < 24 ? [TEXT | length] : [TEXT | 24, length]);
}

function putWord(number: number): void {
  room[at++] = number >>> 24;
  room[at++] = number >>> 16;
  room[at++] = number >>> 8;
  room[at++] = number;
}
