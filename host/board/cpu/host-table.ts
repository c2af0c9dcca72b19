// Functions of the host that metered code calls besides the bus: the entries of a table behind the image's own, so that no index of the image moves.
//
// A table takes no function of the host itself. So a small module imports them and exports them again, and its exports go into the table.

import { Writer } from './writer.ts';

/** Parameters and results, as value types. */
export interface HostType {
  parameters: readonly number[];
  results: readonly number[];
}

const FUNCREF = 0x70;
const bridges = new Map<string, WebAssembly.Module>();

/** Type and limits of a table with so many functions, as its declaration has them. */
export function hostTable(functions: number): number[] {
  // One byte of LEB128.
  if (functions > 0x7f) throw new Error(`a table of ${functions} functions of the host; 127 is the most`);
  return [FUNCREF, 1, functions, functions];
}

/** Puts functions of the host into the table of a new instance, in their order. */
export function fillTable(
  table: WebAssembly.Table,
  types: readonly HostType[],
  functions: readonly ((...values: number[]) => unknown)[],
): void {
  const names = functions.map((_, index) => `f${index}`);
  const host = Object.fromEntries(functions.map((each, index) => [names[index], each]));
  const { exports } = new WebAssembly.Instance(bridgeOf(types, names), { host });
  for (const [index, name] of names.entries()) table.set(index, exports[name]);
}

function bridgeOf(types: readonly HostType[], names: readonly string[]): WebAssembly.Module {
  const key = JSON.stringify(types);
  const known = bridges.get(key);
  if (known) return known;
  const bridge = new WebAssembly.Module(bridgeBytes(types, names));
  bridges.set(key, bridge);
  return bridge;
}

/** A module that exports what it imports. */
function bridgeBytes(types: readonly HostType[], names: readonly string[]): Uint8Array<ArrayBuffer> {
  const out = new Writer(128);
  out.bytesOf(0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00);
  const section = (id: number, element: (name: string, index: number) => void) => {
    out.byte(id);
    out.sized(() => {
      out.u32(names.length);
      names.forEach(element);
    });
  };
  section(1, (_, index) => {
    const { parameters, results } = types[index];
    out.bytesOf(0x60, parameters.length, ...parameters, results.length, ...results);
  });
  section(2, (name, index) => {
    out.name('host');
    out.name(name);
    out.bytesOf(0, index);
  });
  section(7, (name, index) => {
    out.name(name);
    out.bytesOf(0, index);
  });
  return Uint8Array.from(out.bytes);
}
