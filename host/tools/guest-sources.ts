// The sources of a guest as its compiler gets them, and the name that their content gives to the compiled guest.
//
// A process asks for the same guests hundreds of times. What must stay true: the name is that of the files as they are now. So what was read of a
// file, and what was made of it, is used again only while the file has the same time of change and the same size.

import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withoutMessages } from './assert-messages.ts';

export const repositoryRoot = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** A change of a source, for tests that need a guest with a deliberate defect. */
export interface SourceChange {
  /** From the repository's root. */
  path: string;
  /** It must be in the file exactly once. */
  find: string;
  replace: string;
}

/** Part of every guest, whatever its entry imports. */
export const panicPath = 'protocol/guest/panic.ts';

interface Source {
  /** Without the messages of its assertions. */
  text: string;
  /** Paths of what it imports, from the same folder as its own path. */
  imports: string[];
}

/** What was made of a text, and the text: as long as it is the same, nothing is made again. */
interface Made<What> {
  from: string;
  what: What;
}

/** A name for a guest that no guest of other sources, or compiled in another way, has. */
export function nameOfSources(entryPath: string, argumentsOfAsc: string[], changes: SourceChange[] = []): string {
  const how = JSON.stringify(argumentsOfAsc);
  const parts = [how, fileText(settingsPath) ?? '', fileText(compilerPath) ?? ''];
  for (const [path, { text }] of sourcesOf(entryPath, changes)) parts.push(path, text);
  const guest = JSON.stringify([entryPath, how, changes]);
  const last = names.get(guest);
  if (last?.parts.length === parts.length && last.parts.every((part, index) => part === parts[index])) return last.name;
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  const name = hash.digest('hex').slice(0, 32);
  names.set(guest, { parts, name });
  return name;
}

/** To hash the parts takes longer than to see that they are those of the last time. */
const names = new Map<string, { parts: string[]; name: string }>();
const settingsPath = join(repositoryRoot, 'asconfig.json');
const compilerPath = createRequire(import.meta.url).resolve('assemblyscript/package.json');

/** The entry and all its imports, direct and indirect, by path from the repository's root. */
function sourcesOf(entryPath: string, changes: SourceChange[]): Map<string, Source> {
  const sources = new Map<string, Source>();
  const waiting = [panicPath, entryPath];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (sources.has(path)) continue;
    const source = sourceOf(path, repositoryRoot, changes);
    if (source === undefined) throw new Error(`${path} is not there; ${entryPath} needs it`);
    sources.set(path, source);
    waiting.push(...source.imports);
  }
  const unused = changes.find(({ path }) => !sources.has(path));
  if (unused) throw new Error(`${unused.path} was to be changed, but ${entryPath} does not import it`);
  return sources;
}

/** The text of a source for the compiler; undefined when there is no such file. */
export function sourceText(path: string, baseDirectory: string, changes: SourceChange[] = []): string | undefined {
  return sourceOf(path, baseDirectory, changes)?.text;
}

function sourceOf(path: string, baseDirectory: string, changes: SourceChange[]): Source | undefined {
  const original = fileText(join(baseDirectory, path));
  if (original === undefined) return undefined;
  const own = changes.filter((change) => change.path === path);
  const key = own.length === 0 ? path : JSON.stringify([path, own]);
  const known = sources.get(key);
  if (known?.from === original) return known.what;
  const text = withoutMessages(own.reduce(changed, original));
  const imports = [...text.matchAll(/\bfrom '(\.[^']*)'/g)].map(([, name]) => `${join(dirname(path), name)}.ts`);
  const what = { text, imports };
  sources.set(key, { from: original, what });
  return what;
}

const sources = new Map<string, Made<Source>>();

function changed(text: string, { path, find, replace }: SourceChange): string {
  const pieces = text.split(find);
  if (pieces.length !== 2) {
    const times = pieces.length - 1;
    throw new Error(`${path}: what is to be changed stands there ${times} times, not once: ${find}`);
  }
  return pieces.join(replace);
}

/** The text of a file; undefined when there is none. */
function fileText(path: string): string | undefined {
  const status = statSync(path, { bigint: true, throwIfNoEntry: false });
  if (!status?.isFile()) return undefined;
  const state = `${status.ino} ${status.ctimeNs} ${status.mtimeNs} ${status.size}`;
  const known = files.get(path);
  if (known?.from === state) return known.what;
  const what = readFileSync(path, 'utf8');
  files.set(path, { from: state, what });
  return what;
}

/** Texts of files, by path; what they are from is the state of the file. */
const files = new Map<string, Made<string>>();
