// The name section of a compiled guest, cut down to the names of functions: a fault record shows them, and nothing shows the others (6 KB of globals).
//
// What must stay true: nothing but names changes; a module without such a section is left as it is.

import { leb128, numberAt, sectionsOf } from './wasm-sections.ts';

const HEADER_BYTES = 8;
const CUSTOM = 0;
const FUNCTION_NAMES = 1;

/** The module with the names of its functions, and no others. */
export function withFunctionNamesOnly(module: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [module.subarray(0, HEADER_BYTES)];
  for (const { name, start, content, end } of sectionsOf(module)) {
    if (name === 'name') {
      const [, head] = numberAt(module, start + 1);
      const kept = functionNames(module.subarray(content, end));
      parts.push(Uint8Array.of(CUSTOM), leb128(content - head + kept.length), module.subarray(head, content), kept);
    } else parts.push(module.subarray(start, end));
  }
  return Uint8Array.from(Buffer.concat(parts));
}

function functionNames(subsections: Uint8Array): Uint8Array {
  for (let at = 0; at < subsections.length; ) {
    const [length, content] = numberAt(subsections, at + 1);
    if (subsections[at] === FUNCTION_NAMES) return subsections.subarray(at, content + length);
    at = content + length;
  }
  return new Uint8Array(0);
}
