// The outer shape of a module: magic, version, and sections, each at most once and in order.
// Sections are only found here, not read.

import { readFunctionNames } from './names.ts';
import { Reader } from './reader.ts';
import { ImageRefused, malformed } from './refused.ts';

export const SectionId = {
  CUSTOM: 0,
  TYPE: 1,
  IMPORT: 2,
  FUNCTION: 3,
  TABLE: 4,
  MEMORY: 5,
  GLOBAL: 6,
  EXPORT: 7,
  START: 8,
  ELEMENT: 9,
  CODE: 10,
  DATA: 11,
  DATA_COUNT: 12,
  TAG: 13,
} as const;

/** The order sections must come in; DATA_COUNT was added later and stands before CODE. */
const order: number[] = [
  ...[SectionId.TYPE, SectionId.IMPORT, SectionId.FUNCTION, SectionId.TABLE, SectionId.MEMORY, SectionId.GLOBAL],
  ...[SectionId.EXPORT, SectionId.START, SectionId.ELEMENT, SectionId.DATA_COUNT, SectionId.CODE, SectionId.DATA],
];

/** Contents of one section: bytes `start` to `end` of the image. */
export interface Section {
  id: number;
  start: number;
  end: number;
}

export interface Sections {
  byId: (Section | undefined)[];
  /** Function index -> name, from the name section. */
  names: Map<number, string>;
  /** Contents of custom sections, behind their names; of several with one name the last. */
  custom: Map<string, Section>;
}

const magicAndVersion = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];

export function readSections(bytes: Uint8Array): Sections {
  for (const [offset, expected] of magicAndVersion.entries()) {
    if (bytes[offset] !== expected)
      malformed(Math.min(offset, bytes.length), 'these bytes do not start as wasm version 1 does');
  }
  const reader = new Reader(bytes, magicAndVersion.length);
  const sections: Sections = { byId: [], names: new Map(), custom: new Map() };
  let lastPosition = -1;
  while (!reader.done) {
    const at = reader.offset;
    const id = reader.byte('a section');
    const length = reader.count('bytes of a section');
    const section: Section = { id, start: reader.offset, end: reader.offset + length };
    reader.offset = section.end;
    if (id === SectionId.CUSTOM) {
      readCustomSection(bytes, section, sections);
      continue;
    }
    if (id === SectionId.TAG) {
      throw new ImageRefused('exceptions', at, 'the module declares exception tags; nothing unwinds the core');
    }
    const position = order.indexOf(id);
    if (position < 0) malformed(at, `there is no section ${id}`);
    if (position <= lastPosition) malformed(at, `section ${id} comes twice or too late`);
    lastPosition = position;
    sections.byId[id] = section;
  }
  return sections;
}

function readCustomSection(bytes: Uint8Array, section: Section, { names, custom }: Sections): void {
  const reader = new Reader(bytes, section.start, section.end);
  const name = reader.name("a custom section's name");
  custom.set(name, { ...section, start: reader.offset });
  if (name === 'name') readFunctionNames(bytes, reader.offset, section.end, names);
}

/** The contents of the custom section with this name; undefined when there is none. Throws ImageRefused when the bytes are not a module. */
export function customSection(bytes: Uint8Array, name: string): Uint8Array | undefined {
  const section = readSections(bytes).custom.get(name);
  return section && bytes.subarray(section.start, section.end);
}
