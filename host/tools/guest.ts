// Compiles AssemblyScript guests and instantiates single modules for unit tests.
// Compilation runs in this process through the API of asc. The cache is guest/ of the build folder; its key is the content of every source that the
// entry imports. So a hundred tests need one compilation, at any time and in any process.

import { readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { instantiate } from '@assemblyscript/loader';
import { buildFolderOf, writeWhole } from './build-folder.mjs';
import { nameOfSources, panicPath, repositoryRoot, type SourceChange, sourceText } from './guest-sources.ts';
import { madeOnce } from './once.ts';
import { codeHashOf, withoutSection } from './wasm-sections.ts';

export { repositoryRoot, type SourceChange };
/** Where the package has the guests that were compiled when it was made. */
export const packedGuests = join('dist', 'guest');
let chosenFolder: string | undefined;

/** The build folder, which exists; determined once in each process. Throws when none can be written. */
export function buildFolder(): string {
  chosenFolder ??= buildFolderOf(repositoryRoot);
  return chosenFolder;
}

// asc can redirect `abort` only to a file that is part of the program, so every entry is wrapped by one that brings it along.
const wrapperEntry = 'guest.ts';
const wrapperSource = (entryPath: string) =>
  `import './${panicPath.replace(/\.ts$/, '')}';\nexport * from './${entryPath.replace(/\.ts$/, '')}';\n`;

/** Entries whose memory has a size of its own, in pages: the sequencers' is laid out by firmware/sequencer/layout.ts. */
const ownMemoryPages: Record<string, number> = {
  'firmware/sequencer/main.ts': 272,
  'firmware/multiplexer/main.ts': 32,
  'firmware/readout/main.ts': 29,
};

// Most of a compilation is optimization. A guest with a deliberate defect is made for a few runs, so it gets the passes that bring most: its code is as
// large as that of the full list, and it is compiled in a quarter of the time.
const fewPasses = [
  '--optimizeLevel',
  '0',
  '--runPasses',
  'inlining,simplify-globals,simplify-locals,coalesce-locals,vacuum,remove-unused-module-elements,memory-packing',
];

export interface CompileOptions {
  /** Pages of 64 KiB, both initial and maximum; asconfig.json says how many by default. */
  memoryPages?: number;
  /** Extra asc arguments, for instance `--use`. */
  extraArguments?: string[];
  /** Changes of sources for this compilation. */
  changes?: SourceChange[];
  /** The code is made as small as that of a guest without changes. */
  small?: boolean;
}

/** Compiles one entry file (path from the repository root) to a wasm module. Throws with asc's diagnostics. */
export async function compileGuest(entryPath: string, options: CompileOptions = {}): Promise<Uint8Array> {
  const cacheFile = cacheFileOf(entryPath, options);
  return madeOnce(
    cacheFile,
    () => readCached(cacheFile),
    async () => {
      const { binary, map } = await runCompiler(entryPath, options);
      writeWhole(mapFileOf(binary), map);
      writeWhole(cacheFile, binary);
      return binary;
    },
  );
}

/**
 * The source of each byte of a module that `compileGuest` made, whatever sections stand behind its code: a source map (version 3) with one line, whose
 * column is the byte. Its sources are paths from the repository's root; those of AssemblyScript's library begin with `~lib/`. Undefined when this
 * install did not compile it.
 */
export function sourceMapOf(module: Uint8Array): string | undefined {
  return readCached(mapFileOf(module))?.toString();
}

/** As `sourceMapOf`, of the module that `compileGuest` makes of an entry. */
export async function sourceMapOfGuest(entryPath: string, options: CompileOptions = {}): Promise<string> {
  const known = sourceMapOf(await compileGuest(entryPath, options));
  if (known !== undefined) return known;
  const { binary, map } = await runCompiler(entryPath, options);
  writeWhole(mapFileOf(binary), map);
  return map;
}

const mapFileOf = (module: Uint8Array) => join(buildFolder(), 'guest', `${codeHashOf(module).slice(0, 32)}.wasm.map`);

/** The name under which `compileGuest` keeps the source map of a module. */
export const mapNameOf = (module: Uint8Array): string => basename(mapFileOf(module));

async function runCompiler(entryPath: string, options: CompileOptions): Promise<{ binary: Uint8Array; map: string }> {
  const asc = (await import('assemblyscript/asc')).default;
  await import('./parse-once.ts');
  let binary: Uint8Array | undefined;
  let map = '';
  // A source map costs the compiler nothing; the section that names it comes off again, and the rest is as without it.
  const result = await asc.main([...ascArguments(entryPath, options), '--sourceMap', '--outFile', 'guest.wasm'], {
    readFile: (name, baseDirectory) =>
      name === wrapperEntry ? wrapperSource(entryPath) : (sourceText(name, baseDirectory, options.changes) ?? null),
    writeFile: (name, contents) => {
      if (name.endsWith('.map')) map = contents.toString();
      else binary = contents as Uint8Array;
    },
    listFiles: () => [],
  });
  if (result.error || !binary) {
    throw new Error(`asc could not compile ${entryPath}:\n${result.stderr.toString()} ${result.error?.stack ?? ''}`);
  }
  return { binary: withoutSection(binary, 'sourceMappingURL'), map: withoutTexts(map) };
}

/** The map without the texts of the sources, which are seven eighths of it. */
function withoutTexts(map: string): string {
  const { version, sources, names, mappings } = JSON.parse(map);
  return JSON.stringify({ version, sources, names, mappings });
}

/** From the build folder, from that of a read-only install, or from the package: the name depends on the contents, so all are equal. */
function readCached(cacheFile: string): Buffer | undefined {
  const folders = [dirname(cacheFile), join(repositoryRoot, 'build', 'guest'), join(repositoryRoot, packedGuests)];
  for (const folder of folders) {
    const found = readIfThere(join(folder, basename(cacheFile)));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The name under which `compileGuest` keeps its result. */
export function cacheNameOf(entryPath: string, options: CompileOptions = {}): string {
  return basename(cacheFileOf(entryPath, options));
}

/** Whether `compileGuest` will only have to read a file. */
export function isCompiled(entryPath: string, options: CompileOptions = {}): boolean {
  return readCached(cacheFileOf(entryPath, options)) !== undefined;
}

export interface GuestBus {
  read32(address: number): number;
  write32(address: number, value: number): void;
}

const refusingBus: GuestBus = {
  read32: (address) => refuse('read', address),
  write32: (address) => refuse('write', address),
};

/** Instantiates one AssemblyScript module for a unit test, through AssemblyScript's own loader. */
export async function instantiateGuest<T extends Record<string, unknown>>(
  entryPath: string,
  bus: GuestBus = refusingBus,
  options: CompileOptions = {},
): Promise<T & { memory: WebAssembly.Memory }> {
  const binary = await compileGuest(entryPath, options);
  const { exports } = await instantiate(binary, { bus: { ...bus } });
  return exports as unknown as T & { memory: WebAssembly.Memory };
}

function ascArguments(entryPath: string, options: CompileOptions): string[] {
  const memoryPages = options.memoryPages ?? ownMemoryPages[entryPath];
  const pages = memoryPages === undefined ? [] : [String(memoryPages)];
  return [
    wrapperEntry,
    ...['--config', 'asconfig.json', '--target', 'guest', '--baseDir', repositoryRoot],
    ...pages.flatMap((count) => ['--initialMemory', count, '--maximumMemory', count]),
    ...(isDefective(entryPath, options) && !options.small ? fewPasses : []),
    ...(options.extraArguments ?? []),
  ];
}

const isDefective = (entryPath: string, { changes = [] }: CompileOptions): boolean =>
  changes.length > 0 || entryPath.startsWith('firmware/defects/');

function cacheFileOf(entryPath: string, options: CompileOptions): string {
  // Wherever the repository is, the guest is the same.
  const how = ascArguments(entryPath, options).filter((argument) => argument !== repositoryRoot);
  return join(buildFolder(), 'guest', `${nameOfSources(entryPath, how, options.changes)}.wasm`);
}

export function readIfThere(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' || (error as NodeJS.ErrnoException).code === 'EISDIR')
      return undefined;
    throw error;
  }
}

function refuse(direction: string, address: number): never {
  throw new Error(
    `this unit test gave the guest no bus, yet it wants to ${direction} 0x${(address >>> 0).toString(16)}; pass one`,
  );
}
