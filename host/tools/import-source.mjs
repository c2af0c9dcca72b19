// Loads TypeScript of this project into a plain node process or thread: in the repository from a bundle that is made when it is needed, in the
// installed package from dist/, where everything was compiled when the package was made.
//
// What must stay true: this file imports nothing of the project at its head, because the package has it without the others.

import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const maker = new URL('./bundle.mjs', import.meta.url);
const dist = new URL('../../dist/', import.meta.url);

/** The exports of `entry`, a path from the root. */
export async function importSource(entry) {
  if (!existsSync(fileURLToPath(maker))) return await import(new URL(builtNameOf(entry), dist).href);
  return await (await import(maker.href)).importSource(entry);
}

/** The file in dist/ that has the exports of an entry. */
export function builtNameOf(entry) {
  return `${entry.replaceAll('/', '-').replace(/\.ts$/, '')}.mjs`;
}
