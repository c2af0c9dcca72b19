// Random images for the tests: valid and terminating, with forms that no compiler makes (dead code, branches out of any block, values under
// blocks). They are written as bytes, so that no assembler changes them.

import type { Choose } from '../../random.ts';
import { Writer } from '../writer.ts';
import { FunctionWriter } from './random-function.ts';
import { firstWorker, I32, I64, interrupt, reset, tableWorkers, types, workers } from './random-values.ts';

/** Loops go on for some hundred iterations in all, or, `endless`, for about ever. */
export function randomImage(choose: Choose, { endless = false } = {}): Uint8Array {
  const out = new Writer(4096);
  const section = (id: number, contents: () => void) => {
    out.byte(id);
    out.sized(contents);
  };
  out.bytesOf(0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00);
  section(1, () => out.bytesOf(4, 0x60, 0, 0, 0x60, 1, I32, 0, 0x60, 1, I32, 1, I32, 0x60, 2, I32, I32, 0));
  section(2, () => {
    out.u32(2);
    for (const [name, type] of Object.entries({ read32: types.worker, write32: types.write32 })) {
      out.name('bus');
      out.name(name);
      out.bytesOf(0, type);
    }
  });
  section(3, () => out.bytesOf(workers + 2, ...new Array(workers).fill(types.worker), types.nothing, types.lines));
  section(4, () => out.bytesOf(1, 0x70, 0, tableWorkers + 1));
  section(5, () => out.bytesOf(1, 1, 1, 1));
  section(6, () => {
    out.bytesOf(3, I32, 1, 0x41);
    out.s32(endless ? 0x7fff_ffff : 20 + choose(100));
    out.bytesOf(0x0b, I64, 1, 0x42, choose(64), 0x0b, I32, 0, 0x41, choose(64), 0x0b);
  });
  section(7, () => {
    out.u32(3);
    for (const [name, kind, index] of [
      ['reset', 0, reset],
      ['interrupt', 0, interrupt],
      ['memory', 2, 0],
    ] as const) {
      out.name(name);
      out.bytesOf(kind, index);
    }
  });
  section(9, () => out.bytesOf(1, 0, 0x41, 0, 0x0b, tableWorkers, interrupt - 3, interrupt - 2));
  section(10, () => {
    out.u32(workers + 2);
    for (let index = firstWorker; index <= interrupt; index++) {
      out.sized(() => new FunctionWriter(choose, out, index).write());
    }
  });
  return out.bytes.slice();
}
