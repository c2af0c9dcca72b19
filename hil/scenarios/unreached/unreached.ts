// What the scenarios leave of the firmware, with the reasons, and the page that lists it.
//
// What must stay true: the page has every function that is left, and none that is reached; cli/hil.test.ts compares it with a run of the library.

import type { CoverageFigure, LeftBlocks } from '../../rig/coverage.ts';
import { type Reason, reasonAmong, sourceTexts } from '../../rig/coverage-reasons.ts';
import { reasons } from './reasons.ts';

export const unreachedPage = 'docs/unreached.md';
/** Blocks of the firmware that the library must reach. */
export const REACHED_LEAST = 0.9;

const sourceText = sourceTexts();
const reasonOf = ({ function: functionName, file, line }: LeftBlocks): Reason | undefined =>
  reasonAmong(reasons, { functionName, file, text: sourceText(file, line), isAssertion: false });

/** What is wrong with the list of reasons, in words; empty when it is as it should be. */
export function findingsOf(left: readonly LeftBlocks[]): string[] {
  const used = new Set(left.map(reasonOf));
  return [
    ...left
      .filter((each) => reasonOf(each) === undefined)
      .map(
        ({ function: name, file, line }) =>
          `${name} is not reached (${file}:${line} '${sourceText(file, line)}') and has no reason: write a scenario that reaches it, or a reason in hil/scenarios/unreached/reasons.ts`,
      ),
    ...reasons
      .filter((each) => !used.has(each))
      .map(
        ({ reason }) => `nothing is left for the reason '${reason}': take it out of hil/scenarios/unreached/reasons.ts`,
      ),
  ];
}

/** Functions that the page lists. */
export const functionsOnPage = (page: string): string[] =>
  [...new Set([...page.matchAll(/^\| \d+ \| `([^`]+)`/gm)].map(([, name]) => name))].sort();

export function renderUnreached({ blocks, reached, left }: CoverageFigure): string {
  const rows = left.map((each) => {
    const { function: name, file, line, blocks: count } = each;
    const place = file === undefined ? '' : file.startsWith('~lib') ? 'library' : `${file}:${line}`;
    return `| ${count} | \`${name}\` | ${place} | ${reasonOf(each)?.reason ?? 'none given'} |`;
  });
  return `# What the scenarios leave of the firmware

The library in \`hil/scenarios\` reaches ${reached} of ${blocks} blocks of the controller's firmware (${((100 * reached) / blocks).toFixed(1)} %). A block is code that is executed
equally often ([docs/coverage.md](coverage.md)). Below is every block that it does not reach, and why. Lines are those of the day on which this page was made.

This page is generated: \`npx tsx hil/scenarios/unreached/unreached.generate.ts\` runs the library and writes it. A test compares its functions with those of each run.

| blocks | function | line | why it is not reached |
|---|---|---|---|
${rows.join('\n')}
`;
}
