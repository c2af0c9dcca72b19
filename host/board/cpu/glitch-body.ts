// Function bodies with their glitch sites: copies the code and inserts a check at each site whether the glitch strikes now.
//
//   if, br_if, select   ... condition   eqz, strikes(site), eq                inverted when it strikes
//   br_table            ... index       strikes(site), xor
//   call f              ... arguments   to locals; strikes(site) if: leftover else: arguments, call f end
//   read32              ... word        site, read
//
// A site that is not tried has no check, and waits for as long as its check takes, so that the image is as fast whichever sites are tried.

import type { CheckedImage } from './check.ts';
import { type Body, nameOf } from './code.ts';
import { costs } from './costs.ts';
import { ValueType } from './declarations.ts';
import { EMPTY_BLOCK, Op } from './opcodes.ts';
import type { Writer } from './writer.ts';

export interface GlitchSite {
  kind: 'branch' | 'call' | 'read' | 'copy';
  functionName: string;
  /** The instruction, in the image as it was. */
  offset: number;
  /** Offset of the check in the rewritten image. */
  asksAt: number;
  /** The function called, with kinds call and copy. */
  callee: string | undefined;
  /** Whether the call returns an i32 or i64. */
  owesResult: boolean;
}

/** A site by what it is, and not by where it is in the rewritten image. */
export type KindOfSite = Omit<GlitchSite, 'asksAt'>;

const { IF, BR_IF, BR_TABLE, CALL, SELECT } = Op;
const { I32, I64 } = ValueType;

const cyclesOf = (...keys: number[]): number => keys.reduce((sum, key) => sum + costs[key], 0);
/** What strikes(site) takes, and read and copied (glitch.ts), when it is not the site's turn; each with its call. */
const strikesCycles = cyclesOf(CALL, Op.GLOBAL_GET, Op.NOT_EQUAL_32, IF, Op.RETURN);
const readCycles = cyclesOf(CALL, IF) + strikesCycles;
const copiedCycles = cyclesOf(CALL, Op.IS_ZERO_32, Op.IS_ZERO_32, Op.OR_32, IF, Op.RETURN) + strikesCycles;

export class GlitchBody {
  readonly sites: GlitchSite[] = [];
  private readonly image: CheckedImage;
  private readonly copies: readonly string[];
  private readonly out: Writer;
  private readonly isTried: (site: KindOfSite) => boolean;
  private readonly strikes: number;
  private readonly value: number;
  private readonly useArgument: number;
  /** First of the body's locals for arguments of 64 bits; those for 32 bits are before it. */
  private wideArguments = 0;

  constructor(image: CheckedImage, copies: readonly string[], isTried: (site: KindOfSite) => boolean, out: Writer) {
    this.image = image;
    this.copies = copies;
    this.isTried = isTried;
    this.out = out;
    this.strikes = image.declarations.functions.length;
    this.value = image.declarations.globals.length + 2;
    this.useArgument = this.value + 1;
  }

  write(body: Body): void {
    const { out, image } = this;
    const { opcode, offset } = image.code;
    this.locals(body);
    let copied = body.codeStart;
    const copyTo = (end: number) => {
      out.copy(image.bytes, copied, end);
      copied = end;
    };
    for (let i = body.first; i < body.last; i++) {
      const key = opcode[i];
      if (key !== IF && key !== BR_IF && key !== BR_TABLE && key !== SELECT && key !== CALL) continue;
      copyTo(offset[i]);
      if (key === CALL) {
        this.call(body, i);
        copied = offset[i + 1];
      } else this.condition(body, i, key);
    }
    copyTo(body.end);
  }

  /** Room for the arguments of the call that has most of each type. */
  private locals(body: Body): void {
    const { out, image } = this;
    const [narrow, wide] = this.mostArguments(body);
    this.wideArguments = body.locals + narrow;
    out.u32(body.localGroups.length + 2);
    out.copy(image.bytes, body.groupsStart, body.codeStart);
    out.u32(narrow);
    out.byte(I32);
    out.u32(wide);
    out.byte(I64);
  }

  private mostArguments(body: Body): [number, number] {
    const { opcode, immediate } = this.image.code;
    let [narrow, wide] = [0, 0];
    for (let i = body.first; i < body.last; i++) {
      if (opcode[i] !== CALL) continue;
      const { parameters } = this.typeOf(immediate[i]);
      const wideOnes = parameters.filter((type) => type === I64).length;
      narrow = Math.max(narrow, parameters.length - wideOnes);
      wide = Math.max(wide, wideOnes);
    }
    return [narrow, wide];
  }

  private typeOf(functionIndex: number) {
    const { types, functions } = this.image.declarations;
    return types[functions[functionIndex]];
  }

  private condition(body: Body, instruction: number, key: number): void {
    const { out } = this;
    const site = this.kindOf(body, instruction, 'branch');
    const isTable = key === BR_TABLE;
    if (!this.isTried(site)) {
      this.wait(strikesCycles + (isTable ? cyclesOf(Op.XOR_32) : cyclesOf(Op.IS_ZERO_32, Op.EQUAL_32)));
      return;
    }
    if (!isTable) out.byte(Op.IS_ZERO_32);
    this.ask(this.add(site));
    out.byte(isTable ? Op.XOR_32 : Op.EQUAL_32);
  }

  /** Writes a call with its sites. */
  private call(body: Body, instruction: number): void {
    const { out, image } = this;
    const target = image.code.immediate[instruction];
    const { parameters, results } = this.typeOf(target);
    if (target < image.declarations.importedFunctions && results.length === 1) {
      this.read(body, instruction, target);
      return;
    }
    const callee = nameOf(image.sections.names, target);
    const call = this.kindOf(body, instruction, 'call', callee, results.length === 1);
    const isCopy = callee !== undefined && this.copies.includes(callee);
    const copy = isCopy ? this.kindOf(body, instruction, 'copy', callee) : undefined;
    if (!this.isTried(call) && !(copy && this.isTried(copy))) {
      this.wait(strikesCycles + cyclesOf(IF));
      out.indexed(Op.CALL, target);
      if (copy) this.wait(copiedCycles);
      return;
    }
    const places = this.placesOf(body, parameters);
    for (const place of places.toReversed()) out.indexed(Op.LOCAL_SET, place);
    this.ask(this.add(call));
    out.bytesOf(Op.IF, results[0] ?? EMPTY_BLOCK);
    if (results.length === 1) this.leftover(results[0], places[parameters.indexOf(I32)]);
    out.byte(Op.ELSE);
    for (const place of places) out.indexed(Op.LOCAL_GET, place);
    out.indexed(Op.CALL, target);
    if (copy) this.copied(this.add(copy), places);
    out.byte(Op.END);
  }

  /** Writes a read of the bus with its site. */
  private read(body: Body, instruction: number, target: number): void {
    const { out } = this;
    const site = this.kindOf(body, instruction, 'read');
    out.indexed(Op.CALL, target);
    if (!this.isTried(site)) {
      this.wait(readCycles);
      return;
    }
    out.byte(Op.CONST_32);
    out.s32(this.add(site));
    out.indexed(Op.CALL, this.strikes + 1);
  }

  /** The locals that hold the arguments meanwhile, first argument first. */
  private placesOf(body: Body, parameters: number[]): number[] {
    let narrow = body.locals;
    let wide = this.wideArguments;
    return parameters.map((type) => (type === I32 ? narrow++ : wide++));
  }

  private leftover(type: number, argument: number | undefined): void {
    const { out } = this;
    if (argument !== undefined) out.indexed(Op.LOCAL_GET, argument);
    out.indexed(Op.GLOBAL_GET, this.value);
    if (argument !== undefined) {
      out.indexed(Op.GLOBAL_GET, this.useArgument);
      out.byte(Op.SELECT);
    }
    if (type === I64) out.byte(Op.EXTEND_64);
  }

  private copied(site: number, [address, , length]: number[]): void {
    const { out } = this;
    out.indexed(Op.LOCAL_GET, address);
    out.indexed(Op.LOCAL_GET, length);
    out.byte(Op.CONST_32);
    out.s32(site);
    out.indexed(Op.CALL, this.strikes + 2);
  }

  private ask(site: number): void {
    const { out } = this;
    out.byte(Op.CONST_32);
    out.s32(site);
    out.indexed(Op.CALL, this.strikes);
  }

  /** Takes so many cycles, in few bytes: there is no more room for an image with all of its checks. */
  private wait(cycles: number): void {
    const { out } = this;
    let left = cycles;
    for (; left >= costs[Op.POPULATION_32]; left -= costs[Op.POPULATION_32])
      out.bytesOf(Op.CONST_32, 0, Op.POPULATION_32, Op.DROP);
    for (; left > 0; left -= costs[Op.NOP]) out.byte(Op.NOP);
  }

  private kindOf(
    { functionIndex }: Body,
    instruction: number,
    kind: GlitchSite['kind'],
    callee?: string,
    owesResult = false,
  ): KindOfSite {
    const { code, sections } = this.image;
    const functionName = nameOf(sections.names, functionIndex);
    return { kind, functionName, offset: code.offset[instruction], callee, owesResult };
  }

  /** The number of a site whose check comes next. */
  private add(site: KindOfSite): number {
    return this.sites.push({ ...site, asksAt: this.out.length }) - 1;
  }
}
