// From a byte of a compiled guest to its line in the source, by the source map that the compiler wrote.

import { SourceMap, type SourceMapPayload } from 'node:module';

export interface SourcePlace {
  /** Path from the root of what was compiled; `coldrig/…` for a file of the library, `~lib/…` for one of the compiler. */
  file: string;
  line: number;
  column: number;
}

/** How far the nearest instruction with a place may be. */
const nearBytes = 64;

export class SourceMapError extends Error {
  override readonly name = 'SourceMapError';
}

export class SourcePlaces {
  private readonly map: SourceMap;
  private readonly pathOf: (file: string) => string;
  private readonly files = new Map<string, string>();

  /**
   * `text`: a source map (version 3) with one line, whose column is the byte; `name` is what an error calls it. `pathOf` may give another path for a file.
   * Throws SourceMapError.
   */
  constructor(text: string, name = 'the source map', pathOf = (file: string) => file) {
    this.map = new SourceMap(checked(text, name));
    this.pathOf = pathOf;
  }

  /** The place of the instruction at this byte, where the map has it. */
  at(offset: number): SourcePlace | undefined {
    const entry = this.map.findEntry(0, offset);
    if (!('originalSource' in entry) || entry.generatedColumn !== offset || entry.originalSource === undefined)
      return undefined;
    return {
      file: this.fileOf(entry.originalSource),
      line: entry.originalLine + 1,
      column: entry.originalColumn + 1,
    };
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

  private fileOf(source: string): string {
    const known = this.files.get(source);
    if (known !== undefined) return known;
    const file = this.pathOf(source.replace(/^~lib\/coldrig\//, 'coldrig/'));
    this.files.set(source, file);
    return file;
  }
}

function checked(text: string, name: string): SourceMapPayload {
  const isText = (value: unknown): value is string => typeof value === 'string';
  let map: Partial<SourceMapPayload> | null;
  try {
    map = JSON.parse(text);
  } catch (error) {
    throw new SourceMapError(`${name} is not JSON (${(error as Error).message}); build the module again`);
  }
  const { version, sources, mappings } = map ?? {};
  if (version !== 3 || !isText(mappings) || !Array.isArray(sources) || !sources.every(isText))
    throw new SourceMapError(
      `${name} is no source map: expected {"version": 3, "sources": [...], "mappings": "..."}; build the module again, with asc --sourceMap`,
    );
  return map as SourceMapPayload;
}
