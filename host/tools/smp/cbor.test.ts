import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cases } from '../../board/testing/cases.ts';
import { decodeBody, encodeBody } from './cbor.ts';

const fromHex = (hex: string) => new Uint8Array(Buffer.from(hex.replace(/ /g, ''), 'hex'));
const toHex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

describe('bodies are written as SMP peers read them', () => {
  const cases: [string, Record<string, unknown>, string][] = [
    ['an empty map', {}, 'a0'],
    ['bytes without a tag', { data: Uint8Array.of(1, 2, 3) }, 'a1 64 64617461 43 010203'],
    ['integers in the fewest bytes', { a: 23, b: 24, c: 65536 }, 'a3 6161 17 6162 1818 6163 1a00010000'],
    ['the largest offset there is', { off: 0xffff_ffff }, 'a1 63 6f6666 1affffffff'],
    ['true, false and text', { t: true, f: false, s: 'é' }, 'a3 6174 f5 6166 f4 6173 62c3a9'],
    ['undefined fields not at all', { a: 1, b: undefined }, 'a1 6161 01'],
  ];
  it.each(cases)('%s', (_name, body, hex) => {
    expect(toHex(encodeBody(body))).toBe(hex.replace(/ /g, ''));
  });

  it('what is written reads back', () => {
    const value = fc.oneof(
      fc.integer({ min: -0x8000_0000, max: 0xffff_ffff }),
      fc.boolean(),
      fc.string({ unit: 'grapheme' }),
      fc.uint8Array({ maxLength: 300 }),
      fc.array(fc.nat(), { maxLength: 40 }),
    );
    fc.assert(
      fc.property(fc.dictionary(fc.stringMatching(/^[a-z][a-z_]{0,19}$/), value), (body) => {
        const read = decodeBody(encodeBody(body));
        const bytesAsLists = (_key: string, item: unknown) =>
          ArrayBuffer.isView(item) ? [...(item as Uint8Array)] : item;
        expect(JSON.parse(JSON.stringify(read, bytesAsLists))).toEqual(JSON.parse(JSON.stringify(body, bytesAsLists)));
      }),
    );
  });
});

describe('bodies from the wire', () => {
  it('may be definite or indefinite maps and lists, or empty', () => {
    expect(decodeBody(fromHex('bf 6161 9f 01 02 ff ff'))).toEqual({ a: [1, 2] });
    expect(decodeBody(fromHex('a1 6161 82 01 02'))).toEqual({ a: [1, 2] });
    expect(decodeBody(new Uint8Array())).toEqual({});
  });

  const refused: [string, string, RegExp][] = [
    ['something else than a map', '82 01 02', /not a map/],
    ['a map cut short', 'a2 6161 01', /ends at byte/],
    ['an indefinite map without its end', 'bf 6161 01', /ends at byte/],
    ['bytes behind the map', 'a0 00', /1 bytes stand behind/],
    ['a tag, which cbor-x would act on', 'a1 6161 c0 6161', /a tag stands at byte 3/],
    ['a record definition of cbor-x', 'd9 dfff 83 19 e0 00', /not a map/],
    ['a key that is a number', 'a1 01 02', /no text/],
    ['an indefinite string', 'a1 6161 7f 6161 ff', /indefinite length/],
    ['a text that is not UTF-8', 'a1 6161 61 ff', /not UTF-8/],
    ['a string longer than the body', 'a1 6161 5a ffffffff 00', /longer than the body/],
    ['a list longer than the body', 'a1 6161 9a ffffffff 00', /ends at byte/],
    ['a reserved length', 'a1 6161 1c', /reserved length/],
    ['an unknown simple value', 'a1 6161 e0', /simple value/],
    ['lists in lists in lists', `a1 6161 ${'81 '.repeat(10_000)}00`, /nested deeper than 16/],
  ];
  it.each(refused)('must not hold %s', (_name, hex, message) => {
    expect(() => decodeBody(fromHex(hex))).toThrow(message);
  });

  it('whatever they are, give a map or an Error with words, and quickly', () => {
    const hostile = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.uint8Array({ maxLength: 200 }).map((bytes) => Uint8Array.from([0xbf, 0x61, 0x61, ...bytes])),
    );
    fc.assert(
      fc.property(hostile, (bytes) => {
        try {
          expect(Object.getPrototypeOf(decodeBody(bytes))).toBe(Object.prototype);
        } catch (error) {
          expect((error as Error).message).toMatch(/byte|map|body/);
          expect(error).not.toBeInstanceOf(TypeError);
        }
      }),
      cases(3000),
    );
  });
});
