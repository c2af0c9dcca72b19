// The blocks of the bootloader with the text of their source line, which the reasons go by.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { prepareImage } from '../../../host/board/cpu/cpu.ts';
import { sourceBlocksOf } from '../../../host/tools/coverage/source-blocks.ts';
import { repositoryRoot, sourceMapOfGuest } from '../../../host/tools/guest.ts';
import { type SourcePlace, SourcePlaces } from '../../../host/tools/source-place.ts';

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

/** In the order of the core's counters. */
export async function blocksOf(entry: string, module: Uint8Array): Promise<SourceBlock[]> {
  const { blocks = [] } = prepareImage(module, { countBlocks: true });
  const places = new SourcePlaces(await sourceMapOfGuest(entry));
  return sourceBlocksOf(blocks, places).map(({ functionName, places: [place], isAssertion }) => {
    return { functionName, file: place?.file, line: place?.line, text: textOf(place), isAssertion };
  });
}

function textOf(place: Pick<SourcePlace, 'file' | 'line'> | undefined): string {
  if (place === undefined || place.file.startsWith('~lib')) return '';
  return readFileSync(join(repositoryRoot, place.file), 'utf8').split('\n')[place.line - 1].trim();
}
