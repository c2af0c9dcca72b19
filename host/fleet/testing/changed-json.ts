// JSON that somebody has changed: any part of it taken out, doubled or replaced by something else, or a byte of its text.

import fc from 'fast-check';

export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

interface Change {
  /** Which part of those there are, as a share. */
  at: number;
  how: 'replace' | 'remove' | 'wrap' | 'text';
  by: Json;
}

const odd = fc.oneof(
  fc.constantFrom<Json>(null, true, -1, 0.5, 2 ** 53, '', '__proto__', '\ud800', [], {}, 'x'.repeat(2_000)),
  fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<Json>,
);

export const changes: fc.Arbitrary<Change[]> = fc.array(
  fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
    how: fc.constantFrom<Change['how']>('replace', 'remove', 'wrap', 'text'),
    by: odd,
  }),
  { minLength: 1, maxLength: 3 },
);

/** The text of a value after these changes. */
export function changedText(value: Json, list: readonly Change[]): string {
  let text = JSON.stringify(value);
  for (const { at, how, by } of list) {
    if (how === 'text') {
      const place = Math.floor(at * (text.length + 1));
      text = `${text.slice(0, place)}${JSON.stringify(by).slice(0, 3)}${text.slice(place + 1)}`;
      continue;
    }
    let whole: Json;
    try {
      whole = JSON.parse(text);
    } catch {
      continue;
    }
    const parts = partsOf(whole);
    const part = parts[Math.floor(at * parts.length)];
    if (part === undefined) text = JSON.stringify(by);
    else {
      const holder = part.holder as Record<string, Json>;
      if (how === 'remove') delete holder[part.name];
      else
        Object.defineProperty(holder, part.name, {
          ...{ value: how === 'wrap' ? [holder[part.name], by] : by, enumerable: true, configurable: true },
          writable: true,
        });
      text = JSON.stringify(whole);
    }
  }
  return text;
}

function partsOf(value: Json): { holder: object; name: string }[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.keys(value).flatMap((name) => [
    { holder: value, name },
    ...partsOf((value as Record<string, Json>)[name]),
  ]);
}
