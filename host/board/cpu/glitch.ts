// Rewrites a checked image so that one error can be injected: the effect of a voltage glitch or a particle on a core.
//
//   branch   if, br_if, select: the condition inverted; br_table: the neighbouring arm
//   call     not made; its result, if it has one, is an old register value: `value`, or the first argument
//   read     a word read on the bus comes back as (word & and) ^ xor
//   copy     a byte of a block the DMA copied, number `value` of it (modulo its length), likewise
//
// All sites are in one module and inactive. Which one strikes, and at which of its executions, is in mutable globals behind the
// image's own; the caller sets them in a snapshot taken before the run begins. So a thousand glitches cost one compilation, and
// because globals are new at every boot, a glitch is over when the core is reset.
// What must stay true: with no site chosen the image makes the same accesses as before, only later.

import type { CheckedImage } from './check.ts';
import { nameOf } from './code.ts';
import { ValueType } from './declarations.ts';
import { GlitchBody, type GlitchSite, type KindOfSite } from './glitch-body.ts';
import { EMPTY_BLOCK, Op } from './opcodes.ts';
import { pureFunctions } from './pure-calls.ts';
import { SectionWriter } from './section-writer.ts';
import { SectionId } from './sections.ts';
import { Writer } from './writer.ts';

/** What is set to choose a glitch, in the order of the globals; each is one i32. */
export interface Glitch {
  /** Number of the site; -1 for none. */
  site: number;
  /** 1: its first execution; 0: every one of them. */
  occurrence: number;
  /** The result of a call that was not made, unless `useArgument` is 1; the byte of a block that is damaged. */
  value: number;
  useArgument: number;
  and: number;
  xor: number;
}

export interface GlitchableImage {
  bytes: Uint8Array;
  sites: GlitchSite[];
  /** Index of the first of the globals that choose a glitch: the last globals of the image. */
  firstGlobal: number;
}

/** Initial values: no site, and a read that is left as it is. The last one counts the site's executions. */
const globals = [-1, 0, 0, 0, -1, 0, 0];
const fields = ['site', 'occurrence', 'value', 'useArgument', 'and', 'xor'] as const;
const COUNT = 6;

/** Puts a glitch into a copy of what Core.saveGlobals gave of a glitchable image that has not begun. */
export function armGlitch(words: Uint32Array, glitch: Glitch): Uint32Array {
  const armed = words.slice();
  const first = words.length - globals.length;
  for (const [index, field] of fields.entries()) armed[first + index] = glitch[field];
  armed[first + COUNT] = 0;
  return armed;
}

/**
 * `copies` names the functions that copy by DMA: (RAM address, bus address, length, ...). `isTried`: the sites that are needed. The fewer there are, the
 * faster this machine runs the image; by its own clock it is as fast. There may be others beside them.
 */
export function makeGlitchable(
  image: CheckedImage,
  copies: readonly string[],
  isTried: (site: KindOfSite) => boolean = () => true,
): GlitchableImage {
  const out = new Writer(image.bytes.length * 3);
  const bodies = new GlitchBody(image, copies, isTried, out);
  new GlitchWriter(image, out).write(bodies);
  return { bytes: out.bytes.slice(), sites: bodies.sites, firstGlobal: image.declarations.globals.length };
}

const { I32 } = ValueType;

class GlitchWriter extends SectionWriter {
  write(bodies: GlitchBody): void {
    const { out } = this;
    const { declarations, code } = this.image;
    const helpers = helperFunctions(declarations.functions.length, declarations.globals.length);
    this.begin();
    this.extend(SectionId.TYPE, helpers, ({ parameters, results }) => {
      out.bytesOf(0x60, parameters, ...new Array(parameters).fill(I32), results, ...new Array(results).fill(I32));
    });
    this.keep(SectionId.IMPORT);
    this.extend(SectionId.FUNCTION, helpers, (_, index) => out.u32(declarations.types.length + index));
    this.keep(SectionId.TABLE);
    this.keep(SectionId.MEMORY);
    this.extend(SectionId.GLOBAL, globals, (value) => {
      out.bytesOf(I32, 1, Op.CONST_32);
      out.s32(value);
      out.byte(Op.END);
    });
    this.keep(SectionId.EXPORT);
    this.keep(SectionId.ELEMENT);
    this.section(SectionId.CODE, () => {
      out.u32(code.bodies.length + helpers.length);
      for (const body of code.bodies) out.sized(() => bodies.write(body));
      for (const { write } of helpers) out.sized(() => write(out));
    });
    this.keep(SectionId.DATA);
    this.names();
  }

  private names(): void {
    const { out } = this;
    const names = [...this.image.sections.names].sort(([a], [b]) => a - b);
    this.section(SectionId.CUSTOM, () => {
      out.name('name');
      out.byte(1);
      out.sized(() => {
        out.u32(names.length);
        for (const [index, name] of names) {
          out.u32(index);
          // Without its path: the checks at the sites take half the boot partition, and there is no room for the paths.
          out.name(name.slice(name.lastIndexOf('/') + 1));
        }
      });
    });
  }
}

interface GlitchHelper {
  parameters: number;
  results: number;
  write(out: Writer): void;
}

/** Behind the image's functions, in the order GlitchBody knows them by. `first` is the index of the first one. */
function helperFunctions(first: number, firstGlobal: number): GlitchHelper[] {
  const [site, occurrence, value, , and, xor, count] = globals.map((_, index) => firstGlobal + index);
  const bend = (out: Writer) => {
    out.indexed(Op.GLOBAL_GET, and);
    out.byte(Op.AND_32);
    out.indexed(Op.GLOBAL_GET, xor);
    out.byte(Op.XOR_32);
  };
  return [
    {
      // strikes(site): 1 when it is this site's turn.
      ...{ parameters: 1, results: 1 },
      write(out) {
        out.bytesOf(0, Op.LOCAL_GET, 0);
        out.indexed(Op.GLOBAL_GET, site);
        out.bytesOf(Op.NOT_EQUAL_32, Op.IF, EMPTY_BLOCK, Op.CONST_32, 0, Op.RETURN, Op.END);
        out.indexed(Op.GLOBAL_GET, count);
        out.bytesOf(Op.CONST_32, 1, Op.ADD_32);
        out.indexed(Op.GLOBAL_SET, count);
        out.indexed(Op.GLOBAL_GET, occurrence);
        out.byte(Op.IS_ZERO_32);
        out.indexed(Op.GLOBAL_GET, count);
        out.indexed(Op.GLOBAL_GET, occurrence);
        out.bytesOf(Op.EQUAL_32, Op.OR_32, Op.END);
      },
    },
    {
      // read(word, site): the word, or the word as the glitch changed it.
      ...{ parameters: 2, results: 1 },
      write(out) {
        out.bytesOf(0, Op.LOCAL_GET, 1);
        out.indexed(Op.CALL, first);
        out.bytesOf(Op.IF, I32, Op.LOCAL_GET, 0);
        bend(out);
        out.bytesOf(Op.ELSE, Op.LOCAL_GET, 0, Op.END, Op.END);
      },
    },
    {
      // copied(address, length, site): damages a byte of the block.
      ...{ parameters: 3, results: 0 },
      write(out) {
        out.bytesOf(0, Op.LOCAL_GET, 2);
        out.indexed(Op.CALL, first);
        out.bytesOf(Op.IS_ZERO_32, Op.LOCAL_GET, 1, Op.IS_ZERO_32, Op.OR_32);
        out.bytesOf(Op.IF, EMPTY_BLOCK, Op.RETURN, Op.END);
        out.bytesOf(Op.LOCAL_GET, 0);
        out.indexed(Op.GLOBAL_GET, value);
        out.bytesOf(Op.LOCAL_GET, 1, Op.REMAINDER_32, Op.ADD_32, Op.LOCAL_TEE, 0);
        out.bytesOf(Op.LOCAL_GET, 0, Op.LOAD_8, 0, 0);
        bend(out);
        out.bytesOf(Op.STORE_8, 0, 0, Op.END);
      },
    },
  ];
}

/** Names of the functions that run in calls of these, where such calls can be shared (pure-calls.ts). A glitch elsewhere does not change what a call does. */
export function functionsIn(image: CheckedImage, names: readonly string[]): Set<string> {
  const reached = pureFunctions(image, names).flatMap(({ reaches }) => [...reaches]);
  return new Set(reached.map((functionIndex) => nameOf(image.sections.names, functionIndex)));
}
