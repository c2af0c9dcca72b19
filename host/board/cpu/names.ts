// Function names from the name section. They only make a fault record easier to read: the section is optional, may be
// cut or forged, and only messages may depend on it. Names keep AssemblyScript's path form, `bootloader/main/reset`.

import { Reader } from './reader.ts';
import { ImageRefused } from './refused.ts';

const functionNamesSubsection = 1;
/** Long enough for any path in this repository, short enough for a log line. */
const nameLengthMax = 160;

/** Reads as much as possible of a name section's contents (behind the section's own name); a broken one names fewer functions. */
export function readFunctionNames(bytes: Uint8Array, start: number, end: number, into: Map<number, string>): void {
  try {
    const section = new Reader(bytes, start, end);
    while (!section.done) {
      const id = section.byte('a subsection of the name section');
      const length = section.count('bytes of a name subsection');
      const contents = new Reader(bytes, section.offset, section.offset + length);
      section.offset += length;
      if (id !== functionNamesSubsection) continue;
      const count = contents.count('function names');
      for (let i = 0; i < count; i++) {
        const index = contents.u32('a function index');
        const name = cleanName(contents.name('a function name'));
        if (name) into.set(index, name);
      }
    }
  } catch (error) {
    if (!(error instanceof ImageRefused)) throw error;
  }
}

/** Printable ASCII only, so that a forged name cannot disturb a log or a terminal. */
export function cleanName(raw: string): string {
  return raw.replace(/[^\x21-\x7e]+/g, '_').slice(0, nameLengthMax);
}
