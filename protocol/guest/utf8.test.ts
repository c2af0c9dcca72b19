import { isUtf8 } from 'node:buffer';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { anyCharacter } from '../../host/board/testing/any-text.ts';
import { cases } from '../../host/board/testing/cases.ts';
import { instantiateGuest } from '../../host/tools/guest.ts';

interface Guest extends Record<string, unknown> {
  memory: WebAssembly.Memory;
  isUtf8(pointer: number, length: number): number;
}

const input = 0x8000;
let guest: Guest;

beforeAll(async () => {
  guest = await instantiateGuest<Guest>('protocol/guest/utf8.ts');
});

function taken(bytes: Uint8Array): boolean {
  new Uint8Array(guest.memory.buffer).set(bytes, input);
  return guest.isUtf8(input, bytes.length) !== 0;
}

describe('UTF-8', () => {
  test('is what Node takes for it, for every one, two and three bytes that begin unlike ASCII', () => {
    const wrong: string[] = [];
    // Of a third byte only what changes anything: what follows, what does not, and the ends of both.
    for (let first = 0; first < 256; first++)
      for (let second = 0; second < 256; second++)
        for (const third of [-1, 0, 0x7f, 0x80, 0xbf, 0xc0, 0xff]) {
          const bytes = Uint8Array.from(third < 0 ? [first, second] : [first, second, third]);
          if (taken(bytes) !== isUtf8(bytes)) wrong.push(Buffer.from(bytes).toString('hex'));
        }
    expect(wrong).toEqual([]);
  });

  test('is what Node takes for it, for four bytes and for whole texts', () => {
    const point = fc.constantFrom(
      0x7f,
      0x80,
      0x9f,
      0xa0,
      0xbf,
      0xc0,
      0xe0,
      0xed,
      0xef,
      0xf0,
      0xf4,
      0xf5,
      0x8f,
      0x90,
      0x41,
    );
    const texts = fc.string({ unit: anyCharacter }).map((text) => new Uint8Array(Buffer.from(text)));
    const broken = fc.tuple(texts, fc.nat(), point).map(([text, at, byte]) => {
      if (text.length > 0) text[at % text.length] = byte;
      return text;
    });
    const four = fc.array(point, { maxLength: 5 }).map((each) => Uint8Array.from(each));
    fc.assert(
      fc.property(fc.oneof(texts, broken, four), (bytes) => {
        expect(taken(bytes)).toBe(isUtf8(bytes));
      }),
      cases(3000),
    );
  });
});
