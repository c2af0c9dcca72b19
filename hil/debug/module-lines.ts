// The source lines of the modules of a run: where each begins in the code, so that a run can be stopped there.
//
// A line begins at an instruction of its own that control comes to from another line, or by a jump. What must stay true: which instructions these are
// follows from the module and its source map alone, so that a place in a run has the same number every time it is repeated.

import { createHash } from 'node:crypto';
import { prepareImage } from '../../host/board/cpu/cpu.ts';
import { ownPlaces } from '../../host/tools/coverage/find-map.ts';
import type { SourceLine } from '../../host/tools/coverage/source-blocks.ts';
import type { SourcePlaces } from '../../host/tools/source-place.ts';
import type { PlacesOf } from '../rig/coverage.ts';

export interface ModuleLines {
  /** By function index, bus imports first. */
  functionNames: readonly string[];
  /** Where lines begin, ascending. Empty without a source map. */
  offsets: readonly number[];
  lines: readonly SourceLine[];
  /** By offset: 1 + the index of the line that begins there, or 0. */
  lineAt: Uint32Array;
  /** By function index: whether it has any. */
  hasLines: readonly boolean[];
}

/** A module runs whose lines are not known yet. */
export class UnknownModule extends Error {
  readonly module: Uint8Array;

  constructor(module: Uint8Array) {
    super('a module runs whose source map has not been looked for');
    this.module = module;
  }
}

/** The modules that have been met. To find a map takes files and may take a compilation, so it is done between two runs. */
export class KnownModules {
  private readonly known = new Map<string, ModuleLines>();
  private readonly placesOf: PlacesOf;

  /** `placesOf` is asked for modules that coldrig has not compiled itself. */
  constructor(placesOf: PlacesOf = () => undefined) {
    this.placesOf = placesOf;
  }

  get all(): ModuleLines[] {
    return [...this.known.values()];
  }

  /** Throws `UnknownModule`. */
  of(module: Uint8Array): ModuleLines {
    const found = this.known.get(hashOf(module));
    if (found === undefined) throw new UnknownModule(module);
    return found;
  }

  ofHash(hash: string): ModuleLines | undefined {
    return this.known.get(hash);
  }

  async learn(module: Uint8Array): Promise<void> {
    this.known.set(hashOf(module), linesOf(module, (await ownPlaces(module)) ?? this.placesOf(module)));
  }
}

/** As a prepared image has it. */
const hashOf = (module: Uint8Array) => createHash('sha256').update(module).digest('hex');

/** Nobody wants to see the lines of code that the compiler brings along, nor those of register accessors, which it puts into every caller. */
const isHidden = (file: string): boolean =>
  file.startsWith('~lib/') || !file.includes('/') || file.endsWith('protocol/guest/generated/registers.ts');

function linesOf(module: Uint8Array, places: SourcePlaces | undefined): ModuleLines {
  const { blocks = [], functionNames } = prepareImage(module, { countBlocks: true });
  const lines: SourceLine[] = [];
  const indices = new Map<string, number>();
  const lineAt = new Uint32Array(module.length);
  const hasLines: boolean[] = functionNames.map(() => false);
  for (const { functionIndex, instructions, ranges } of places === undefined ? [] : blocks) {
    let [before, range] = [0, 0];
    for (const offset of instructions) {
      // The block goes on behind another one: control may come from anywhere.
      if (offset >= ranges[2 * range + 1]) {
        range++;
        before = 0;
      }
      const place = places?.at(offset);
      if (place === undefined || isHidden(place.file)) continue;
      const key = `${place.file}:${place.line}`;
      const index = indices.get(key) ?? lines.push({ file: place.file, line: place.line });
      indices.set(key, index);
      if (index !== before) lineAt[offset] = index;
      before = index;
      hasLines[functionIndex] = true;
    }
  }
  const offsets = Array.from(lineAt.keys()).filter((offset) => lineAt[offset] !== 0);
  return { functionNames, offsets, lines, lineAt, hasLines };
}
