// The blocks of a module in terms of the source: function, lines, and whether it is the failing arm of an assertion.

import type { SourcePlace, SourcePlaces } from '../source-place.ts';
import { definitionLine, isClosure, plainName } from './definition.ts';

/** A block as the core counts it (host/board/cpu/counters.ts). */
export interface CountedBlock {
  functionName: string;
  /** Where its instructions start in the module. */
  instructions: readonly number[];
  traps: boolean;
}

/** File and line. */
export type SourceLine = Pick<SourcePlace, 'file' | 'line'>;

export interface SourceBlock {
  functionName: string;
  /** Lines its instructions come from, each once, in the order of the code; those of functions that the compiler has put into this one are among them. */
  places: SourceLine[];
  /** It ends in a trap: an assertion failed. */
  isAssertion: boolean;
}

/** Without a map no block has a line. */
export function sourceBlocksOf(blocks: readonly CountedBlock[], map: SourcePlaces | undefined): SourceBlock[] {
  return blocks.map(({ functionName, instructions, traps }) => {
    const places = new Map<string, SourcePlace>();
    for (const offset of map ? instructions : []) {
      const place = map?.at(offset);
      if (place) places.set(`${place.file}:${place.line}`, place);
    }
    return { functionName, places: [...places.values()], isAssertion: traps };
  });
}

/** The indices of the blocks of each function. */
export function blocksByFunction(blocks: readonly SourceBlock[]): Map<string, number[]> {
  const functions = new Map<string, number[]>();
  for (const [index, { functionName }] of blocks.entries()) {
    const known = functions.get(functionName);
    if (known) known.push(index);
    else functions.set(functionName, [index]);
  }
  return functions;
}

/** The text of a source; undefined where it is not there. */
export type TextOf = (file: string) => string | undefined;

/**
 * Where each function stands: its file, and the line that defines it. Where the source is not there, the line is the first of its lines in that file that
 * became code, which may be one of another small function.
 */
export function functionLines(
  blocks: readonly SourceBlock[],
  textOf: TextOf = () => undefined,
): Map<string, SourceLine> {
  const lines = new Map<string, SourceLine>();
  const allFiles = [...new Set(blocks.flatMap(({ places }) => places.map(({ file }) => file)))];
  for (const [name, indices] of blocksByFunction(blocks)) {
    const places = indices.flatMap((index) => blocks[index].places);
    const files = [...new Set(places.map((place) => place.file))];
    // All code of a function may come from other files.
    const file = homeOf(name, files) ?? homeOf(name, allFiles) ?? files[0];
    if (file === undefined) continue;
    const inside = places.filter((place) => place.file === file).map(({ line }) => line);
    const line = lineOf(name, inside, textOf(file));
    if (line !== undefined) lines.set(name, { file, line });
  }
  return lines;
}

function lineOf(name: string, inside: readonly number[], text: string | undefined): number | undefined {
  const defined = text === undefined ? undefined : definitionLine(text, name);
  const own = defined !== undefined && isClosure(name) ? inside.filter((line) => line >= defined) : inside;
  const first = own.length > 0 ? Math.min(...own) : undefined;
  return isClosure(name) ? (first ?? defined) : (defined ?? first);
}

/** The file a function stands in. Names have it: `firmware/sense/clock/readClock` is in firmware/sense/clock.ts. */
function homeOf(functionName: string, files: readonly string[]): string | undefined {
  const plain = plainName(functionName).replace(/^~lib\/coldrig\//, 'coldrig/');
  const stem = plain.slice(0, plain.lastIndexOf('/'));
  const isNamed = (file: string) => {
    const path = file.replace(/\.ts$/, '');
    return plain.startsWith(`${path}/`) || path.endsWith(`/${stem}`);
  };
  return files.filter(isNamed).sort((a, b) => b.length - a.length)[0];
}
