// Loads one source of this repository with a defect: the one that COLDRIG_DEFECT has, as JSON. `node --import` it behind typescript-hooks.mjs.

import { readFileSync } from 'node:fs';
import { register } from 'node:module';
import { fileURLToPath } from 'node:url';
import { isMainThread } from 'node:worker_threads';
import { transform } from 'esbuild';

const defect = JSON.parse(process.env.COLDRIG_DEFECT ?? 'null');
// The thread of the hooks reads this file as well.
if (isMainThread && defect !== null) register(import.meta.url);

const place = defect && new URL(`../../../${defect.file}`, import.meta.url).href;

export async function load(url, context, next) {
  if (url.replace(/[?#].*$/, '') !== place) return next(url, context);
  const path = fileURLToPath(place);
  const broken = readFileSync(path, 'utf8').replace(defect.was, () => defect.is);
  const { code } = await transform(broken, {
    ...{ format: 'esm', target: 'node20', sourcemap: 'inline', loader: 'ts', sourcefile: path },
  });
  return { format: 'module', source: code, shortCircuit: true };
}
