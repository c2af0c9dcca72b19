// Loads TypeScript of this repository into the processes of the test runner, as modules of node itself. `node --import` it, or import it.
//
// The runner's own way looks up each imported name in an object with getters, each time that the name is used: the simulated readout takes 1.7 times
// as long, and so does whatever else is called often. tsx reads every package too, the compiler of guests among them, which takes 7 s.
//
// What must stay true: only the repository's own sources are changed: types are taken out of .ts, and .json is imported like them, as in the bundles
// of the product; lines stay where they are, by source maps.

import { readFile } from 'node:fs/promises';
import { register } from 'node:module';
import { fileURLToPath } from 'node:url';
import { isMainThread } from 'node:worker_threads';

// The thread of the hooks reads this file as well. Threads of the product load bundles (host/tools/bundle.mjs), and need no hooks.
if (isMainThread) register(import.meta.url);

const root = new URL('../../', import.meta.url).href;

export async function load(url, context, next) {
  const place = url.replace(/[?#].*$/, '');
  const [, loader] = /\.(ts|json)$/.exec(place) ?? [];
  if (!place.startsWith(root) || loader === undefined || place.includes('/node_modules/')) return next(url, context);
  const { transform } = await import('esbuild');
  const path = fileURLToPath(place);
  const how = { loader, format: 'esm', target: 'node20', sourcemap: 'inline', sourcefile: path };
  const { code } = await transform(await readFile(path, 'utf8'), how);
  return { format: 'module', source: code, shortCircuit: true };
}
