// The blocks of the bootloader in terms of the source: function, line, and whether it is the failing arm of an assertion.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkImage, prepareImage } from '../../../host/board/cpu/cpu.ts';
import { repositoryRoot, sourceMapOfGuest } from '../../../host/tools/guest.ts';
import { SourcePlaces } from '../../../host/tools/source-place.ts';

export interface SourceBlock {
  functionName: string;
  /** Path and line of its first instruction that has a source line; undefined when none has. */
  file: string | undefined;
  line: number | undefined;
  /** That line, without its indentation; empty where there is none. */
  text: string;
  /** It ends in a trap: an assertion failed. */
  isAssertion: boolean;
}

const unreachable = 0x00;

/** In the order of the core's counters. */
export async function blocksOf(entry: string, module: Uint8Array): Promise<SourceBlock[]> {
  const { blocks } = prepareImage(module, { countBlocks: true });
  if (!blocks) throw new Error('an image prepared with counters has blocks');
  const places = new SourcePlaces(await sourceMapOfGuest(entry));
  const { code } = checkImage(module);
  let next = 0;
  const starts = code.offset;
  const instructionsIn = (from: number, to: number): number[] => {
    const found: number[] = [];
    if (starts[next] > from) next = 0;
    while (starts[next] < from) next++;
    for (let at = next; starts[at] < to; at++) found.push(at);
    return found;
  };
  return blocks.map(({ functionName, ranges }) => {
    const instructions = ranges.flatMap((start, index) =>
      index % 2 === 0 ? instructionsIn(start, ranges[index + 1]) : [],
    );
    const place = instructions.map((at) => places.at(starts[at])).find((found) => found !== undefined);
    const isAssertion = instructions.some((at) => code.opcode[at] === unreachable);
    return { functionName, file: place?.file, line: place?.line, text: textOf(place), isAssertion };
  });
}

function textOf(place: { file: string; line: number } | undefined): string {
  if (place === undefined || place.file.startsWith('~lib')) return '';
  return readFileSync(join(repositoryRoot, place.file), 'utf8').split('\n')[place.line - 1].trim();
}
