// `--lcov FILE`: what firmware and bootloader have executed, as lcov, and in one line.

import { dirname } from 'node:path';
import { type CoverageFigure, coverageFigures, coveredBlocks } from '../hil/rig/coverage.ts';
import type { Coverage } from '../host/tools/coverage/coverage.ts';
import { placesIn, shownPath, sourceText } from '../host/tools/coverage/find-map.ts';
import { lcovOf } from '../host/tools/coverage/lcov.ts';
import { SourceMapError, type SourcePlaces } from '../host/tools/source-place.ts';
import { Failure } from './failure.ts';
import { writeOutput } from './files.ts';

export interface WrittenCoverage {
  /** In words. */
  text: string;
  /** The file itself. */
  lcov: string;
  /** By `bootloader` and `firmware`. */
  figures: Figures;
  /** The same, in numbers alone. */
  sums: Record<string, Omit<CoverageFigure, 'left'>>;
}

type Figures = ReturnType<typeof coverageFigures>;

/** `image`: the file that slot A was made from, when it is not ours. */
export async function writeLcov(coverage: Coverage, path: string, image: string | undefined): Promise<WrittenCoverage> {
  const modules = await coveredBlocks(coverage, (module) => placesFor(image, module));
  const lcov = lcovOf(modules, shownPath, sourceText);
  writeOutput(path, lcov, 'the coverage');
  const figures = coverageFigures(modules);
  const sums = Object.fromEntries(Object.entries(figures).map(([role, { left: _, ...sum }]) => [role, sum]));
  const parts = Object.entries(figures).map(
    ([role, { blocks, reached }]) => `${reached} of ${blocks} blocks of the ${role} (${percent(reached, blocks)} %)`,
  );
  const nameless = modules.some(({ blocks }) => blocks.every(({ places }) => places.length === 0));
  const note = nameless
    ? '; one module has no source map, so its lines are missing: keep its .wasm and .wasm.map in build/, or beside the image'
    : '';
  return { text: `coverage in ${path}: ${parts.join(', ')}${note}`, figures, sums, lcov };
}

/** Of a module that coldrig has not compiled: from where `coldrig build` has put it, or where the image is. */
export function placesFor(image: string | undefined, module: Uint8Array): SourcePlaces | undefined {
  const folders = [...(image === undefined ? [] : [dirname(image)]), 'build', '.'];
  try {
    return placesIn([...new Set(folders)], module);
  } catch (error) {
    if (error instanceof SourceMapError) throw new Failure('SOURCE_MAP', error.message, { cause: error });
    throw error;
  }
}

const percent = (part: number, whole: number): string => ((100 * part) / Math.max(whole, 1)).toFixed(1);
