// Texts of any characters, for properties.

import fc from 'fast-check';

/** Between the code points before and behind them are those that are no characters: halves of a surrogate pair. */
const surrogates = { from: 0xd800, count: 0x800 };
const codePoints = 0x11_0000 - surrogates.count;

/**
 * A character: a unit for `fc.string`. It draws and shrinks as the library's own unit 'binary', which keeps a table of all 1.1 million of them, and
 * takes a second and a half to make it in each process.
 */
export const anyCharacter = fc.nat({ max: codePoints - 1 }).map(characterAt, placeOf);

function characterAt(place: number): string {
  return String.fromCodePoint(place < surrogates.from ? place : place + surrogates.count);
}

/** The inverse of `characterAt`. Throws for what is not one character, as the library expects. */
function placeOf(text: unknown): number {
  const code = typeof text === 'string' ? (text.codePointAt(0) ?? -1) : -1;
  const place = code < surrogates.from ? code : code - surrogates.count;
  if (place < 0 || characterAt(place) !== text) throw new Error(`${JSON.stringify(text)} is not one character`);
  return place;
}
