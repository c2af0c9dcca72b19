// The package in a folder of its own outside of the repository, installed with npm from its cache or its registry.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { repositoryRoot } from '../../../host/tools/guest.ts';

export interface Installed {
  /** The project in which it is installed. */
  folder: string;
  /** What it writes at run time goes below this. */
  cache: string;
}

/** Packs and installs. The reason in words where npm cannot get the packages that it needs. */
export function installPackage(): Installed | string {
  const base = mkdtempSync(join(tmpdir(), 'coldrig-package-'));
  const [folder, cache] = ['project', 'cache'].map((name) => join(base, name));
  for (const path of [folder, cache]) mkdirSync(path);
  must(spawnSync('npm', ['pack', '--pack-destination', base], { cwd: repositoryRoot, encoding: 'utf8' }), 'npm pack');
  const tarball = readdirSync(base).find((name) => name.endsWith('.tgz')) as string;
  writeFileSync(join(folder, 'package.json'), '{ "name": "project", "private": true, "type": "module" }\n');
  const words = ['install', '--prefer-offline', '--no-audit', '--no-fund', join(base, tarball)];
  const { status, stderr } = spawnSync('npm', words, { cwd: folder, encoding: 'utf8' });
  if (status === 0) return { folder, cache };
  if (/E(NOTFOUND|AI_AGAIN|CONNREFUSED|CONNRESET|TIMEDOUT|NOTCACHED|HOSTUNREACH)|network/.test(stderr))
    return 'npm reaches no registry, and its cache lacks a package that is needed';
  throw new Error(`npm install of the package failed:\n${stderr}`);
}

function must({ status, stderr, stdout }: { status: number | null; stderr: string; stdout: string }, what: string) {
  if (status !== 0) throw new Error(`${what} failed:\n${stdout}\n${stderr}`);
}

/** Every file of the installed package with its size and time, to see that none changes. */
export function contentsOf({ folder }: Installed): string[] {
  const root = join(folder, 'node_modules', 'coldrig');
  if (!existsSync(root)) throw new Error(`${root} is not there`);
  return readdirSync(root, { recursive: true })
    .map((name) => `${name} ${statSync(join(root, String(name))).size} ${statSync(join(root, String(name))).mtimeMs}`)
    .sort();
}
