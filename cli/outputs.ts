// The outputs of a command, checked before its work: none may replace an input of the command, or another output.
//
// What must stay true: files are compared, not names. A symbolic link, a hard link or another spelling leads to the same file.

import { closeSync, openSync, readSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { mayBeInputLog, SIGNATURE_BYTES } from '../host/links/input-log.ts';
import { isSpecial } from '../host/links/pipe.ts';
import { placeOf } from '../host/links/whole-file.ts';
import { ExitCode, Failure } from './failure.ts';
import { checkOutput } from './files.ts';

/** Paths by the option or argument that names them, as a person writes it: `--record`, `<file>`. */
type Paths = Record<string, string | readonly string[] | undefined>;

interface NamedPath {
  option: string;
  path: string;
}

/** Refuses outputs that clash, and those that cannot be written. Each output has the words that errors use for it. */
export function checkOutputs(
  outputs: Record<string, readonly [path: string | undefined, what: string]>,
  inputs: Paths = {},
): void {
  refuseClashes(Object.fromEntries(Object.entries(outputs).map(([option, [path]]) => [option, path])), inputs);
  for (const [path, what] of Object.values(outputs)) if (path !== undefined) checkOutput(path, what);
}

/** Refuses an output that is the same file as an input, or as another output. It touches no file. */
export function refuseClashes(outputs: Paths, inputs: Paths = {}): void {
  const read = new Map(namedPaths(inputs).map((each) => [identityOf(each.path), each]));
  const written = new Map<string | undefined, NamedPath>();
  for (const output of namedPaths(outputs)) {
    const identity = identityOf(output.path);
    if (identity === undefined) continue;
    const [input, other] = [read.get(identity), written.get(identity)];
    if (input !== undefined)
      throw clash(output, input, `the output would replace the input; give another file to ${output.option}`);
    if (other !== undefined)
      throw clash(other, output, 'one output would replace the other; give each a file of its own');
    written.set(identity, output);
  }
}

/** The path where a preset or a file may be named: undefined for a preset, which is in no folder of the user. */
export const unlessPreset = (presets: readonly string[], name: string | undefined): string | undefined =>
  name !== undefined && presets.includes(name) ? undefined : name;

/** A log of inputs may take the place of an older one; any other file is somebody's work. */
export function refuseForeignRecord(path: string): void {
  if (!statSync(path, { throwIfNoEntry: false })?.isFile() || mayBeInputLog(beginOf(path))) return;
  throw new Failure(
    'FILE_EXISTS',
    `--record ${path}: the file exists and is no recording of 'coldrig run'; expected a recording, which is replaced, or a new name; choose another file, or remove this one`,
  );
}

const namedPaths = (paths: Paths): NamedPath[] =>
  Object.entries(paths).flatMap(([option, given]) => [given ?? []].flat().map((path) => ({ option, path })));

function clash(one: NamedPath, other: NamedPath, why: string): Failure {
  const text = `${one.option} ${one.path} and ${other.option} ${other.path} are the same file, and ${why}`;
  return new Failure('OPTION', text, { exitCode: ExitCode.USAGE });
}

/** Equal for two paths that lead to one file, which need not be there yet. Pipes and devices have none: two outputs may go to /dev/null. */
function identityOf(path: string): string | undefined {
  // An empty name, and a path that cannot be followed, are told where the file is opened.
  if (path === '') return undefined;
  try {
    if (isSpecial(path)) return undefined;
    const there = statSync(path, { bigint: true, throwIfNoEntry: false });
    return there === undefined ? realPlaceOf(placeOf(path)) : `${there.dev}:${there.ino}`;
  } catch {
    return undefined;
  }
}

/** The nearest folder that is there may be named by a link. */
function realPlaceOf(path: string): string {
  const folder = dirname(path);
  if (folder === path) return path;
  const isThere = statSync(folder, { throwIfNoEntry: false }) !== undefined;
  return join(isThere ? realpathSync(folder) : realPlaceOf(folder), basename(path));
}

function beginOf(path: string): Uint8Array {
  const bytes = new Uint8Array(SIGNATURE_BYTES);
  let file: number | undefined;
  try {
    file = openSync(path, 'r');
    return bytes.subarray(0, readSync(file, bytes));
  } catch {
    // What may not be read is told when it is written.
    return new Uint8Array();
  } finally {
    if (file !== undefined) closeSync(file);
  }
}
