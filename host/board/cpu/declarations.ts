// What a module declares outside its code: types, imports, functions, table, memory, globals, exports, elements, data.
// This file only reads; check.ts decides what an image may have. Offsets are kept so that a refusal can name the place.

import { Reader } from './reader.ts';
import { ImageRefused, malformed, type RefusalCode } from './refused.ts';
import { SectionId, type Sections } from './sections.ts';

export const ValueType = { I32: 0x7f, I64: 0x7e, F32: 0x7d, F64: 0x7c, V128: 0x7b, FUNCREF: 0x70 } as const;
export const ExternalKind = { FUNCTION: 0, TABLE: 1, MEMORY: 2, GLOBAL: 3, TAG: 4 } as const;

export interface FunctionType {
  offset: number;
  parameters: number[];
  results: number[];
}
export interface Import {
  offset: number;
  module: string;
  field: string;
  kind: number;
  /** Index of the function's type; only for functions. */
  type: number;
}
export interface Limits {
  offset: number;
  flags: number;
  minimum: number;
  /** Undefined where the module gives none. */
  maximum: number | undefined;
}
export interface Global {
  offset: number;
  type: number;
  mutable: boolean;
}
export interface Export {
  offset: number;
  kind: number;
  index: number;
}
/** Functions put into table 0 from `tableOffset` on. */
export interface ElementSegment {
  offset: number;
  tableOffset: number;
  functions: number[];
}
export interface DataSegment {
  offset: number;
  memoryOffset: number;
  length: number;
}

export interface Declarations {
  types: FunctionType[];
  imports: Import[];
  /** Type index of every function, imported ones first. */
  functions: number[];
  importedFunctions: number;
  tables: Limits[];
  memories: Limits[];
  globals: Global[];
  exports: Map<string, Export>;
  elements: ElementSegment[];
  data: DataSegment[];
  dataCount: number | undefined;
}

export function readDeclarations(bytes: Uint8Array, sections: Sections): Declarations {
  const read = <T>(id: number, what: string, element: (reader: Reader) => T): T[] => {
    const section = sections.byId[id];
    if (!section) return [];
    const reader = new Reader(bytes, section.start, section.end);
    const elements: T[] = [];
    const count = reader.count(what);
    for (let i = 0; i < count; i++) elements.push(element(reader));
    if (!reader.done) malformed(reader.offset, `the section of ${what} is longer than they are`);
    return elements;
  };
  const types = read(SectionId.TYPE, 'types', readType);
  const imports = read(SectionId.IMPORT, 'imports', readImport);
  const imported = imports.filter((entry) => entry.kind === ExternalKind.FUNCTION).map((entry) => entry.type);
  const own = read(SectionId.FUNCTION, 'functions', (reader) => reader.u32('a type index'));
  const exports = new Map<string, Export>();
  const declarations: Declarations = {
    types,
    imports,
    functions: [...imported, ...own],
    importedFunctions: imported.length,
    tables: read(SectionId.TABLE, 'tables', readTable),
    memories: read(SectionId.MEMORY, 'memories', readLimits),
    globals: read(SectionId.GLOBAL, 'globals', readGlobal),
    exports,
    elements: [],
    data: [],
    dataCount: undefined,
  };
  read(SectionId.EXPORT, 'exports', (reader) => readExport(reader, exports));
  declarations.elements = read(SectionId.ELEMENT, 'element segments', readElementSegment);
  declarations.data = read(SectionId.DATA, 'data segments', readDataSegment);
  const dataCount = sections.byId[SectionId.DATA_COUNT];
  if (dataCount) declarations.dataCount = new Reader(bytes, dataCount.start, dataCount.end).u32('the data count');
  return declarations;
}

function readType(reader: Reader): FunctionType {
  const offset = reader.offset;
  const form = reader.byte('a type');
  if (form !== 0x60) {
    throw new ImageRefused(
      'reference-types',
      offset,
      `type form 0x${form.toString(16)}: only function types exist here`,
    );
  }
  const list = (what: string) => {
    const count = reader.count(what);
    const values: number[] = [];
    for (let i = 0; i < count; i++) values.push(reader.byte(what));
    return values;
  };
  return { offset, parameters: list('parameters'), results: list('results') };
}

function readImport(reader: Reader): Import {
  const offset = reader.offset;
  const module = reader.name("an import's module");
  const field = reader.name("an import's name");
  const kind = reader.byte("an import's kind");
  if (kind === ExternalKind.FUNCTION) return { offset, module, field, kind, type: reader.u32("an import's type") };
  if (kind > ExternalKind.TAG) malformed(offset, `import kind ${kind} does not exist`);
  const text = `${shown(module)}.${shown(field)} is a ${['function', 'table', 'memory', 'global', 'tag'][kind]}`;
  throw new ImageRefused('import', offset, `${text}; an image may import only bus.read32 and bus.write32`);
}

function readTable(reader: Reader): Limits {
  const offset = reader.offset;
  const type = reader.byte("a table's type");
  if (type !== ValueType.FUNCREF) {
    throw new ImageRefused(
      'reference-types',
      offset,
      `table of type 0x${type.toString(16)}; only funcref tables exist here`,
    );
  }
  return readLimits(reader);
}

function readLimits(reader: Reader): Limits {
  const offset = reader.offset;
  const flags = reader.byte('limits');
  if (flags & 4)
    throw new ImageRefused('memory', offset, 'the memory is 64-bit; the core has 32-bit addresses, build for wasm32');
  const minimum = reader.u32('a minimum');
  return { offset, flags, minimum, maximum: flags & 1 ? reader.u32('a maximum') : undefined };
}

function readGlobal(reader: Reader): Global {
  const offset = reader.offset;
  const type = reader.byte("a global's type");
  const mutability = reader.byte("a global's mutability");
  if (mutability > 1) malformed(offset, `mutability ${mutability} does not exist`);
  readConstant(reader, type);
  return { offset, type, mutable: mutability === 1 };
}

/** A constant expression; anything but a plain integer constant is refused. Returns the value of an i32. */
function readConstant(reader: Reader, type: number): number {
  const offset = reader.offset;
  const opcode = reader.byte('an initial value');
  let value = 0;
  if (opcode === 0x41 && type === ValueType.I32) value = reader.s32('an initial value');
  else if (opcode === 0x42 && type === ValueType.I64) reader.skipSigned(64, 'an initial value');
  else if (opcode === 0x43 || opcode === 0x44) {
    throw new ImageRefused(
      'float',
      offset,
      'an initial value is a float; the core has no floating point, use integers',
    );
  } else
    malformed(
      offset,
      `opcode 0x${opcode.toString(16)} in an initial value; only a constant of its own type may stand there`,
    );
  const end = reader.byte('the end of an initial value');
  if (end !== 0x0b) malformed(reader.offset - 1, 'an initial value is more than one constant');
  return value;
}

function readExport(reader: Reader, exports: Map<string, Export>): void {
  const offset = reader.offset;
  const name = reader.name("an export's name");
  const kind = reader.byte("an export's kind");
  const index = reader.u32("an export's index");
  if (exports.has(name)) malformed(offset, `two exports are called "${shown(name)}"`);
  exports.set(name, { offset, kind, index });
}

function readElementSegment(reader: Reader): ElementSegment {
  const offset = reader.offset;
  const flags = reader.u32("an element segment's flags");
  if (flags !== 0) {
    throw new ImageRefused(
      'reference-types',
      offset,
      `element segment of kind ${flags}; only active ones of function indices exist here`,
    );
  }
  const tableOffset = readConstant(reader, ValueType.I32) >>> 0;
  const count = reader.count('functions of an element segment');
  const functions: number[] = [];
  for (let i = 0; i < count; i++) functions.push(reader.u32('a function index'));
  return { offset, tableOffset, functions };
}

function readDataSegment(reader: Reader): DataSegment {
  const offset = reader.offset;
  const flags = reader.u32("a data segment's flags");
  if (flags !== 0) {
    throw new ImageRefused(
      'bulk-memory',
      offset,
      `data segment of kind ${flags}; only active ones of memory 0 exist here`,
    );
  }
  const memoryOffset = readConstant(reader, ValueType.I32) >>> 0;
  const length = reader.count('bytes of a data segment');
  reader.offset += length;
  return { offset, memoryOffset, length };
}

/** Why a value of this type may not be in an image; undefined for integers and for bytes that are no type. */
export function refusalOfValueType(type: number): RefusalCode | undefined {
  if (type === ValueType.F32 || type === ValueType.F64) return 'float';
  if (type === ValueType.V128) return 'simd';
  return type >= 0x63 && type <= 0x74 ? 'reference-types' : undefined;
}

/** A name from the image, made safe to print. */
export function shown(name: string): string {
  return name.replace(/[^\x20-\x7e]/g, '?').slice(0, 80);
}
