// From a byte of a compiled guest to its line in the source, by the source map that the compiler wrote.

import { SourceMap } from 'node:module';

export interface SourcePlace {
  /** Path from the root of what was compiled; `coldrig/…` for a file of the library, `~lib/…` for one of the compiler. */
  file: string;
  line: number;
  column: number;
}

/** How far the nearest instruction with a place may be. */
const nearBytes = 64;

export class SourcePlaces {
  private readonly map: SourceMap;

  /** `text`: a source map (version 3) with one line, whose column is the byte. */
  constructor(text: string) {
    this.map = new SourceMap(JSON.parse(text));
  }

  /** The place of the instruction at this byte, where the map has it. */
  at(offset: number): SourcePlace | undefined {
    const entry = this.map.findEntry(0, offset);
    if (!('originalSource' in entry) || entry.generatedColumn !== offset) return undefined;
    return placeOf(entry);
  }

  /** The same, or the place of the nearest instruction before it, else behind it: not every instruction has a place of its own. */
  near(offset: number): SourcePlace | undefined {
    return this.search(offset, -1) ?? this.search(offset, 1);
  }

  private search(offset: number, step: 1 | -1): SourcePlace | undefined {
    for (let distance = 0; distance <= nearBytes; distance++) {
      const place = this.at(offset + step * distance);
      if (place !== undefined) return place;
    }
    return undefined;
  }
}

function placeOf(entry: { originalSource: string; originalLine: number; originalColumn: number }) {
  if (entry.originalSource === undefined) return undefined;
  const file = entry.originalSource.replace(/^~lib\/coldrig\//, 'coldrig/');
  return { file, line: entry.originalLine + 1, column: entry.originalColumn + 1 };
}
