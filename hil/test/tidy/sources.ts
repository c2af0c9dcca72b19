// The tree as the tidy rules see it: every file git knows or would add, with its text and its imports.

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import ts from 'typescript';
import { repositoryRoot } from '../../../host/tools/guest.ts';

export interface SourceFile {
  /** From the repository's root, with forward slashes. */
  path: string;
  text: string;
  lines: string[];
}

export interface Import {
  specifier: string;
  /** Path from the root for a relative import, otherwise undefined. */
  target: string | undefined;
  line: number;
}

export function repositoryFiles(): SourceFile[] {
  const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
    cwd: repositoryRoot,
  });
  return listed
    .toString()
    .split('\n')
    .filter((path) => path !== '' && existsSync(join(repositoryRoot, path)))
    .map((path) => {
      const text = readFileSync(join(repositoryRoot, path), 'utf8');
      return { path, text, lines: text.split('\n') };
    });
}

export const isCode = (path: string): boolean => /\.(ts|mjs)$/.test(path);
export const isTest = (path: string): boolean => /\.(test|interop)\.ts$/.test(path);
export const isGenerated = (path: string): boolean => path.includes('/generated/');

export function parse(file: SourceFile): ts.SourceFile {
  return ts.createSourceFile(file.path, file.text, ts.ScriptTarget.ES2022, true, ts.ScriptKind.TS);
}

/** Several rules ask for the same, and to find them takes longer than any rule. */
const imports = new WeakMap<SourceFile, Import[]>();

/** Static imports, re-exports and dynamic imports with a literal. */
export function importsOf(file: SourceFile): Import[] {
  const found = imports.get(file) ?? findImports(file);
  imports.set(file, found);
  return found;
}

function findImports(file: SourceFile): Import[] {
  return ts.preProcessFile(file.text, true, true).importedFiles.map(({ fileName, pos }) => ({
    specifier: fileName,
    target: fileName.startsWith('.') ? resolve(file.path, fileName) : undefined,
    line: file.text.slice(0, pos).split('\n').length,
  }));
}

function resolve(from: string, specifier: string): string {
  const path = normalize(join(dirname(from), specifier));
  return /\.(ts|mjs|json)$/.test(path) ? path : `${path}.ts`;
}
