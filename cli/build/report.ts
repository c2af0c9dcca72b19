// What `coldrig build` tells of a module that the core takes: its size, what it needs, and the worst case of its handlers and tasks.

import { type CheckedImage, type WorstCase, worstCases } from '../../host/board/cpu/cpu.ts';
import { opcodes } from '../../host/board/cpu/opcodes.ts';
import type { SourcePlace, SourcePlaces } from '../../host/tools/source-place.ts';
import { MemoryMap } from '../../protocol/memory-map.ts';
import { table } from '../terminal.ts';
import { bytesText, counted, spanText } from '../words.ts';

const PAGE_BYTES = 65_536;
const NS_PER_CYCLE = 4;

export interface HandlerReport {
  name: string;
  /** `handler`: the core calls it. `task`: it stands in the table of functions and takes no arguments. */
  kind: 'handler' | 'task';
  /** The most cycles that a call takes; null where the code has no bound. */
  cycles: number | null;
  /** What has no bound, and where. */
  unbounded: { what: string; file: string | null; line: number | null } | null;
}

export interface BuildReport {
  bytes: number;
  bytesMax: number;
  memoryBytes: number;
  stackBytes: number;
  functions: number;
  instructions: number;
  /** How many of each opcode, by mnemonic. */
  opcodes: Record<string, number>;
  worstCase: HandlerReport[];
}

export function reportOf(image: CheckedImage, bytes: number, places: SourcePlaces): BuildReport {
  const { code, declarations, memoryPages, stackBytes } = image;
  const counts = new Map<string, number>();
  for (const key of code.opcode) {
    const name = opcodes[key]?.mnemonic ?? '';
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return {
    ...{ bytes, bytesMax: MemoryMap.IMAGE_SIZE_MAX, memoryBytes: memoryPages * PAGE_BYTES, stackBytes },
    ...{ functions: declarations.functions.length - declarations.importedFunctions, instructions: code.opcode.length },
    opcodes: Object.fromEntries([...counts].sort(([, a], [, b]) => b - a)),
    worstCase: handlersOf(image, places),
  };
}

/** The two handlers of the core, then what takes nothing and gives nothing and stands in the table: the code of tasks. */
function handlersOf(image: CheckedImage, places: SourcePlaces): HandlerReport[] {
  const { declarations, sections } = image;
  const worst = worstCases(image);
  const handlers = ['reset', 'interrupt'].map((name) => {
    const index = declarations.exports.get(name)?.index as number;
    return handlerReport(name, 'handler', worst[index], places);
  });
  const isTask = (index: number) => {
    const { parameters, results } = declarations.types[declarations.functions[index]];
    return parameters.length === 0 && results.length === 0;
  };
  const inTable = [...new Set(declarations.elements.flatMap(({ functions }) => [...functions]))].filter(isTask);
  const tasks = inTable.map((index) => {
    const path = (sections.names.get(index) ?? `function ${index}`).replace(/^~lib\//, '');
    return handlerReport(path, 'task', worst[index], places);
  });
  return [...handlers, ...tasks];
}

function handlerReport(
  name: string,
  kind: HandlerReport['kind'],
  worst: WorstCase,
  places: SourcePlaces,
): HandlerReport {
  if ('cycles' in worst) return { name, kind, cycles: worst.cycles, unbounded: null };
  const place = places.near(worst.offset);
  return {
    ...{ name, kind, cycles: null },
    unbounded: { what: worst.unbounded, file: place?.file ?? null, line: place?.line ?? null },
  };
}

export function reportText(file: string, report: BuildReport): string {
  const share = Math.ceil((100 * report.bytes) / report.bytesMax);
  const kinds = Object.keys(report.opcodes).length;
  const { functions, instructions } = report;
  return table([
    [file, `${bytesText(report.bytes)}, ${share} % of what a slot holds`],
    ['RAM', `${bytesText(report.memoryBytes)}; the deepest calls need ${bytesText(report.stackBytes)} of stack`],
    ['code', `${counted(functions, 'function')}, ${instructions} instructions of ${counted(kinds, 'opcode')}`],
    ['worst case', 'the most that one call can take, where the code has a bound'],
    ...report.worstCase.map((handler) => [`  ${handler.name}`, boundText(handler)]),
  ]);
}

function boundText({ cycles, unbounded }: HandlerReport): string {
  if (cycles !== null) return `${counted(cycles, 'cycle')}, ${spanText(cycles * NS_PER_CYCLE)}`;
  const where = unbounded?.file === null ? '' : ` at ${unbounded?.file}:${unbounded?.line}`;
  return `no bound: a ${unbounded?.what}${where}`;
}

/** A place for a message: `firmware/main.ts:12:5`. */
export function placeWords(place: SourcePlace | undefined): string | undefined {
  return place === undefined ? undefined : `${place.file}:${place.line}:${place.column}`;
}
