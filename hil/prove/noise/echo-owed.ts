// The echo that a body must get, computed from its CBOR. It is written with recursion, where the device uses a stack, and checked against cbor-x.

import { isUtf8 } from 'node:buffer';
import { Decoder } from 'cbor-x/decode-no-eval';

const deepest = 8;
const mostSteps = 256;
// The build without native code: the native one (1.6.9) fails at a string with a length of eight bytes behind one that is not ASCII.
const decoder = new Decoder({ useRecords: false, mapsAsObjects: false, int64AsNumber: true } as object);

interface Walk {
  bytes: Uint8Array;
  /** Heads and breaks seen. */
  steps: number;
}

/** Where the item at `at` ends, or undefined when the device must refuse it. */
function endOf(walk: Walk, at: number, depth: number): number | undefined {
  const { bytes } = walk;
  const first = bytes[at];
  if (first === undefined || ++walk.steps > mostSteps) return undefined;
  const [major, info] = [first >> 5, first & 31];
  if (info === 31) return major === 4 || major === 5 ? endOfOpen(walk, at + 1, major, depth + 1) : undefined;
  const width = info < 24 ? 0 : 1 << (info - 24);
  const content = at + 1 + width;
  if (info > 27 || content > bytes.length || major === 6) return undefined;
  const argument = info < 24 ? info : Number(`0x${Buffer.from(bytes.subarray(at + 1, content)).toString('hex')}`);
  if (major < 2) return content;
  if (major === 7) return (info >= 20 && info <= 23) || info >= 25 ? content : undefined;
  if (major < 4) return content + argument <= bytes.length ? content + argument : undefined;
  if (depth === deepest) return undefined;
  let end: number | undefined = content;
  const items = argument * (major === 5 ? 2 : 1);
  for (let item = 0; item < items && end !== undefined; item++) end = endOf(walk, end, depth + 1);
  return end;
}

/** An array may end anywhere, a map only before a key. */
function endOfOpen(walk: Walk, start: number, major: number, depth: number): number | undefined {
  if (depth > deepest) return undefined;
  let end: number | undefined = start;
  for (let item = 0; end !== undefined; item++) {
    if (walk.bytes[end] === 0xff)
      return (major === 4 || item % 2 === 0) && ++walk.steps <= mostSteps ? end + 1 : undefined;
    end = endOf(walk, end, depth);
  }
  return undefined;
}

/** The whole answer to an echo request with this body, byte by byte. */
export function owed(payload: Uint8Array): { r?: string; rc?: number } {
  const end = endOf({ bytes: payload, steps: 0 }, 0, 0);
  if (end === undefined || payload[0] >> 5 !== 5) return { rc: 3 };
  const values = valuesOf(payload, 'd');
  if (values.length > 1) return { rc: 3 };
  if (values.length === 0) return { r: '' };
  const whole = payload.slice(0, end);
  const text = (decoder.decode(whole) as Map<unknown, unknown>).get('d');
  return typeof text === 'string' && isUtf8(contentOf(payload, values[0])) ? { r: text } : { rc: 3 };
}

/** The bytes of a good string. */
function contentOf(bytes: Uint8Array, at: number): Uint8Array {
  const info = bytes[at] & 31;
  return bytes.subarray(at + 1 + (info < 24 ? 0 : 1 << (info - 24)), endOf({ bytes, steps: 0 }, at, 1));
}

/** Where the values of a text key in a good map begin. */
function valuesOf(bytes: Uint8Array, key: string): number[] {
  const found: number[] = [];
  const walk = () => ({ bytes, steps: 0 });
  const open = (bytes[0] & 31) === 31;
  const width = open || (bytes[0] & 31) < 24 ? 0 : 1 << ((bytes[0] & 31) - 24);
  const count = open
    ? Number.POSITIVE_INFINITY
    : width === 0
      ? bytes[0] & 31
      : Number(`0x${Buffer.from(bytes.subarray(1, 1 + width)).toString('hex')}`);
  let at = 1 + width;
  for (let pair = 0; pair < count && bytes[at] !== 0xff; pair++) {
    const value = endOf(walk(), at, 1) as number;
    if (bytes[at] >> 5 === 3 && decoder.decode(bytes.slice(at, value)) === key) found.push(value);
    at = endOf(walk(), value, 1) as number;
  }
  return found;
}
