// Images from bytes of code, for instructions no assembler would write. Functions: 0 read32, 1 write32, 2 reset, 3 interrupt, then
// the extra ones, all () -> (). No names.

import { Writer } from '../writer.ts';

/** `reset` and the extra functions are instructions without locals, their final `end` (0x0b) included. */
export function moduleOf(reset: ArrayLike<number>, extra: ArrayLike<number>[] = []): Uint8Array {
  const out = new Writer(256);
  const section = (id: number, contents: () => void) => {
    out.byte(id);
    out.sized(contents);
  };
  const I32 = 0x7f;
  out.bytesOf(0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00);
  section(1, () => out.bytesOf(4, 0x60, 0, 0, 0x60, 1, I32, 0, 0x60, 1, I32, 1, I32, 0x60, 2, I32, I32, 0));
  section(2, () => {
    out.byte(2);
    for (const [name, type] of [
      ['read32', 2],
      ['write32', 3],
    ] as const) {
      out.name('bus');
      out.name(name);
      out.bytesOf(0, type);
    }
  });
  section(3, () => out.bytesOf(2 + extra.length, 0, 1, ...extra.map(() => 0)));
  section(5, () => out.bytesOf(1, 1, 1, 1));
  section(7, () => {
    out.byte(3);
    for (const [name, kind, index] of [
      ['reset', 0, 2],
      ['interrupt', 0, 3],
      ['memory', 2, 0],
    ] as const) {
      out.name(name);
      out.bytesOf(kind, index);
    }
  });
  section(10, () => {
    out.byte(2 + extra.length);
    for (const code of [reset, [0x0b], ...extra]) {
      out.sized(() => {
        out.byte(0); // no locals
        out.copy(Uint8Array.from(code), 0, code.length);
      });
    }
  });
  return out.bytes.slice();
}
