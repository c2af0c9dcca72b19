// The mutable globals of an image: state that is not in memory, so the host saves and restores it one by one.
//
// The position of each in the flat buffers of Core is decided here, and nowhere else: the helper functions of the metered module and Core
// must agree on it.

import type { CheckedImage } from './check.ts';
import { ValueType } from './declarations.ts';

/** A mutable global of the image. In the flat buffers of Core it has one word (i32) or two, the low one first. */
export interface MutableGlobal {
  index: number;
  exportName: string;
  wide: boolean;
  /** Position of its first word. */
  word: number;
}

export function listMutableGlobals({ declarations }: CheckedImage): MutableGlobal[] {
  const list: MutableGlobal[] = [];
  let word = 0;
  for (const [index, { mutable, type }] of declarations.globals.entries()) {
    if (!mutable) continue;
    const wide = type === ValueType.I64;
    list.push({ index, exportName: `global_${index}`, wide, word });
    word += wide ? 2 : 1;
  }
  return list;
}
