// The rules for an image. The build checks them before it signs, and the core before it runs the image; both use this file.
//
// May have: integer code with sign extension and memory.copy / memory.fill, mutable globals, one table for indirect calls, active data.
// Must have: reset(), interrupt(lines), and one memory of fixed size. May import: bus.read32 and bus.write32.
// Anything else is refused with its place, name and reason. Opcodes are checked where they are read (code.ts).

import { MemoryMap } from '../../../protocol/memory-map.ts';
import { buildCallGraph, type CallGraph } from './call-graph.ts';
import { type Code, nameOf, readCode } from './code.ts';
import {
  type Declarations,
  ExternalKind,
  type FunctionType,
  readDeclarations,
  refusalOfValueType,
  shown,
  ValueType,
} from './declarations.ts';
import { cleanName } from './names.ts';
import { ImageRefused, malformed, type RefusalCode } from './refused.ts';
import { coreRules, type ImageRules } from './rules.ts';
import { readSections, SectionId, type Sections } from './sections.ts';
import { frameSizes, stackBytesMax } from './stack.ts';

/** The size of a slot of flash; a larger image cannot be stored, so it is not read. */
export const moduleBytesMax = MemoryMap.SLOT_SIZE;
export const pageBytes = 65536;
/** A firmware needs indirect calls only for a few task and handler tables. */
export const tableEntriesMax = 4096;

export interface CheckedImage {
  bytes: Uint8Array;
  sections: Sections;
  declarations: Declarations;
  code: Code;
  callGraph: CallGraph;
  memoryPages: number;
  /** Stack of the deepest call path from `reset` or `interrupt`, in the model of stack.ts. */
  stackBytes: number;
}

/** Reads and checks an image. For any bytes, the only thing it throws is ImageRefused. */
export function checkImage(bytes: Uint8Array, rules: ImageRules = coreRules): CheckedImage {
  if (bytes.length > moduleBytesMax) {
    refuse(
      'size',
      moduleBytesMax,
      `${bytes.length} bytes; a slot of flash holds ${moduleBytesMax}, make the image smaller`,
    );
  }
  const sections = readSections(bytes);
  const start = sections.byId[SectionId.START];
  if (start) refuse('start', start.start, 'a start section runs code at load; initialise in reset() instead');
  const declarations = readDeclarations(bytes, sections);
  checkTypes(declarations);
  checkImports(declarations, rules);
  checkTable(declarations);
  const memoryPages = checkMemory(declarations, rules);
  checkGlobals(declarations, rules);
  checkExports(declarations, rules);
  nameExports(declarations, sections.names);
  checkElements(declarations, sections);
  checkData(declarations, memoryPages);
  const code = readCode(bytes, sections, declarations);
  checkLocals(code, sections);
  const callGraph = buildCallGraph(code, declarations, sections.names, frameSizes(code, declarations));
  const stackBytes = checkStack(declarations, callGraph, code, sections, rules);
  return { bytes, sections, declarations, code, callGraph, memoryPages, stackBytes };
}

function refuse(code: RefusalCode, offset: number, message: string, functionName?: string): never {
  throw new ImageRefused(code, offset, message, functionName);
}

function checkValueType(type: number, offset: number, what: string, functionName?: string): void {
  if (type === ValueType.I32 || type === ValueType.I64) return;
  const code = refusalOfValueType(type);
  if (!code) malformed(offset, `${what} has the type 0x${type.toString(16)}, which does not exist`);
  refuse(
    code,
    offset,
    `${what} is no integer (type 0x${type.toString(16)}); the core has only i32 and i64`,
    functionName,
  );
}

function checkTypes({ types, functions }: Declarations): void {
  for (const [index, type] of types.entries()) {
    for (const value of type.parameters) checkValueType(value, type.offset, `a parameter of type ${index}`);
    for (const value of type.results) checkValueType(value, type.offset, `a result of type ${index}`);
    if (type.results.length > 1) {
      refuse(
        'multi-value',
        type.offset,
        `type ${index} has ${type.results.length} results; a function returns one value or none`,
      );
    }
  }
  for (const [index, type] of functions.entries()) {
    if (type >= types.length)
      malformed(0, `function ${index} has type ${type}, but there are only ${types.length} types`);
  }
}

function signature(type: FunctionType): string {
  const names = (values: number[]) => values.map((value) => (value === ValueType.I32 ? 'i32' : 'i64')).join(', ');
  return `(${names(type.parameters)}) -> (${names(type.results)})`;
}

function checkImports({ imports, types }: Declarations, rules: ImageRules): void {
  const may = Object.keys(rules.imports).map((field) => `bus.${field}`);
  for (const { offset, module, field, kind, type } of imports) {
    const name = `${shown(module)}.${shown(field)}`;
    const known = module === 'bus' && Object.hasOwn(rules.imports, field) ? rules.imports[field] : undefined;
    if (!known || kind !== ExternalKind.FUNCTION) {
      refuse('import', offset, `${name}; an image may import only ${may.join(' and ') || 'nothing here'}`);
    }
    const actual = signature(types[type]);
    if (actual !== known) refuse('import', offset, `${name} has the type ${actual}; the core provides ${known}`);
  }
}

function checkTable({ tables }: Declarations): void {
  if (tables.length > 1) refuse('table', tables[1].offset, `${tables.length} tables; the core has one`);
  for (const { offset, flags, minimum, maximum } of tables) {
    if (flags > 1) malformed(offset, `a table's limits have flags ${flags}`);
    if (maximum !== undefined && maximum < minimum) malformed(offset, "a table's maximum is below its minimum");
    if (minimum > tableEntriesMax)
      refuse('limit', offset, `a table of ${minimum} entries; the core has ${tableEntriesMax}`);
  }
}

function checkMemory({ memories }: Declarations, { memoryPagesMax }: ImageRules): number {
  if (memories.length !== 1) {
    const offset = memories[1]?.offset ?? 0;
    refuse(
      'memory',
      offset,
      `${memories.length} memories; an image declares one of fixed size (--initialMemory N --maximumMemory N)`,
    );
  }
  const { offset, flags, minimum, maximum } = memories[0];
  if (flags & 2)
    refuse('threads', offset, 'the memory is shared; there is one core, build without the threads feature');
  if (flags > 1)
    refuse('memory', offset, `the memory's limits have flags ${flags}; only a 32-bit memory with a maximum will do`);
  if (maximum === undefined)
    refuse('memory', offset, 'the memory has no maximum; RAM is fixed, build with --maximumMemory N');
  if (minimum !== maximum) {
    refuse('memory', offset, `the memory may grow from ${minimum} to ${maximum} pages; RAM is fixed, make both equal`);
  }
  if (minimum < 1 || minimum > memoryPagesMax) {
    refuse(
      'memory',
      offset,
      `${minimum} pages of memory; the core has 1 to ${memoryPagesMax} (${memoryPagesMax * 64} KiB of RAM)`,
    );
  }
  return minimum;
}

function checkGlobals({ globals }: Declarations, { mutableGlobalsMax }: ImageRules): void {
  for (const [index, { offset, type }] of globals.entries()) checkValueType(type, offset, `global ${index}`);
  const mutable = globals.filter((global) => global.mutable).length;
  if (mutable > mutableGlobalsMax) {
    refuse('limit', globals[0].offset, `${mutable} mutable globals; at most ${mutableGlobalsMax}, keep data in memory`);
  }
}

function checkExports(declarations: Declarations, rules: ImageRules): void {
  const { exports, functions, types, importedFunctions, tables, memories, globals } = declarations;
  const counts = [functions.length, tables.length, memories.length, globals.length];
  for (const [name, { offset, kind, index }] of exports) {
    if (kind >= counts.length || index >= counts[kind]) malformed(offset, `the export "${shown(name)}" is of nothing`);
    if (kind === ExternalKind.FUNCTION && index < importedFunctions) {
      refuse('import', offset, `the export "${shown(name)}" hands an import on; bus accesses may only be called`);
    }
  }
  for (const [name, expected] of rules.exports) {
    const entry = exports.get(name);
    if (entry?.kind !== ExternalKind.FUNCTION)
      refuse('export', entry?.offset ?? 0, `there is no exported function ${name}${expected}`);
    const actual = signature(types[functions[entry.index]]);
    if (actual !== expected)
      refuse('export', entry.offset, `${name} has the type ${actual}; the core calls ${name}${expected}`);
  }
  const memory = exports.get('memory');
  if (memory?.kind !== ExternalKind.MEMORY)
    refuse('export', memory?.offset ?? 0, 'the memory is not exported as "memory"');
}

/** Also gives the functions of a stripped image the names under which they are exported. */
function nameExports({ exports }: Declarations, names: Map<number, string>): void {
  for (const [name, { kind, index }] of exports) {
    if (kind === ExternalKind.FUNCTION && !names.has(index)) names.set(index, cleanName(name));
  }
}

function checkElements({ elements, functions, importedFunctions, tables }: Declarations, sections: Sections): void {
  for (const { offset, tableOffset, functions: entries } of elements) {
    if (tables.length === 0) malformed(offset, 'an element segment, but no table');
    if (tableOffset + entries.length > tables[0].minimum) {
      refuse(
        'table',
        offset,
        `table entries ${tableOffset} to ${tableOffset + entries.length} of a table of ${tables[0].minimum}`,
      );
    }
    for (const index of entries) {
      if (index >= functions.length)
        malformed(offset, `a table entry is function ${index}, but there are ${functions.length}`);
      if (index < importedFunctions) {
        refuse(
          'import',
          offset,
          `${nameOf(sections.names, index)} is an import in the table; bus accesses may only be called directly`,
        );
      }
    }
  }
}

function checkData({ data, dataCount }: Declarations, memoryPages: number): void {
  for (const { offset, memoryOffset, length } of data) {
    if (memoryOffset + length > memoryPages * pageBytes) {
      refuse(
        'memory',
        offset,
        `data for bytes ${memoryOffset} to ${memoryOffset + length}; RAM ends at ${memoryPages * pageBytes}`,
      );
    }
  }
  if (dataCount !== undefined && dataCount !== data.length) {
    malformed(0, `${dataCount} data segments are announced, but ${data.length} are there`);
  }
}

function checkLocals(code: Code, sections: Sections): void {
  for (const body of code.bodies) {
    const name = nameOf(sections.names, body.functionIndex);
    for (const { offset, type } of body.localGroups) checkValueType(type, offset, 'a local', name);
  }
}

function checkStack(
  declarations: Declarations,
  callGraph: CallGraph,
  code: Code,
  sections: Sections,
  rules: ImageRules,
): number {
  let deepest = 0;
  for (const [name] of rules.exports) {
    const index = declarations.exports.get(name)?.index as number;
    const needed = callGraph.stackBytes[index];
    if (needed > stackBytesMax) {
      const text = `the deepest call path from ${name} takes ${needed} bytes of stack; the core has ${stackBytesMax}`;
      const body = code.bodies[index - declarations.importedFunctions];
      refuse(
        'stack-depth',
        body.start,
        `${text}, use fewer locals or a flatter call tree`,
        nameOf(sections.names, index),
      );
    }
    deepest = Math.max(deepest, needed);
  }
  return deepest;
}
