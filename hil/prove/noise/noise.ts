// Hostile input for the lines: messages with wrong headers, damaged frames, and noise.

import fc from 'fast-check';
import { headerSize } from '../../../host/tools/smp/message.ts';
import { body } from './cbor-noise.ts';
import type { Wire } from './wire.ts';

export const groups = [0, 1, 2, 3, 4, 5, 8, 9, 10, 11, 63, 65, 68, 69, 70, 71, 255, 256, 0x4351, 0xffff];
export const commands = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 63, 255];

export interface Header {
  first: number;
  flags: number;
  group: number;
  sequence: number;
  command: number;
}

const anyHeader: fc.Arbitrary<Header> = fc.record({
  first: fc.oneof({ weight: 4, arbitrary: fc.constantFrom(0, 2, 8, 10) }, { weight: 1, arbitrary: fc.nat(255) }),
  flags: fc.constantFrom(0, 0, 0, 255),
  group: fc.oneof(
    { weight: 5, arbitrary: fc.constantFrom(0, 1, 2, 10) },
    { weight: 1, arbitrary: fc.constantFrom(...groups) },
  ),
  sequence: fc.nat(255),
  command: fc.constantFrom(...commands),
});

export function messageOf(header: Header, payload: Uint8Array, length = payload.length): Uint8Array {
  const { first, flags, group, sequence, command } = header;
  return Uint8Array.of(
    ...[first, flags, (length >> 8) & 0xff, length & 0xff, group >> 8, group & 0xff, sequence, command],
    ...payload,
  );
}

/** One request; the length in its header is right, a little wrong, or random. */
const request = fc
  .tuple(
    anyHeader,
    body,
    fc.oneof(
      { weight: 6, arbitrary: fc.constant(0) },
      { weight: 1, arbitrary: fc.integer({ min: -9, max: 9 }) },
      { weight: 1, arbitrary: fc.nat(65535) },
    ),
  )
  .map(([header, payload, lie]) => messageOf(header, payload, Math.max(0, payload.length + lie)));

/** The contents of a frame: one request or several, sometimes cut off or larger than every buffer. */
export const message: fc.Arbitrary<Uint8Array> = fc.oneof(
  { weight: 6, arbitrary: request },
  { weight: 1, arbitrary: fc.array(request, { maxLength: 4 }).map((each) => new Uint8Array(Buffer.concat(each))) },
  { weight: 1, arbitrary: fc.tuple(request, fc.nat(headerSize)).map(([whole, length]) => whole.slice(0, length)) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(request, fc.constantFrom(1900, 2040, 2041, 2048, 2049, 4096, 8000), fc.nat(255))
      .map(([whole, size, byte]) => new Uint8Array(Buffer.concat([whole, Buffer.alloc(size, byte)]).subarray(0, size))),
  },
);

/** A message without a request for an OS reset: for tests that could not know whether the reset still happens. */
export const peaceful = message.filter((bytes) => {
  for (let rest = bytes; rest.length >= headerSize; rest = rest.subarray(headerSize + ((rest[2] << 8) | rest[3])))
    if (rest[4] === 0 && rest[5] === 0 && rest[7] === 5) return false;
  return true;
});

interface Damage {
  where: number;
  kind: 'flip' | 'remove' | 'insert' | 'cut' | 'repeat';
  byte: number;
}

/** Bytes that have a meaning for a receiver. */
const framing = fc.constantFrom(...[0xc0, 0xdb, 0xdc, 0xdd, 6, 9, 4, 0x14, 0x0a, 0x0d, 0x3d, 0x41, 0]);
const damage: fc.Arbitrary<Damage> = fc.record({
  where: fc.nat(9999),
  kind: fc.constantFrom('flip', 'remove', 'insert', 'cut', 'repeat'),
  byte: fc.oneof(framing, fc.nat(255)),
});

function damaged(bytes: Uint8Array, { where, kind, byte }: Damage): Uint8Array {
  const at = Math.floor((where / 10_000) * bytes.length);
  const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)];
  if (kind === 'cut') return before;
  if (kind === 'insert') return Uint8Array.of(...before, byte, ...after);
  if (kind === 'remove') return Uint8Array.of(...before, ...after.subarray(1));
  if (kind === 'repeat') return Uint8Array.of(...before, ...after.subarray(0, 12), ...after);
  return Uint8Array.of(...before, ...after.map((each, index) => (index === 0 ? each ^ (byte || 1) : each)));
}

/** Bytes for a line: frames, damaged ones, and noise between them. */
export const traffic = (wire: Wire): fc.Arbitrary<Uint8Array> => {
  const frame = fc.tuple(message, fc.nat(0xffff)).map(([each, peer]) => wire.encode(each, peer));
  return fc.oneof(
    { weight: 3, arbitrary: frame },
    {
      weight: 5,
      arbitrary: fc
        .tuple(frame, fc.array(damage, { minLength: 1, maxLength: 3 }))
        .map(([whole, all]) => all.reduce(damaged, whole)),
    },
    {
      weight: 2,
      arbitrary: fc.array(fc.oneof(framing, fc.nat(255)), { maxLength: 80 }).map((each) => Uint8Array.from(each)),
    },
  );
};
