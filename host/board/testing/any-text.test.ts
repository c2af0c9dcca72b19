// A character is any code point but half of a surrogate pair, from the first to the last.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { anyCharacter } from './any-text.ts';

test('texts of any characters survive UTF-8, and some have characters of four bytes', () => {
  const texts = fc.sample(fc.string({ unit: anyCharacter, maxLength: 8 }), 500);
  for (const text of texts) expect(Buffer.from(text).toString()).toBe(text);
  expect(texts.some((text) => /[\u{10000}-\u{10ffff}]/u.test(text))).toBe(true);
});

test('a character is one code point, and no half of a surrogate pair', () => {
  for (const text of ['a', '\0', '\ud7ff', '\ue000', '\u{10ffff}'])
    expect(anyCharacter.canShrinkWithoutContext(text), text).toBe(true);
  for (const text of ['', 'ab', '\ud800', '\udfff', '\u{10ffff}a', 7])
    expect(anyCharacter.canShrinkWithoutContext(text)).toBe(false);
});
