// Random CBOR: every way to write a head, known keys with values of any kind, and data that a decoder must refuse.

import fc from 'fast-check';
import { anyCharacter } from '../../../host/board/testing/any-text.ts';

/** How many bytes the argument of a head takes; 0: the head itself holds it. */
type Width = 0 | 1 | 2 | 4 | 8;

/** A head with its argument in this width; a wider one than needed is legal, a narrower one cuts the argument. */
export function head(major: number, argument: bigint | number, width: Width): Uint8Array {
  const value = BigInt(argument);
  if (width === 0) return Uint8Array.of((major << 5) | Math.min(Number(value), 23));
  const bytes = new Uint8Array(1 + width);
  bytes[0] = (major << 5) | (24 + Math.log2(width));
  for (let index = 0; index < width; index++) bytes[width - index] = Number((value >> BigInt(8 * index)) & 0xffn);
  return bytes;
}

const join = (...parts: Uint8Array[]) => new Uint8Array(Buffer.concat(parts));
const anyHead = (major: number, count: number) =>
  fc.constantFrom<Width>(0, 1, 2, 4, 8).map((width) => head(major, count, count > 23 && width === 0 ? 1 : width));
const breakByte = Uint8Array.of(0xff);

const string = (major: number) => (content: Uint8Array) => anyHead(major, content.length).map((h) => join(h, content));

/** Keys that the device knows, and some that it does not. */
const keyNames = [
  ...['d', 'hash', 'confirm', 'off', 'len', 'data', 'sha', 'upgrade', 'image', 'slot', 'name', 'format', 'query'],
  ...['index', 'groups', 'force', 'boot_mode', 'x', '', 'd\0', '__proto__'],
];
const key = fc.constantFrom(...keyNames).chain((name) => string(3)(new Uint8Array(Buffer.from(name))));

const text = fc
  .oneof(
    fc.string({ maxLength: 30 }),
    fc.string({ unit: anyCharacter, maxLength: 8 }),
    fc.constantFrom('mode', 'a', 'tasks'),
  )
  .chain((content) => string(3)(new Uint8Array(Buffer.from(content))));
/** Bytes that are called text. */
const noText = fc.uint8Array({ minLength: 1, maxLength: 9 }).chain(string(3));
const bytes = fc.uint8Array({ maxLength: 40 }).chain(string(2));
const number = fc
  .tuple(fc.constantFrom(0, 1), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), fc.constantFrom<Width>(0, 1, 2, 4, 8))
  .map(([major, value, width]) => head(major, value, width));
const small = fc.nat(40).chain((value) => anyHead(0, value));
const simple = fc.constantFrom(
  ...[[0xf4], [0xf5], [0xf6], [0xf7], [0xf9, 0x3c, 0], [0xfa, 0, 0, 0, 0], [0xfb, 0, 0, 0, 0, 0, 0, 0, 0]].map((each) =>
    Uint8Array.from(each),
  ),
);

/** Sometimes well-formed, but this device must never accept it. */
const poison = fc.oneof(
  fc
    .constantFrom(
      ...[[0xc0, 0], [0xd8, 24, 0x40], [0x7f, 0x61, 0x61, 0xff], [0x5f, 0x41, 1, 0xff], [0x1c], [0x3d], [0x9e], [0xbc]],
      ...[[0x1f], [0xdf], [0xff], [0xe0], [0xf8, 24], [0xf8, 0xff], [0xfc], [0xf0]],
    )
    .map((each) => Uint8Array.from(each)),
  // Lengths and counts that are too large for a message.
  fc
    .tuple(
      fc.constantFrom(2, 3, 4, 5),
      fc.constantFrom(30n, 300n, 2n ** 16n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 63n, 2n ** 64n - 1n),
    )
    .map(([major, count]) => head(major, count, 8)),
);

function container(major: number, items: Uint8Array[], count: number): fc.Arbitrary<Uint8Array> {
  return fc.oneof(
    anyHead(major, count).map((h) => join(h, ...items)),
    fc.constant(join(Uint8Array.of((major << 5) | 31), ...items, breakByte)),
  );
}

const { item } = fc.letrec<{ item: Uint8Array; array: Uint8Array; map: Uint8Array }>((tie) => ({
  item: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    { weight: 3, arbitrary: small },
    { weight: 2, arbitrary: text },
    { weight: 1, arbitrary: noText },
    { weight: 2, arbitrary: bytes },
    { weight: 1, arbitrary: number },
    { weight: 2, arbitrary: simple },
    { weight: 1, arbitrary: tie('array') },
    { weight: 1, arbitrary: tie('map') },
  ),
  array: fc.array(tie('item'), { maxLength: 6 }).chain((items) => container(4, items, items.length)),
  map: fc
    .array(fc.tuple(fc.oneof({ weight: 6, arbitrary: key }, { weight: 1, arbitrary: tie('item') }), tie('item')), {
      maxLength: 5,
    })
    .chain((pairs) => container(5, pairs.flat(), pairs.length)),
}));

const fields = (value: fc.Arbitrary<Uint8Array>) =>
  fc.array(fc.tuple(key, value), { maxLength: 6 }).chain((pairs) => container(5, pairs.flat(), pairs.length));

const named = (name: string, value: fc.Arbitrary<Uint8Array>) => {
  const label = string(3)(new Uint8Array(Buffer.from(name)));
  return fc.option(fc.tuple(label, value), { nil: undefined });
};
const flag = fc.constantFrom(Uint8Array.of(0xf4), Uint8Array.of(0xf5));
const digest = fc
  .oneof(fc.uint8Array({ minLength: 32, maxLength: 32 }), fc.uint8Array({ maxLength: 33 }))
  .chain(string(2));
const list = fc.array(fc.constantFrom(0, 1, 2, 10, 63), { maxLength: 6 }).chain((all) =>
  container(
    4,
    all.map((each) => head(0, each, each > 23 ? 1 : 0)),
    all.length,
  ),
);

/** A map whose keys have values of the right type: it passes the first check. */
const fitting = fc
  .tuple(
    ...[named('d', text), named('hash', digest), named('confirm', flag), named('name', text), named('groups', list)],
    ...[named('off', small), named('len', number), named('data', bytes), named('sha', digest), named('upgrade', flag)],
    ...[named('slot', small), named('index', small), named('format', text), named('query', text), named('force', flag)],
  )
  .chain((pairs) => {
    const given = pairs.filter((pair) => pair !== undefined);
    return container(5, given.flat(), given.length);
  });

/** Containers within containers, definite or not, closed or not. */
const nest = fc
  .tuple(fc.constantFrom(0x81, 0x9f, 0xa1, 0xbf), fc.nat(300), fc.boolean())
  .map(([opening, depth, closed]) => {
    const keyByte = opening >> 5 === 5 ? [0x61, 0x78] : [];
    const closing = closed && (opening & 31) === 31 ? new Uint8Array(depth).fill(0xff) : new Uint8Array(0);
    const layers = Array.from({ length: depth }, () => Uint8Array.of(opening, ...keyByte));
    return join(Uint8Array.of(0xa1, 0x61, 0x78), ...layers, Uint8Array.of(0), closing);
  });

/** A body: mostly a map of keys that the device knows, sometimes anything. */
export const body: fc.Arbitrary<Uint8Array> = fc.oneof(
  { weight: 4, arbitrary: fields(item) },
  { weight: 4, arbitrary: fitting },
  { weight: 3, arbitrary: fields(fc.oneof({ weight: 4, arbitrary: item }, { weight: 1, arbitrary: poison })) },
  { weight: 1, arbitrary: nest },
  { weight: 1, arbitrary: item },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 60 }) },
  // Cut off, and with more bytes behind it.
  { weight: 2, arbitrary: fc.tuple(fields(item), fc.nat(40)).map(([whole, cut]) => whole.slice(0, -1 - cut)) },
  { weight: 1, arbitrary: fc.tuple(fields(item), fc.uint8Array({ maxLength: 9 })).map(([a, b]) => join(a, b)) },
);
