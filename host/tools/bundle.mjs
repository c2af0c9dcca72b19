// Bundles TypeScript for a plain node process or thread: an entry and all its imports in a few files, which load in a tenth of the time.
//
// Under the build folder (build-folder.mjs):
//
//   bundle/<entry>/sources.json    the name of the current bundle, and the size and times of its sources when it was made
//   bundle/<entry>/<hash>/         main.mjs and its parts; <hash> is of the contents, so that a running program keeps its own bundle
//
// tsx alone is too slow: it takes 4 ms per source in every process, and it reads every package again: the compiler of guests, 14 MB, takes 7 s of
// processor time with tsx and 0.5 s with node.
//
// What must stay true: a bundle is used only while all its sources have the same size and times, so old code never runs; each source still has its
// own place (`import.meta.url`), so that it finds the files beside it; packages are not bundled.

import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, join, relative, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { buildFolderOf, writeWhole } from './build-folder.mjs';

const ownRoot = fileURLToPath(new URL('../..', import.meta.url));
const sourcesFile = 'sources.json';
/** The result also depends on these files. */
const makers = ['host/tools/bundle.mjs', 'host/tools/build-folder.mjs', 'package-lock.json', 'tsconfig.json'];
/** A program may still run from an older bundle, and load a part of it later. */
const keepOldMs = 3_600_000;

/** Whether esbuild was started here. */
let hasBuilt = false;

/**
 * The exports of `entry` (a path from the repository's root): from a bundle, or by tsx when none can be made, as in a read-only folder. To be called
 * where a process or thread begins, when nobody else in it uses esbuild.
 */
export async function importSource(entry) {
  const url = await bundled(entry).catch(() => undefined);
  // Its process would stay and ask once a second whether ours is still there: an idle program would wake up for that.
  if (hasBuilt) await (await import('esbuild')).stop();
  hasBuilt = false;
  if (url !== undefined) return await import(url);
  const { register } = await import('tsx/esm/api');
  register();
  return await import(pathToFileURL(join(ownRoot, entry)).href);
}

/** The address of an up-to-date bundle of `entry`, made when there is none. Throws when it cannot be made. */
export async function bundled(entry, root = ownRoot) {
  const placeIn = (build) => ({ root, entry, folder: join(build, 'bundle', entry.replaceAll('/', '-')) });
  // In a read-only install, a bundle that another user made there can be used.
  const installed = placeIn(join(root, 'build'));
  const found = currentBundle(installed);
  if (found !== undefined) return addressOf(installed, found);
  const place = placeIn(buildFolderOf(root));
  return addressOf(place, currentBundle(place) ?? (await makeBundle(place)));
}

function addressOf({ folder }, bundle) {
  return pathToFileURL(join(folder, bundle, 'main.mjs')).href;
}

function currentBundle({ root, folder }) {
  try {
    const { bundle, sources } = JSON.parse(readFileSync(join(folder, sourcesFile), 'utf8'));
    const same = Object.entries(sources).every(([path, looks]) => looksOf(root, path) === looks);
    return same && existsSync(join(folder, bundle, 'main.mjs')) ? bundle : undefined;
  } catch {
    return undefined;
  }
}

function looksOf(root, path) {
  const found = statSync(join(root, path), { throwIfNoEntry: false });
  return found ? `${found.size} ${found.mtimeMs} ${found.ctimeMs}` : 'not there';
}

/** What is said to esbuild of every bundle: its parts are shared, packages stay outside. */
export const howToBundle = {
  ...{ bundle: true, splitting: true, packages: 'external', platform: 'node', format: 'esm', target: 'node20' },
  sourcemap: 'linked',
};

/**
 * A plugin of esbuild: each source has its own place as `import.meta.url`. `toRoot` leads from a part of the bundle to the root; without it the
 * full address is written. `onRead` is told of each source, by its path from the root.
 */
export function knowsItsPlace(root, toRoot, onRead = () => {}) {
  const addressOfSource = (fromRoot) =>
    toRoot === undefined
      ? JSON.stringify(pathToFileURL(join(root, fromRoot)).href)
      : `new URL('${toRoot}${fromRoot}', import.meta.url).href`;
  return {
    name: 'knows its place',
    setup: ({ onLoad }) =>
      onLoad({ filter: /\.(ts|mjs|json)$/ }, ({ path }) => {
        const fromRoot = relative(root, path).replaceAll(sep, '/');
        onRead(fromRoot);
        const text = readFileSync(path, 'utf8');
        if (path.endsWith('.json')) return { loader: 'json', contents: text };
        const contents = text.replaceAll('import.meta.url', addressOfSource(fromRoot));
        return { loader: path.endsWith('.mjs') ? 'js' : 'ts', contents };
      }),
  };
}

async function makeBundle({ root, entry, folder }) {
  const { build } = await import('esbuild');
  hasBuilt = true;
  // Taken before the sources are read: if one changes in between, the bundle is not used again.
  const sources = Object.fromEntries(makers.map((path) => [path, looksOf(root, path)]));
  // From build/bundle/<entry>/<hash>/, where every part of a bundle lies; from elsewhere by its full address.
  const isInside = folder.startsWith(join(root, 'build'));
  const plugin = knowsItsPlace(root, isInside ? '../../../../' : undefined, (path) => {
    sources[path] = looksOf(root, path);
  });
  const { outputFiles } = await build({
    ...{ ...howToBundle, entryPoints: { main: join(root, entry) }, write: false, absWorkingDir: root },
    // As deep as <hash>/, because the source maps have paths relative to it.
    ...{ outdir: join(folder, 'hash'), outExtension: { '.js': '.mjs' }, plugins: [plugin], logLevel: 'silent' },
  });
  const bundle = write(folder, outputFiles);
  writeWhole(join(folder, sourcesFile), JSON.stringify({ bundle, sources }));
  removeOld(folder, bundle);
  return bundle;
}

/** Writes into a folder with another name first: of two processes that write the same bundle, the first to rename its folder wins. */
function write(folder, outputFiles) {
  const hash = createHash('sha256');
  for (const { path, contents } of outputFiles) hash.update(basename(path)).update(contents);
  const bundle = hash.digest('hex').slice(0, 16);
  if (existsSync(join(folder, bundle))) return bundle;
  const fresh = freshFolder(folder);
  for (const { path, contents } of outputFiles) writeFileSync(join(fresh, basename(path)), contents);
  // Other users who can read the repository can run it.
  chmodSync(fresh, 0o755);
  try {
    renameSync(fresh, join(folder, bundle));
  } catch (error) {
    rmSync(fresh, { recursive: true, force: true });
    if (!existsSync(join(folder, bundle))) throw error;
  }
  return bundle;
}

/** A new folder for this process, in which files are completed before they are moved to their place. */
function freshFolder(folder) {
  mkdirSync(folder, { recursive: true });
  return mkdtempSync(join(folder, '.fresh-'));
}

function removeOld(folder, current) {
  for (const name of readdirSync(folder).filter((name) => name !== current && name !== sourcesFile)) {
    const path = join(folder, name);
    // Another process may be removing it too.
    const { mtimeMs } = statSync(path, { throwIfNoEntry: false }) ?? { mtimeMs: Date.now() };
    if (Date.now() - mtimeMs > keepOldMs) rmSync(path, { recursive: true, force: true });
  }
}
