// The blocks of the bootloader with the text of their source line, which the reasons go by.

import { blocksOf } from '../../rig/coverage.ts';
import { type ReasonedBlock, sourceTexts } from '../../rig/coverage-reasons.ts';

/** `file` and `line` are of its first instruction that has a source line; undefined when none has. */
export interface TextBlock extends ReasonedBlock {
  line: number | undefined;
}

/** In the order of the core's counters. */
export async function textBlocksOf(module: Uint8Array): Promise<TextBlock[]> {
  const textOf = sourceTexts();
  return (await blocksOf(module)).map(({ functionName, places: [place], isAssertion }) => {
    const { file, line } = place ?? {};
    return { functionName, file, line, text: textOf(file, line), isAssertion };
  });
}
