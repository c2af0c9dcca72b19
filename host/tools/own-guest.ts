// Compiles the firmware of a user: an entry in AssemblyScript in a project of their own, with the options of our guests and the library in
// firmware/library.
//
// `import … from 'coldrig/guest/smp'` is a file of that library, in this install, wherever it is. The kernel gets the tasks of the project instead of ours.
// What must stay true: only files of the project and of this install are read, and nothing is written.

import { readFileSync } from 'node:fs';
import { isAbsolute, join, relative, sep } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { withoutMessages } from './assert-messages.ts';
import { readIfThere, repositoryRoot } from './guest.ts';

export interface OwnGuest {
  /** The module with the names of its functions. */
  module: Uint8Array;
  /** The source of each byte: a source map (version 3) with one line, whose column is the byte. */
  map: string;
}

/** The compiler's words about a source, laid out in lines with file, line and column. */
export class CompileError extends Error {
  override readonly name = 'CompileError';
}

const wrapper = 'coldrig-wrapper.ts';
const config = 'coldrig-asconfig.json';
const ownPackage = /(?:^|[\\/])node_modules[\\/]coldrig[\\/](.*)$/;
/** What the kernel imports, and what it gets. */
const tasksOfOurs = 'firmware/kernel/tasks.ts';
const tasksOfTheirs = "export * from '../library/tasks';\n";
/** The name under which projects import the library. */
const inLibrary = /^guest\/(.+)\.ts$/;

/**
 * Compiles `entry`, a path from `root`, the folder of the project. `memoryPages`: RAM in pages of 64 KiB. Throws CompileError.
 */
export async function compileOwnGuest(root: string, entry: string, memoryPages?: number): Promise<OwnGuest> {
  const asc = (await import('assemblyscript/asc')).default;
  const fromRoot = relative(root, join(root, entry)).split(sep).join('/');
  if (fromRoot.startsWith('..') || isAbsolute(fromRoot))
    throw new CompileError(`${entry} is not below ${root}; call the command in the folder of its project`);
  let module: Uint8Array | undefined;
  let map = '';
  const pages = memoryPages === undefined ? [] : [String(memoryPages)];
  const words = [
    ...[wrapper, '--config', config, '--target', 'guest', '--baseDir', root, '--sourceMap', '--outFile', 'guest.wasm'],
    ...pages.flatMap((count) => ['--initialMemory', count, '--maximumMemory', count]),
  ];
  const result = await asc.main(words, {
    readFile: (name, baseDirectory) => textOf(name, baseDirectory, fromRoot),
    writeFile: (name, contents) => {
      if (name.endsWith('.map')) map = contents.toString();
      else module = contents as Uint8Array;
    },
    listFiles: () => [],
  });
  if (result.error || module === undefined) throw new CompileError(compilerWords(result));
  return { module, map };
}

/** Without the colors that the compiler adds where the variable CI is set, whatever its output goes to. */
function compilerWords({ stderr, error }: { stderr: object; error: Error | null }): string {
  const said = stripVTControlCharacters(stderr.toString()).trim();
  return said === '' ? (error?.message ?? 'the compiler gave no module and no reason') : said;
}

function textOf(name: string, baseDirectory: string, entry: string): string | null {
  if (name === wrapper)
    return `import 'coldrig/protocol/guest/panic';\nexport * from './${entry.replace(/\.ts$/, '')}';\n`;
  if (name === config) return ownConfig();
  const inPackage = ownPackage.exec(name)?.[1].split(sep).join('/');
  if (inPackage === tasksOfOurs) return tasksOfTheirs;
  const [, module] = inLibrary.exec(inPackage ?? '') ?? [];
  const path = module === undefined ? inPackage : `firmware/library/${module}.ts`;
  const text = readIfThere(path === undefined ? join(baseDirectory, name) : join(repositoryRoot, path));
  if (text === undefined) return null;
  return module === undefined ? shortened(text.toString()) : `export * from '../firmware/library/${module}';\n`;
}

/** The options of our guests; what is called at a failed assertion is a file of the package there. */
function ownConfig(): string {
  const own = JSON.parse(readFileSync(join(repositoryRoot, 'asconfig.json'), 'utf8'));
  own.options.use = own.options.use.map((use: string) => use.replace('=', '=~lib/coldrig/'));
  return JSON.stringify(own);
}

/** Without the messages of its assertions; a source with an error goes to the compiler as it is, which says what is wrong. */
function shortened(text: string): string {
  try {
    return withoutMessages(text);
  } catch {
    return text;
  }
}
