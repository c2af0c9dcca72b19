// Makes dist/, which the package has in place of our TypeScript. `npm pack` and `make package` run it.
//
//   dist/<name>.mjs              a public entry, `coldrig/<name>`; types/ has its declarations
//   dist/<folder>-<file>.mjs     what the command and its threads load (import-source.mjs)
//   docs/api/<name>.md           the page of a public entry
//   dist/page/                   the page of the embedded gateway (host/telemetry/page/package.ts, which runs behind this)
//   dist/guest/<key>.wasm        guests that are compiled already, with their source maps, under the names of the cache (guest.ts)
//
// What must stay true: each source knows its own place, so that it finds the files beside it (presets, guests), which the package has where the
// repository has them; nothing in dist/ depends on the machine that made it.

import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { build } from 'esbuild';
import { howToBundle, knowsItsPlace } from '../bundle.mjs';
import { compileGuests } from '../compile.ts';
import { cacheNameOf, compileGuest, mapNameOf, packedGuests, repositoryRoot, sourceMapOfGuest } from '../guest.ts';
import { builtNameOf } from '../import-source.mjs';
import { writeApiPages } from './api-pages.ts';
import { loadedEntries, packedEntries, publicEntries } from './contents.ts';

const dist = join(repositoryRoot, 'dist');

rmSync(dist, { recursive: true, force: true });
await bundleCode();
declareTypes();
await writeApiPages();
await packGuests();

async function bundleCode(): Promise<void> {
  const loaded = loadedEntries.map((entry) => [builtNameOf(entry).replace(/\.mjs$/, ''), entry]);
  await build({
    ...howToBundle,
    entryPoints: Object.fromEntries([...Object.entries(publicEntries), ...loaded]),
    chunkNames: 'part-[hash]',
    outdir: dist,
    outExtension: { '.js': '.mjs' },
    absWorkingDir: repositoryRoot,
    // Names and places stay; the texts of our sources would be as large as the code.
    sourcesContent: false,
    plugins: [knowsItsPlace(repositoryRoot, '../')],
    logLevel: 'warning',
  });
}

function declareTypes(): void {
  const compiler = join(repositoryRoot, 'node_modules', 'typescript', 'bin', 'tsc');
  const { status } = spawnSync(process.execPath, [compiler, '-p', join('host', 'tools', 'package')], {
    cwd: repositoryRoot,
    stdio: 'inherit',
  });
  if (status !== 0) throw new Error('the declarations of the public entries cannot be made; see above');
  declareWebAssembly(join(dist, 'types'));
}

/** What TypeScript knows of WebAssembly is among the types of a browser, which a project for Node does not have. */
function declareWebAssembly(folder: string): void {
  const place = join(folder, 'webassembly.d.ts');
  for (const name of readdirSync(folder, { recursive: true }).map(String)) {
    const file = join(folder, name);
    const text = name.endsWith('.d.ts') ? readFileSync(file, 'utf8') : '';
    if (!/\bWebAssembly\./.test(text)) continue;
    const reference = relative(dirname(file), place).replaceAll('\\', '/');
    writeFileSync(file, `/// <reference path="${reference}" />\n${text}`);
  }
  const interfaces = ['Global', 'Instance', 'Memory', 'Module', 'Table'].map((name) => `  interface ${name} {}\n`);
  writeFileSync(place, `declare namespace WebAssembly {\n${interfaces.join('')}}\n`);
}

async function packGuests(): Promise<void> {
  await compileGuests(packedEntries.map((entry) => ({ entry })));
  const folder = join(repositoryRoot, packedGuests);
  mkdirSync(folder);
  for (const entry of packedEntries) {
    const module = await compileGuest(entry);
    writeFileSync(join(folder, cacheNameOf(entry)), module);
    writeFileSync(join(folder, mapNameOf(module)), await sourceMapOfGuest(entry));
  }
}
