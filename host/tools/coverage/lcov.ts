// Coverage as lcov's tracefile, the format that CI services and editors read. Source: geninfo(1), "Tracefile format".
//
//   TN:            one record a source file, in the order of their names
//   SF:path
//   FN:line,name   FNDA:calls,name   FNF, FNH: functions found, hit; the line is the one that defines the function
//   DA:line,executions               LF, LH: lines found, hit
//
// A line is executed as often as its most frequent block. The compiler puts small functions into their callers, so a line may be in several functions
// and in both modules: those are added up. Lines of AssemblyScript's library are left out.

import { blocksByFunction, functionLines, type SourceBlock, type SourceLine, type TextOf } from './source-blocks.ts';

/** The blocks of a module, and how often each was executed. */
export interface CoveredModule {
  blocks: readonly SourceBlock[];
  counts: readonly number[];
}

interface FileRecord {
  lines: Map<number, number>;
  functions: Map<string, { line: number; calls: number }>;
}

/** `pathOf` gives the path of a source for the reader; undefined leaves it out. `textOf` gives its text, in which the lines of functions are found. */
export function lcovOf(
  modules: readonly CoveredModule[],
  pathOf: (file: string) => string | undefined = (file) => file,
  textOf?: TextOf,
): string {
  const files = new Map<string, FileRecord>();
  for (const module of modules) {
    const lines = functionLines(module.blocks, textOf);
    for (const [name, indices] of blocksByFunction(module.blocks)) addFunction(files, module, indices, lines.get(name));
  }
  const records = [...files].flatMap(([file, record]) => {
    const path = isOurs(file) ? pathOf(file) : undefined;
    return path === undefined ? [] : [{ path, record }];
  });
  records.sort((a, b) => (a.path < b.path ? -1 : 1));
  return records.map(({ path, record }) => recordText(path, record)).join('');
}

/** Neither AssemblyScript's library nor what the compiler was given to put the module together. */
const isOurs = (file: string): boolean => !file.startsWith('~lib/') && file.includes('/');

function addFunction(
  files: Map<string, FileRecord>,
  { blocks, counts }: CoveredModule,
  indices: number[],
  home: SourceLine | undefined,
): void {
  const executed = new Map<string, Map<number, number>>();
  for (const index of indices) {
    for (const { file, line } of blocks[index].places) {
      const lines = executed.get(file) ?? new Map<number, number>();
      executed.set(file, lines);
      lines.set(line, Math.max(lines.get(line) ?? 0, counts[index]));
    }
  }
  for (const [file, lines] of executed) {
    const record = recordOf(files, file);
    for (const [line, count] of lines) record.lines.set(line, (record.lines.get(line) ?? 0) + count);
  }
  const { functionName } = blocks[indices[0]];
  if (home === undefined) return;
  const { functions } = recordOf(files, home.file);
  const known = functions.get(functionName) ?? { line: home.line, calls: 0 };
  functions.set(functionName, { line: known.line, calls: known.calls + counts[indices[0]] });
}

function recordOf(files: Map<string, FileRecord>, file: string): FileRecord {
  const record = files.get(file) ?? { lines: new Map(), functions: new Map() };
  files.set(file, record);
  return record;
}

function recordText(path: string, { lines, functions }: FileRecord): string {
  const sortedFunctions = [...functions].sort(([a, { line: x }], [b, { line: y }]) => x - y || (a < b ? -1 : 1));
  const sortedLines = [...lines].sort(([a], [b]) => a - b);
  return [
    'TN:',
    `SF:${path}`,
    ...sortedFunctions.map(([name, { line }]) => `FN:${line},${name}`),
    ...sortedFunctions.map(([name, { calls }]) => `FNDA:${calls},${name}`),
    `FNF:${functions.size}`,
    `FNH:${sortedFunctions.filter(([, { calls }]) => calls > 0).length}`,
    ...sortedLines.map(([line, count]) => `DA:${line},${count}`),
    `LF:${lines.size}`,
    `LH:${sortedLines.filter(([, count]) => count > 0).length}`,
    'end_of_record\n',
  ].join('\n');
}
