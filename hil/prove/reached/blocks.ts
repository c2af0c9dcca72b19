// The blocks of the bootloader with the text of their source line, which the reasons go by.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '../../../host/tools/guest.ts';
import { blocksOf } from '../../rig/coverage.ts';

export interface TextBlock {
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
export async function textBlocksOf(module: Uint8Array): Promise<TextBlock[]> {
  const files = new Map<string, string[]>();
  const textOf = (file: string, line: number): string => {
    if (file.startsWith('~lib')) return '';
    const lines = files.get(file) ?? readFileSync(join(repositoryRoot, file), 'utf8').split('\n');
    files.set(file, lines);
    return lines[line - 1].trim();
  };
  return (await blocksOf(module)).map(({ functionName, places: [place], isAssertion }) => {
    const { file, line } = place ?? {};
    return { functionName, file, line, text: place ? textOf(place.file, place.line) : '', isAssertion };
  });
}
