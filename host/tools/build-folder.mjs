// The folder for build results: build/ of the install, or a folder in the user's cache when build/ cannot be written, as in an install that an
// administrator made for many users.
//
//   <install>/build/                               when it can be written, and is of the repository
//   <cache>/coldrig/<name>-<hash>/                 else, and always for the installed package; <hash> is of the path of the install, so that each install has its own folder
//     node_modules -> <install>/node_modules       for the bundles there
//
// <cache> is $XDG_CACHE_HOME, or ~/.cache; %LOCALAPPDATA% on Windows. What must stay true: a file with its final name is complete, and two
// processes that build at the same time do not disturb each other, even in two containers with the same process number.

import { createHash } from 'node:crypto';
import {
  accessSync,
  constants,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, isAbsolute, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ownRoot = fileURLToPath(new URL('../..', import.meta.url)).replace(/[\\/]$/, '');
const parts = ['', 'bundle', 'guest', 'images', 'keys'];

export class BuildFolderError extends Error {}

/** The folder for the build results of the install at `root`; it exists. Throws a BuildFolderError that says what to set when none can be written. */
export function buildFolderOf(root = ownRoot, environment = process.env) {
  const own = join(root, 'build');
  if (!isPackage(root) && mayBuildIn(own)) return own;
  const cached = join(cacheFolder(environment), 'coldrig', nameOf(root));
  try {
    mkdirSync(cached, { recursive: true, mode: 0o700 });
    accessSync(cached, constants.W_OK);
    linkPackages(root, cached);
  } catch (error) {
    const variable = process.platform === 'win32' ? 'LOCALAPPDATA' : 'XDG_CACHE_HOME';
    throw new BuildFolderError(
      `coldrig builds firmware and keeps a development key, and has no folder for them: ${own} may not be written, and neither may ${cached} ` +
        `(${error.code}); set ${variable} to a folder that you may write`,
    );
  }
  return cached;
}

/** Whether this is the package as npm installs it. It has no TypeScript of ours, and what is written into it is lost at the next install. */
export function isPackage(root = ownRoot) {
  return !existsSync(join(root, 'cli', 'main.ts'));
}

const freshPrefix = '.fresh-';
/** To write a file takes no hour. */
const leftBehindMs = 3_600_000;
const swept = new Set();

/** Removes what processes that were killed have left; once for each folder and process. `nowMs`: by the clock of the disk. */
function sweep(folder, nowMs) {
  if (swept.has(folder)) return;
  swept.add(folder);
  try {
    for (const name of readdirSync(folder).filter((name) => name.startsWith(freshPrefix))) {
      const path = join(folder, name);
      const { mtimeMs } = statSync(path, { throwIfNoEntry: false }) ?? { mtimeMs: nowMs };
      if (nowMs - mtimeMs > leftBehindMs) rmSync(path, { recursive: true, force: true });
    }
  } catch {
    // What another user has left stays where it may not be removed.
  }
}

/** Puts a file at its place in one step, so that a reader never sees a part of it. With `keep`, an existing file stays. */
export function writeWhole(path, contents, { mode = 0o644, keep = false } = {}) {
  const folder = dirname(path);
  let fresh = '';
  try {
    mkdirSync(folder, { recursive: true });
    fresh = mkdtempSync(join(folder, freshPrefix));
    sweep(folder, statSync(fresh).mtimeMs);
    const file = join(fresh, basename(path));
    writeFileSync(file, contents, { mode });
    if (keep) linkUnlessThere(file, path);
    else renameSync(file, path);
  } catch (error) {
    throw new BuildFolderError(`what is built cannot be written to ${path}: ${error.message}`, { cause: error });
  } finally {
    if (fresh !== '') rmSync(fresh, { recursive: true, force: true });
  }
}

function linkUnlessThere(from, to) {
  try {
    linkSync(from, to);
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
  }
}

/** Whether the folder and every existing part of it can be written; when it does not exist, whether it can be made. */
function mayBuildIn(folder) {
  const there = parts.map((part) => join(folder, part)).filter((path) => existsSync(path));
  return (there.length === 0 ? [dirname(folder)] : there).every((path) => {
    try {
      accessSync(path, constants.W_OK);
      return true;
    } catch {
      return false;
    }
  });
}

function cacheFolder({ XDG_CACHE_HOME, LOCALAPPDATA, HOME }) {
  if (process.platform === 'win32' && LOCALAPPDATA) return LOCALAPPDATA;
  // As the XDG base directory specification has it, a path that is not absolute is ignored.
  if (XDG_CACHE_HOME && isAbsolute(XDG_CACHE_HOME)) return XDG_CACHE_HOME;
  return join(HOME || homedir(), '.cache');
}

function nameOf(root) {
  const place = realpathSync(root);
  return `${basename(place)}-${createHash('sha256').update(place).digest('hex').slice(0, 12)}`;
}

/** A bundle looks for packages from its own folder upwards. */
function linkPackages(root, folder) {
  try {
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'), 'junction');
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
  }
}
