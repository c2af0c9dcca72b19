// Finds the source map of a module: in the cache of our own compiler, or in the folder where somebody's own module was built.
//
// A map `<name>.wasm.map` is of the module `<name>.wasm` beside it, whatever an image is called that was signed from that module.
// What must stay true: a map that belongs to another module is never used: lines that are wrong are worse than none.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { developmentImages } from '../build.ts';
import { compileGuest, isCompiled, repositoryRoot, sourceMapOf, sourceMapOfGuest } from '../guest.ts';
import { SourcePlaces } from '../source-place.ts';
import { codeHashOf } from '../wasm-sections.ts';

/** Of a module that coldrig compiled itself; undefined for any other. */
export async function ownPlaces(module: Uint8Array): Promise<SourcePlaces | undefined> {
  const map = sourceMapOf(module) ?? (await stockMap(module));
  return map === undefined ? undefined : new SourcePlaces(map);
}

/** A cache may have a stock guest without its map. */
async function stockMap(module: Uint8Array): Promise<string | undefined> {
  const hash = codeHashOf(module);
  for (const entry of ['bootloader/main.ts', ...new Set(developmentImages.map(({ source }) => source))]) {
    if (isCompiled(entry) && codeHashOf(await compileGuest(entry)) === hash) return sourceMapOfGuest(entry);
  }
  return undefined;
}

/** Of a module that was built into one of these folders; undefined when it was not. Throws a SourceMapError when its map cannot be used. */
export function placesIn(folders: readonly string[], module: Uint8Array): SourcePlaces | undefined {
  const hash = codeHashOf(module);
  for (const folder of folders) {
    for (const name of existsSync(folder) ? readdirSync(folder).sort() : []) {
      const [moduleFile, mapFile] = [join(folder, name), join(folder, `${name}.map`)];
      if (!name.endsWith('.wasm') || !existsSync(mapFile) || codeHashOf(readFileSync(moduleFile)) !== hash) continue;
      return new SourcePlaces(readFileSync(mapFile, 'utf8'), mapFile, (file) => sourceFile(resolve(folder), file));
    }
  }
  return undefined;
}

/** Compilers name sources from the folder they were started in, which is the one of the module or above it. */
function sourceFile(folder: string, file: string): string {
  if (file.startsWith('coldrig/')) return join(repositoryRoot, file.slice('coldrig/'.length));
  if (file.startsWith('~lib/')) return file;
  for (let from = folder; ; from = dirname(from)) {
    const path = join(from, file);
    if (existsSync(path)) return path;
    if (from === dirname(from)) return file;
  }
}

/** The text of a source, as blocks name it; undefined where the source is not there. */
export function sourceText(file: string): string | undefined {
  const path = resolve(repositoryRoot, file.replace(/^coldrig\//, ''));
  return file.startsWith('~lib/') || !existsSync(path) ? undefined : readFileSync(path, 'utf8');
}

/** How a source is named to a person or to a service: from the present folder when it is below it. */
export function shownPath(file: string): string {
  const path = resolve(repositoryRoot, file);
  const fromHere = relative(process.cwd(), path);
  return fromHere.startsWith('..') ? path : fromHere;
}
