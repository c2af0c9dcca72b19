// The sections of a compiled guest, found but not read. For modules of our own compiler: what may run is decided by the checker of the core.

import { createHash } from 'node:crypto';

const HEADER_BYTES = 8;
const CODE = 10;
const CUSTOM = 0;

export interface WasmSection {
  id: number;
  /** Of a custom section. */
  name: string | undefined;
  /** Where it begins: its number. */
  start: number;
  /** Its contents, behind the length and behind the name of a custom section. */
  content: number;
  end: number;
}

/** An unsigned number at `at`, and where what follows it begins. */
export function numberAt(bytes: Uint8Array, at: number): [value: number, next: number] {
  let [value, shift, next] = [0, 0, at];
  for (;;) {
    const byte = bytes[next++];
    value += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80 || byte === undefined) return [value, next];
    shift += 7;
  }
}

export function leb128(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  do {
    bytes.push((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
    rest >>>= 7;
  } while (rest !== 0);
  return Uint8Array.from(bytes);
}

export function sectionsOf(module: Uint8Array): WasmSection[] {
  const sections: WasmSection[] = [];
  for (let start = HEADER_BYTES; start < module.length; ) {
    const [length, body] = numberAt(module, start + 1);
    const section: WasmSection = { id: module[start], name: undefined, start, content: body, end: body + length };
    if (section.id === CUSTOM) {
      const [nameLength, name] = numberAt(module, body);
      section.content = name + nameLength;
      section.name = new TextDecoder().decode(module.subarray(name, section.content));
    }
    sections.push(section);
    start = section.end;
  }
  return sections;
}

/** The module without a custom section. */
export function withoutSection(module: Uint8Array, name: string): Uint8Array {
  const section = sectionsOf(module).find((each) => each.name === name);
  if (!section) return module;
  return Uint8Array.from(Buffer.concat([module.subarray(0, section.start), module.subarray(section.end)]));
}

/**
 * What a module's code is known by, whatever sections stand behind it: SHA-256, in hex, of all bytes up to the end of its code. Two modules with the same
 * have every instruction at the same byte.
 */
export function codeHashOf(module: Uint8Array): string {
  const end = sectionsOf(module).find(({ id }) => id === CODE)?.end ?? module.length;
  return createHash('sha256').update(module.subarray(0, end)).digest('hex');
}
