// Loads TypeScript of this repository into the processes of the test runner, as modules of node itself. `node --import` it, or import it.
//
// The runner's own way looks up each imported name in an object with getters, each time that the name is used: the simulated readout takes 1.7 times
// as long, and so does whatever else is called often. tsx reads every package too, the compiler of guests among them, which takes 7 s.
//
// What a source became is kept in build/typescript/, by the source's path, because each process of the runner loads most sources, and a transformer
// of its own for all of them takes it 3 s.
//
// What must stay true: only the repository's own sources are changed: types are taken out of .ts, and .json is imported like them, as in the bundles
// of the product; lines stay where they are, by source maps. What is kept ends with the digest of all that it was made of, and is used for nothing else.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { register } from 'node:module';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isMainThread } from 'node:worker_threads';
import { buildFolderOf, writeWhole } from './build-folder.mjs';

// The thread of the hooks reads this file as well. Threads of the product load bundles (host/tools/bundle.mjs), and need no hooks.
if (isMainThread) register(import.meta.url);

const root = new URL('../../', import.meta.url).href;
const how = { format: 'esm', target: 'node20', sourcemap: 'inline' };
/** All but the source that decides what it becomes; the lock file has the transformer's version. */
const maker = JSON.stringify([how, digestOf(readFileSync(new URL('package-lock.json', root)))]);
let folder;

export async function load(url, context, next) {
  const place = url.replace(/[?#].*$/, '');
  const [, loader] = /\.(ts|json)$/.exec(place) ?? [];
  if (!place.startsWith(root) || loader === undefined || place.includes('/node_modules/')) return next(url, context);
  const path = fileURLToPath(place);
  return { format: 'module', source: await transformed(path, loader), shortCircuit: true };
}

async function transformed(path, loader) {
  const source = readFileSync(path, 'utf8');
  folder ??= join(buildFolderOf(), 'typescript');
  const kept = join(folder, `${relative(fileURLToPath(root), path)}.mjs`);
  const end = `\n// ${digestOf(`${maker}\n${path}\n${source}`)}\n`;
  const before = textIn(kept);
  if (before?.endsWith(end)) return before;
  const { transform } = await import('esbuild');
  const { code } = await transform(source, { ...how, loader, sourcefile: path });
  const text = code + end;
  // Where it cannot be kept, it is made again the next time.
  try {
    writeWhole(kept, text);
  } catch {}
  return text;
}

function textIn(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function digestOf(contents) {
  return createHash('sha256').update(contents).digest('hex');
}
