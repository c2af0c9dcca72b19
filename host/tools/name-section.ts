// The name section of a compiled guest, cut down to the names of functions: a fault record shows them, and nothing shows the others (6 KB of globals).
//
// What must stay true: nothing but names changes; a module without such a section is left as it is.

const HEADER_BYTES = 8;
const CUSTOM = 0;
const FUNCTION_NAMES = 1;

/** An unsigned number at `at`, and where what follows it begins. */
function numberAt(bytes: Uint8Array, at: number): [value: number, next: number] {
  let [value, shift, next] = [0, 0, at];
  for (;;) {
    const byte = bytes[next++];
    value += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) return [value, next];
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

/** The module with the names of its functions, and no others. */
export function withFunctionNamesOnly(module: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [module.subarray(0, HEADER_BYTES)];
  for (let at = HEADER_BYTES; at < module.length; ) {
    const [length, content] = numberAt(module, at + 1);
    const end = content + length;
    const [nameLength, name] = numberAt(module, content);
    const isNames = module[at] === CUSTOM && text(module.subarray(name, name + nameLength)) === 'name';
    if (isNames) {
      const head = module.subarray(content, name + nameLength);
      const kept = functionNames(module.subarray(name + nameLength, end));
      parts.push(Uint8Array.of(CUSTOM), leb128(head.length + kept.length), head, kept);
    } else parts.push(module.subarray(at, end));
    at = end;
  }
  return Uint8Array.from(Buffer.concat(parts));
}

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

function functionNames(subsections: Uint8Array): Uint8Array {
  for (let at = 0; at < subsections.length; ) {
    const [length, content] = numberAt(subsections, at + 1);
    if (subsections[at] === FUNCTION_NAMES) return subsections.subarray(at, content + length);
    at = content + length;
  }
  return new Uint8Array(0);
}
