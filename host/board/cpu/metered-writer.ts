// Writes an image again with what its meter adds: section by section, ours behind its own.

import type { Body } from './code.ts';
import { ExternalKind, ValueType } from './declarations.ts';
import type { Helper } from './helpers.ts';
import type { HostType } from './host-table.ts';
import type { MutableGlobal } from './mutable-globals.ts';
import { Op } from './opcodes.ts';
import { SectionWriter } from './section-writer.ts';
import { SectionId } from './sections.ts';

const { I32 } = ValueType;
/** Types of the bus imports once they have `cycles`; helpers' types follow them, and then those of the tables. */
const busTypes: Record<'read32' | 'write32', HostType> = {
  read32: { parameters: [I32, I32], results: [I32] },
  write32: { parameters: [I32, I32, I32], results: [] },
};
export const ownBusTypes = [busTypes.read32, busTypes.write32];

/** What is added. */
export interface Additions {
  helpers: readonly Helper[];
  /** Types of the globals, `cycles` first. */
  globals: readonly number[];
  /** Tables of functions of the host (host-table.ts). */
  tables: readonly { name: string; types: readonly HostType[]; declaration: readonly number[] }[];
  /** Those of the image, which are exported. */
  mutableGlobals: readonly MutableGlobal[];
  /** Functions of the image that are exported under these names. */
  functions?: readonly { name: string; functionIndex: number }[];
  /** RAM of another size than the image's. */
  memoryPages?: number;
  writeBody(body: Body): void;
}

export class MeteredWriter extends SectionWriter {
  write(additions: Additions): void {
    const { helpers, globals, tables, memoryPages, writeBody } = additions;
    const { out, image } = this;
    const { declarations, code } = image;
    const ownTypes = [...ownBusTypes, ...helpers, ...tables.flatMap(({ types }) => types)];
    this.begin();
    this.extend(SectionId.TYPE, ownTypes, ({ parameters, results }) => {
      out.bytesOf(0x60, parameters.length, ...parameters, results.length, ...results);
    });
    this.imports();
    const firstHelperType = declarations.types.length + ownBusTypes.length;
    this.extend(SectionId.FUNCTION, helpers, (_, index) => out.u32(firstHelperType + index));
    if (tables.length > 0) this.extend(SectionId.TABLE, tables, ({ declaration }) => out.bytesOf(...declaration));
    else this.keep(SectionId.TABLE);
    if (memoryPages === undefined) this.keep(SectionId.MEMORY);
    else
      this.section(SectionId.MEMORY, () => {
        out.bytesOf(1, 0);
        out.u32(memoryPages);
      });
    this.extend(SectionId.GLOBAL, globals, (type) => {
      out.bytesOf(type, 1, type === I32 ? Op.CONST_32 : Op.CONST_64, 0, Op.END);
    });
    this.exports(additions);
    this.keep(SectionId.ELEMENT);
    this.section(SectionId.CODE, () => {
      out.u32(code.bodies.length + helpers.length);
      for (const body of code.bodies) out.sized(() => writeBody(body));
      for (const helper of helpers) out.sized(() => this.helper(helper));
    });
    this.keep(SectionId.DATA);
  }

  private imports(): void {
    const { out } = this;
    const { imports, types } = this.image.declarations;
    this.section(SectionId.IMPORT, () => {
      out.u32(imports.length);
      for (const { module, field, kind } of imports) {
        out.name(module);
        out.name(field);
        out.byte(kind);
        out.u32(types.length + (field === 'read32' ? 0 : 1));
      }
    });
  }

  private exports({ helpers, tables: ownTables, mutableGlobals, functions: exported = [] }: Additions): void {
    const { out } = this;
    const { exports, functions, globals, tables } = this.image.declarations;
    const entries: [name: string, kind: number, index: number][] = [['cycles', ExternalKind.GLOBAL, globals.length]];
    for (const name of ['reset', 'interrupt', 'memory']) {
      const entry = exports.get(name);
      if (!entry) throw new Error(`a checked image has lost its export ${name}`);
      entries.push([name, entry.kind, entry.index]);
    }
    for (const { exportName, index } of mutableGlobals) entries.push([exportName, ExternalKind.GLOBAL, index]);
    for (const { name, functionIndex } of exported) entries.push([name, ExternalKind.FUNCTION, functionIndex]);
    for (const [i, { name }] of helpers.entries()) entries.push([name, ExternalKind.FUNCTION, functions.length + i]);
    for (const [i, { name }] of ownTables.entries()) entries.push([name, ExternalKind.TABLE, tables.length + i]);
    this.section(SectionId.EXPORT, () => {
      out.u32(entries.length);
      for (const [name, kind, index] of entries) {
        out.name(name);
        out.byte(kind);
        out.u32(index);
      }
    });
  }

  private helper(helper: Helper): void {
    this.out.byte(0); // no locals
    helper.write(this.out);
    this.out.byte(Op.END);
  }
}
