// Coverage of what boards of the rig run: of one board that counts, or of all that are made while somebody collects.
//
//   const coverage = await countedWhile(work)                  every board made in it, by DeviceUnderTest or by `countedBoard`
//   mergeCoverage([coverage, ...])                              of several processes; it is plain data, for JSON
//   await lcovOfCoverage(coverage)                              for CI and editors
//
// What must stay true: to count changes nothing: neither a cycle nor the log.

import { Board } from '../../host/board/board.ts';
import type { BoardOptions } from '../../host/board/board-options.ts';
import { prepareImage } from '../../host/board/cpu/cpu.ts';
import { type Coverage, type ModuleCoverage, mergeCoverage } from '../../host/tools/coverage/coverage.ts';
import { ownPlaces, shownPath, sourceText } from '../../host/tools/coverage/find-map.ts';
import { lcovOf } from '../../host/tools/coverage/lcov.ts';
import { type SourceBlock, sourceBlocksOf } from '../../host/tools/coverage/source-blocks.ts';
import type { SourcePlaces } from '../../host/tools/source-place.ts';
import { codeHashOf } from '../../host/tools/wasm-sections.ts';

let counting: Board[] | undefined;

/** From now on, new boards count; the result tells what they have executed so far. */
export function beginCounting(): () => Coverage {
  const boards: Board[] = [];
  counting = boards;
  return () => mergeCoverage(boards.map(coverageOf));
}

/** What the boards execute that are made in the course of `work`. */
export async function countedWhile(work: () => Promise<void>): Promise<Coverage> {
  const outer = counting;
  const coverage = beginCounting();
  try {
    await work();
  } finally {
    counting = outer;
  }
  return coverage();
}

/** A board that counts when it is asked to, or while somebody collects. `make` is for a kind of board of one's own. */
export function countedBoard<Made extends Board = Board>(
  options: BoardOptions,
  make: (options: BoardOptions) => Made = (all) => new Board(all) as Made,
): Made {
  const board = make(counting === undefined ? options : { ...options, countBlocks: true });
  counting?.push(board);
  return board;
}

/** What this board has executed since it was made. Throws when it does not count. */
export function coverageOf(board: Board): Coverage {
  const parts = board.blockCounts().map(({ image, handedOver, counts }): Coverage => {
    const role = handedOver ? 'firmware' : 'bootloader';
    return [
      { role, hash: codeHashOf(image.bytes), module: Buffer.from(image.bytes).toString('base64'), counts: [...counts] },
    ];
  });
  return mergeCoverage(parts);
}

/** A module's blocks in terms of its source, with their counts. */
export interface CoveredBlocks {
  role: ModuleCoverage['role'];
  hash: string;
  blocks: SourceBlock[];
  counts: readonly number[];
}

/** The source map of a module that coldrig has not compiled. */
export type PlacesOf = (module: Uint8Array) => SourcePlaces | undefined;

/** `placesOf` is asked for modules that coldrig has not compiled itself; a module without a map has its functions' names and no lines. */
export async function coveredBlocks(coverage: Coverage, placesOf?: PlacesOf): Promise<CoveredBlocks[]> {
  return Promise.all(
    coverage.map(async ({ role, hash, module, counts }) => {
      const bytes = Uint8Array.from(Buffer.from(module, 'base64'));
      return { role, hash, blocks: await blocksOf(bytes, placesOf), counts };
    }),
  );
}

/** The blocks of a module in the order of its counters; `placesOf` as above. */
export async function blocksOf(module: Uint8Array, placesOf: PlacesOf = () => undefined): Promise<SourceBlock[]> {
  const { blocks = [] } = prepareImage(module, { countBlocks: true });
  return sourceBlocksOf(blocks, (await ownPlaces(module)) ?? placesOf(module));
}

/** As an lcov tracefile: firmware and bootloader together, by source file. */
export async function lcovOfCoverage(coverage: Coverage, placesOf?: PlacesOf): Promise<string> {
  return lcovOf(await coveredBlocks(coverage, placesOf), shownPath, sourceText);
}

/** Blocks at a source line that were not reached. */
export interface LeftBlocks {
  function: string;
  /** Missing when the module has no source map. */
  file?: string;
  line?: number;
  blocks: number;
}

export interface CoverageFigure {
  /** Blocks that can be executed: without the failing arms of assertions. */
  blocks: number;
  reached: number;
  /** What is left, in the order of the code. */
  left: LeftBlocks[];
}

/** For each kind of module, the figure of the one that reached most. */
export function coverageFigures(
  modules: readonly CoveredBlocks[],
): Partial<Record<ModuleCoverage['role'], CoverageFigure>> {
  const figures: Partial<Record<ModuleCoverage['role'], CoverageFigure>> = {};
  for (const { role, blocks, counts } of modules) {
    const real = [...blocks.keys()].filter((block) => !blocks[block].isAssertion);
    const missed = real.filter((block) => counts[block] === 0).map((block) => blocks[block]);
    const reached = real.length - missed.length;
    if (reached >= (figures[role]?.reached ?? 0))
      figures[role] = { blocks: real.length, reached, left: leftOf(missed) };
  }
  return figures;
}

function leftOf(missed: SourceBlock[]): LeftBlocks[] {
  const places = new Map<string, LeftBlocks>();
  for (const {
    functionName,
    places: [place],
  } of missed) {
    const key = `${functionName} ${place?.file}:${place?.line}`;
    const known = places.get(key) ?? { function: functionName, file: place?.file, line: place?.line, blocks: 0 };
    known.blocks++;
    places.set(key, known);
  }
  return [...places.values()];
}
