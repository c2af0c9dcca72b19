// A new project for firmware of one's own: the files of template/, with the name of the project in them, and a package.json that asks for this coldrig.
//
// What must stay true: nothing that is there is changed; a folder that has files is refused before anything is written; a project that cannot be
// written whole leaves nothing behind.

import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { readTextFile } from '../../host/links/text-file.ts';
import { isPackage } from '../../host/tools/build-folder.mjs';
import { repositoryRoot } from '../../host/tools/guest.ts';
import packageFile from '../../package.json' with { type: 'json' };
import { Failure } from '../failure.ts';
import { systemReason } from '../system-error.ts';

/** Names in template/, and in a project where they differ: npm leaves some names out of a package. */
const renamed: Readonly<Record<string, string>> = {
  gitignore: '.gitignore',
  dockerignore: '.dockerignore',
  'github-test.yml': '.github/workflows/test.yml',
  'gitlab-ci.yml': '.gitlab-ci.yml',
};
/** May be in the folder before. */
const harmless = ['.git'];

export interface NewProject {
  /** Paths in the project's folder. */
  files: string[];
  /** Whether coldrig is found from the folder, so that nothing must be installed. */
  isReady: boolean;
}

export function makeProject(folder: string): NewProject {
  refuseUsed(folder);
  const name = nameOf(folder);
  const template = join(repositoryRoot, 'cli', 'new', 'template');
  const sources = readdirSync(template, { recursive: true }).map(String);
  const texts = new Map<string, string>();
  for (const source of sources.filter((path) => statSync(join(template, path)).isFile())) {
    const text = readFileSync(join(template, source), 'utf8').replaceAll("'demo'", `'${name}'`);
    texts.set(renamed[source] ?? source, text);
  }
  texts.set('package.json', `${JSON.stringify(packageOf(name, folder), null, 2)}\n`);
  const made: string[] = [];
  try {
    for (const [path, text] of texts) write(join(folder, path), text, made);
  } catch (error) {
    for (const path of made.reverse()) rmSync(path, { recursive: true, force: true });
    throw error;
  }
  return { files: [...texts.keys()].sort(), isReady: findsColdrig(folder) };
}

function refuseUsed(folder: string): void {
  const found = statSync(folder, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isDirectory())
    throw new Failure('FOLDER', `${folder} is a file; give the name of a folder that is not there, or is empty`);
  const [first] = readdirSync(folder).filter((name) => !harmless.includes(name));
  if (first !== undefined)
    throw new Failure(
      'FOLDER',
      `${folder} is not empty (it has ${first}); give the name of a folder that is not there, or is empty`,
    );
}

/** `made` gets what was made, the file too when only a part of it was written. */
function write(path: string, text: string, made: string[]): void {
  try {
    const folder = mkdirSync(dirname(path), { recursive: true });
    if (folder !== undefined) made.push(folder);
    const file = openSync(path, 'wx');
    made.push(path);
    try {
      writeFileSync(file, text);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    const reason = systemReason(error) ?? (error as Error).message;
    throw new Failure('FILE', `${path} cannot be written: ${reason}; nothing was made`, { cause: error });
  }
}

/** A name that npm takes and that can stand in a text of the firmware, which shows it over SMP. */
function nameOf(folder: string): string {
  const name = basename(resolve(folder))
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, '-')
    .replace(/^-+|-+$/g, '');
  return name === '' ? 'firmware' : name.slice(0, 40);
}

function packageOf(name: string, folder: string): object {
  return {
    ...{ name, version: '1.0.0', private: true, type: 'module' },
    scripts: { test: 'make test' },
    // An editor needs the types of Node for the scenarios.
    devDependencies: { '@types/node': packageFile.devDependencies['@types/node'], coldrig: askedFor(folder) },
  };
}

/** How the project asks for coldrig: as the project does in which it is installed, from a file too, or from this repository. */
function askedFor(folder: string): string {
  const pathFrom = (path: string) => `file:${relative(resolve(folder), path)}`;
  if (!isPackage(repositoryRoot)) return pathFrom(repositoryRoot);
  const owner = dirname(dirname(repositoryRoot));
  const asked = ownerAsksFor(join(owner, 'package.json'));
  if (asked === undefined) return packageFile.version;
  return asked.startsWith('file:') ? pathFrom(join(owner, asked.slice('file:'.length))) : asked;
}

function ownerAsksFor(path: string): string | undefined {
  if (!existsSync(path)) return undefined;
  const { dependencies, devDependencies } = JSON.parse(readTextFile(path));
  return { ...devDependencies, ...dependencies }.coldrig;
}

/** As npx looks for a command: in node_modules/.bin here and above. */
function findsColdrig(folder: string): boolean {
  for (let at = resolve(folder); ; at = dirname(at)) {
    if (existsSync(join(at, 'node_modules', '.bin', 'coldrig'))) return true;
    if (at === dirname(at)) return false;
  }
}
