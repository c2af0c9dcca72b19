// Which bytes of RAM a call reads before it writes them, and which it writes: code in place of each instruction that accesses RAM.
//
// The module that is made with it (traced-module.ts) has three times the RAM. The second third is a map of what was read, the last one a map of what was
// written: a byte is 0xff there, or 0.
//
//   read at p     read[p] |= ~written[p]      as wide as the read itself
//   write at p    written[p] = 0xff
//
// An instruction becomes a call of a helper that does both, map and access. What must stay true: an access that is out of RAM traps, as it does in the
// image itself.

import { ValueType } from './declarations.ts';
import type { Helper } from './helpers.ts';
import { EMPTY_BLOCK, keyOf, Op } from './opcodes.ts';
import type { Writer } from './writer.ts';

const { I32, I64 } = ValueType;
/** -1 as a constant is written; all ones. */
const ONES = 0x7f;
export const pageBytes = 65536;

interface Access {
  key: number;
  bytes: number;
  type: number;
  /** The store of the same width; undefined for a store. */
  store: number | undefined;
}

const access = (mnemonic: string, bytes: number, store?: string): Access => ({
  ...{ key: keyOf(mnemonic), bytes, type: mnemonic.startsWith('i64') ? I64 : I32 },
  store: store === undefined ? undefined : keyOf(store),
});

const accesses: readonly Access[] = [
  access('i32.load', 4, 'i32.store'),
  access('i32.load8_s', 1, 'i32.store8'),
  access('i32.load8_u', 1, 'i32.store8'),
  access('i32.load16_s', 2, 'i32.store16'),
  access('i32.load16_u', 2, 'i32.store16'),
  access('i64.load', 8, 'i64.store'),
  access('i64.load8_s', 1, 'i64.store8'),
  access('i64.load8_u', 1, 'i64.store8'),
  access('i64.load16_s', 2, 'i64.store16'),
  access('i64.load16_u', 2, 'i64.store16'),
  access('i64.load32_s', 4, 'i64.store32'),
  access('i64.load32_u', 4, 'i64.store32'),
  access('i32.store', 4),
  access('i32.store8', 1),
  access('i32.store16', 2),
  access('i64.store', 8),
  access('i64.store8', 1),
  access('i64.store16', 2),
  access('i64.store32', 4),
];

export class AccessTracer {
  readonly helpers: Helper[];
  /** By key of an opcode: the position of its helper. */
  private readonly helperOf = new Map<number, number>();
  private readonly firstHelper: number;
  private readonly pages: number;
  private readonly out: Writer;

  /** `pages`: the RAM of the image. `firstHelper`: function index of the first helper. */
  constructor(pages: number, firstHelper: number, out: Writer) {
    const ramBytes = pages * pageBytes;
    this.pages = pages;
    this.firstHelper = firstHelper;
    this.out = out;
    this.helpers = [
      ...accesses.map((each) => accessHelper(each, ramBytes)),
      copyHelper(ramBytes),
      fillHelper(ramBytes),
    ];
    for (const [position, { key }] of accesses.entries()) this.helperOf.set(key, position);
    this.helperOf.set(Op.COPY, accesses.length);
    this.helperOf.set(Op.FILL, accesses.length + 1);
  }

  /** Whether it stands in place of an instruction that `access` is to write. */
  replaces(key: number): boolean {
    return key === Op.MEMORY_SIZE || (this.helperOf.has(key) && key !== Op.COPY && key !== Op.FILL);
  }

  /** Writes a load or a store, whose operands are on the stack; or memory.size, which must be that of the image. */
  access(key: number, offset: number): void {
    this.out.byte(Op.CONST_32);
    if (key === Op.MEMORY_SIZE) {
      this.out.s32(this.pages);
      return;
    }
    this.out.s32(offset);
    this.call(key);
  }

  /** Writes memory.copy or memory.fill; its operands are on the stack, and the length is in this local, too. */
  block(key: number, lengthLocal: number): void {
    this.out.indexed(Op.LOCAL_GET, lengthLocal);
    this.call(key);
  }

  private call(key: number): void {
    this.out.indexed(Op.CALL, this.firstHelper + (this.helperOf.get(key) as number));
  }
}

/** Of a load: (address, offset) -> value. Of a store: (address, value, offset). */
function accessHelper({ key, bytes, type, store }: Access, ramBytes: number): Helper {
  const [read, written] = [ramBytes, 2 * ramBytes];
  const offset = store === undefined ? 2 : 1;
  const at = (out: Writer, opcode: number, plane: number) => {
    out.bytesOf(opcode, 0);
    out.u32(plane);
  };
  const ones = (out: Writer) => out.bytesOf(type === I64 ? Op.CONST_64 : Op.CONST_32, ONES);
  return {
    name: `traced_${key}`,
    parameters: store === undefined ? [I32, type, I32] : [I32, I32],
    results: store === undefined ? [] : [type],
    write(out) {
      // The address is the sum, which must not wrap.
      out.bytesOf(Op.LOCAL_GET, 0, Op.LOCAL_GET, offset, Op.ADD_32, Op.LOCAL_TEE, 0, Op.LOCAL_GET, offset);
      out.bytesOf(Op.LESS_UNSIGNED_32, Op.IF, EMPTY_BLOCK, Op.UNREACHABLE, Op.END);
      trapBehind(out, 0, ramBytes - bytes);
      out.bytesOf(Op.LOCAL_GET, 0);
      if (store === undefined) {
        ones(out);
        at(out, key, written);
        out.bytesOf(Op.LOCAL_GET, 0, Op.LOCAL_GET, 1);
        at(out, key, 0);
        return;
      }
      out.bytesOf(Op.LOCAL_GET, 0);
      at(out, key, read);
      out.bytesOf(Op.LOCAL_GET, 0);
      at(out, key, written);
      ones(out);
      out.bytesOf(type === I64 ? Op.XOR_64 : Op.XOR_32, type === I64 ? Op.OR_64 : Op.OR_32);
      at(out, store, read);
      out.bytesOf(Op.LOCAL_GET, 0);
      at(out, key, 0);
    },
  };
}

/** (to, from, length, length again). */
function copyHelper(ramBytes: number): Helper {
  return {
    name: 'traced_copy',
    parameters: [I32, I32, I32, I32],
    results: [],
    write(out) {
      trapOutside(out, 0, ramBytes);
      trapOutside(out, 1, ramBytes);
      // Byte by byte, from the last one on: read[from + n] |= ~written[from + n].
      out.bytesOf(Op.BLOCK, EMPTY_BLOCK, Op.LOOP, EMPTY_BLOCK);
      out.bytesOf(Op.LOCAL_GET, 3, Op.IS_ZERO_32, Op.BR_IF, 1);
      out.bytesOf(Op.LOCAL_GET, 3, Op.CONST_32, 1, Op.SUBTRACT_32, Op.LOCAL_SET, 3);
      const byte = () => out.bytesOf(Op.LOCAL_GET, 1, Op.LOCAL_GET, 3, Op.ADD_32);
      byte();
      for (const plane of [ramBytes, 2 * ramBytes]) {
        byte();
        out.bytesOf(Op.LOAD_8, 0);
        out.u32(plane);
      }
      out.bytesOf(Op.CONST_32, ONES, Op.XOR_32, Op.OR_32, Op.STORE_8, 0);
      out.u32(ramBytes);
      out.bytesOf(Op.BR, 0, Op.END, Op.END);
      noteWritten(out, ramBytes);
      out.bytesOf(Op.LOCAL_GET, 0, Op.LOCAL_GET, 1, Op.LOCAL_GET, 2);
      out.bytesOf(0xfc, Op.COPY & 0xff, 0, 0);
    },
  };
}

/** (to, value, length, length again). */
function fillHelper(ramBytes: number): Helper {
  return {
    name: 'traced_fill',
    parameters: [I32, I32, I32, I32],
    results: [],
    write(out) {
      trapOutside(out, 0, ramBytes);
      noteWritten(out, ramBytes);
      out.bytesOf(Op.LOCAL_GET, 0, Op.LOCAL_GET, 1, Op.LOCAL_GET, 2);
      out.bytesOf(0xfc, Op.FILL & 0xff, 0);
    },
  };
}

/** Traps when the local is above `most`, unsigned. */
function trapBehind(out: Writer, local: number, most: number): void {
  out.bytesOf(Op.CONST_32);
  out.s32(most);
  out.indexed(Op.LOCAL_GET, local);
  out.bytesOf(Op.LESS_UNSIGNED_32, Op.IF, EMPTY_BLOCK, Op.UNREACHABLE, Op.END);
}

/** Traps when a block that begins at the address in the local, with its length in local 2, is not all in RAM. */
function trapOutside(out: Writer, local: number, ramBytes: number): void {
  trapBehind(out, 2, ramBytes);
  out.byte(Op.CONST_32);
  out.s32(ramBytes);
  out.bytesOf(Op.LOCAL_GET, 2, Op.SUBTRACT_32);
  out.indexed(Op.LOCAL_GET, local);
  out.bytesOf(Op.LESS_UNSIGNED_32, Op.IF, EMPTY_BLOCK, Op.UNREACHABLE, Op.END);
}

function noteWritten(out: Writer, ramBytes: number): void {
  out.bytesOf(Op.LOCAL_GET, 0, Op.CONST_32);
  out.s32(2 * ramBytes);
  out.bytesOf(Op.ADD_32, Op.CONST_32, ONES, Op.LOCAL_GET, 2);
  out.bytesOf(0xfc, Op.FILL & 0xff, 0);
}
