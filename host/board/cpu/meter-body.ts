// Meters function bodies: copies the code and puts in, at each segment's head,
//
//   cycles -= charge; if (cycles < 0) unreachable
//
// before each bus access, `cycles` as one more argument, and behind each block operation, which has succeeded then and so has a
// length within RAM, a charge for that length. With a tracer of calls, its code stands at each function's entry and behind each call, and before the
// instructions that are to be told: there ahead of the charge, so that a step has the cycles of what was executed before it. With a sharer of calls,
// its code stands first in a function. With a tracer of accesses, its helpers stand in place of the instructions that access RAM.

import type { AccessTracer } from './access-tracer.ts';
import type { CallTracer } from './calls.ts';
import type { CheckedImage } from './check.ts';
import type { Body } from './code.ts';
import { blockBytesPerCycle } from './costs.ts';
import { ValueType } from './declarations.ts';
import type { OffsetMap } from './offset-map.ts';
import { EMPTY_BLOCK, Op } from './opcodes.ts';
import type { CallSharer } from './pure-calls.ts';
import type { Segments } from './segments.ts';
import type { Writer } from './writer.ts';

const { CALL, COPY, FILL, LOOP, CALL_INDIRECT } = Op;

/** Code for the host, besides the charges. */
export interface HostCode {
  calls?: CallTracer;
  /** Offsets of instructions to tell of. */
  steps?: readonly number[];
  sharer?: CallSharer;
  accesses?: AccessTracer;
}

export class BodyMeter {
  private readonly image: CheckedImage;
  private readonly segments: Segments;
  private readonly cycles: number;
  private readonly calls: CallTracer | undefined;
  private readonly offsets: OffsetMap;
  private readonly out: Writer;
  /** In functions with loops, the local that mirrors `cycles`; else -1. */
  private mirror = -1;
  /** By instruction: 1 + the segment it is the head of, or 0. */
  private readonly headOf: Uint32Array;
  /** By segment: 1 + its counter, or 0. */
  private readonly counterOf: Uint32Array;
  private readonly steps: ReadonlySet<number>;
  private readonly sharer: CallSharer | undefined;
  private readonly accesses: AccessTracer | undefined;

  /** `cycles` is the index of the budget global; the counters of the segments in `counted` come behind it. */
  constructor(
    image: CheckedImage,
    segments: Segments,
    counted: Uint32Array,
    cycles: number,
    { calls, steps = [], sharer, accesses }: HostCode,
    offsets: OffsetMap,
    out: Writer,
  ) {
    this.image = image;
    this.segments = segments;
    this.cycles = cycles;
    this.calls = calls;
    this.steps = new Set(steps);
    this.sharer = sharer;
    this.accesses = accesses;
    this.offsets = offsets;
    this.out = out;
    this.headOf = new Uint32Array(image.code.opcode.length);
    this.counterOf = new Uint32Array(segments.heads.length);
    for (const [segment, head] of segments.heads.entries()) this.headOf[head] = segment + 1;
    for (const [counter, segment] of counted.entries()) this.counterOf[segment] = counter + 1;
  }

  write(body: Body): void {
    const { out, image, segments, accesses } = this;
    const { opcode, offset, immediate } = image.code;
    const code = opcode.subarray(body.first, body.last);
    this.mirror = code.includes(LOOP) ? body.locals : -1;
    const lengthLocal = body.locals + (this.mirror < 0 ? 0 : 1);
    const extraLocals = lengthLocal - body.locals + (code.some(isBlockOperation) ? 1 : 0);
    this.locals(body, extraLocals);
    this.sharer?.enter(body.functionIndex);
    this.calls?.enter(body.functionIndex, this.firstParameterIsWord(body));
    this.reload();
    let copied = body.codeStart;
    const copyTo = (end: number) => {
      this.offsets.add(out.length, copied);
      out.copy(image.bytes, copied, end);
      copied = end;
    };
    for (let i = body.first; i <= body.last; i++) {
      if (this.steps.has(offset[i])) {
        copyTo(offset[i]);
        this.calls?.step(offset[i]);
      }
      if (this.headOf[i] !== 0) {
        copyTo(offset[i]);
        this.head(this.headOf[i] - 1);
      }
      if (opcode[i] === CALL || opcode[i] === CALL_INDIRECT) {
        const ofBus = opcode[i] === CALL && immediate[i] < image.declarations.importedFunctions;
        if (ofBus) {
          copyTo(offset[i]);
          out.indexed(Op.GLOBAL_GET, this.cycles);
        }
        const calls = ofBus ? undefined : this.calls;
        if (this.mirror >= 0 || calls) {
          copyTo(offset[i + 1]);
          this.reload();
          calls?.leave();
        }
      } else if (isBlockOperation(opcode[i]) && segments.owner[i] >= 0) {
        copyTo(offset[i]);
        out.indexed(Op.LOCAL_TEE, lengthLocal);
        if (accesses) {
          accesses.block(opcode[i], lengthLocal);
          copied = offset[i + 1];
        } else copyTo(offset[i + 1]);
        this.chargeLength(lengthLocal);
      } else if (accesses?.replaces(opcode[i])) {
        copyTo(offset[i]);
        accesses.access(opcode[i], immediate[i]);
        copied = offset[i + 1];
      }
    }
    copyTo(body.end);
  }

  private locals(body: Body, extra: number): void {
    const { out, image } = this;
    out.u32(body.localGroups.length + (extra > 0 ? 1 : 0));
    out.copy(image.bytes, body.groupsStart, body.codeStart);
    if (extra > 0) out.bytesOf(extra, ValueType.I32);
  }

  private firstParameterIsWord({ functionIndex }: Body): boolean {
    const { types, functions } = this.image.declarations;
    return types[functions[functionIndex]].parameters[0] === ValueType.I32;
  }

  /** Brings the mirror up to date where others may have charged: at the function's entry and behind calls. */
  private reload(): void {
    if (this.mirror < 0) return;
    this.out.indexed(Op.GLOBAL_GET, this.cycles);
    this.out.indexed(Op.LOCAL_SET, this.mirror);
  }

  private head(segment: number): void {
    const { out, cycles } = this;
    const charge = this.segments.charges[segment];
    if (this.counterOf[segment] !== 0) {
      const counter = cycles + this.counterOf[segment];
      out.indexed(Op.GLOBAL_GET, counter);
      out.bytesOf(Op.CONST_64, 1, Op.ADD_64);
      out.indexed(Op.GLOBAL_SET, counter);
    }
    if (charge === 0) return;
    this.readCycles();
    out.byte(Op.CONST_32);
    out.s32(charge);
    this.subtractAndTest();
  }

  private chargeLength(lengthLocal: number): void {
    const { out } = this;
    this.readCycles();
    out.indexed(Op.LOCAL_GET, lengthLocal);
    out.bytesOf(Op.CONST_32, blockBytesPerCycle - 1, Op.ADD_32);
    out.bytesOf(Op.CONST_32, Math.log2(blockBytesPerCycle), Op.SHIFT_RIGHT_32);
    this.subtractAndTest();
  }

  private readCycles(): void {
    if (this.mirror < 0) this.out.indexed(Op.GLOBAL_GET, this.cycles);
    else this.out.indexed(Op.LOCAL_GET, this.mirror);
  }

  private subtractAndTest(): void {
    const { out, cycles } = this;
    out.byte(Op.SUBTRACT_32);
    if (this.mirror >= 0) out.indexed(Op.LOCAL_TEE, this.mirror);
    out.indexed(Op.GLOBAL_SET, cycles);
    this.readCycles();
    out.bytesOf(Op.CONST_32, 0, Op.LESS_32, Op.IF, EMPTY_BLOCK, Op.UNREACHABLE, Op.END);
  }
}

function isBlockOperation(key: number): boolean {
  return key === COPY || key === FILL;
}
