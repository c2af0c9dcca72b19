// One-time-programmable fuse words.
//
// WORD keeps its value over every reset and without power, and bits only go from zero to one.
// What must stay true: only `burn` changes a fuse of a running chip; a burn that a loss of power or a reset interrupts leaves each of
// its ones burnt, not burnt, or weak (fuse-tear.ts); a weak bit reads as one for ever once it has been burnt again.

import { FUSES } from '../../../protocol/generated/registers.ts';
import { Fuse } from '../../../protocol/memory-map.ts';
import type { Device, DeviceContext, Registers } from '../device.ts';
import { EventKind, FaultCause } from '../device.ts';
import { LogKind } from '../log.ts';
import { fuseTearNumber, fuseTearPatterns } from './fuse-tear.ts';

/** Time to burn one word, of the order of magnitude of anti-fuse macros. A chosen figure, not that of a particular chip. */
export const burnNs = 20_000;

const { BUSY, DONE } = FUSES.registers.STATUS.fields;

export class Fuses implements Device {
  readonly peripheral = FUSES;
  readonly eventKinds = [EventKind.FUSE_DONE];
  readonly onRead = { WORD: (index: number) => this.read(index) };
  readonly onWrite = {
    COMMAND: () => this.start(),
    STATUS: () => this.updateLine(),
    INTERRUPT_ENABLE: () => this.updateLine(),
    INDEX: (value: number, _index: number, previous: number) => this.checkIndex(value, previous),
  };
  /** The fuse words, for the factory and for keeping a device across runs. */
  readonly cells: Uint32Array;
  /** The weak bits of each word: each read gives one or zero at random. They are zero in `cells`. */
  readonly weak: Uint32Array;
  private readonly context: DeviceContext;
  private readonly registers: Registers<typeof FUSES>;
  /** The burn in progress: [0] word, [1] ones, latched, so that INDEX and DATA may change meanwhile; [2] chosen tear pattern + 1. */
  private readonly burning: Uint32Array;

  constructor(context: DeviceContext) {
    this.context = context;
    this.registers = context.registers(FUSES);
    const first = this.registers.at.WORD;
    this.cells = context.arena.isHistory(this.registers.words.subarray(first, first + Fuse.WORD_COUNT));
    this.burning = context.arena.isHistory(context.arena.words(3));
    this.weak = context.arena.isHistory(context.arena.words(Fuse.WORD_COUNT));
  }

  /** Decides how interrupted burns are torn: by a pattern of fuse-tear.ts, or at random from the seed (undefined). */
  chooseTear(name: string | undefined): void {
    this.burning[2] = name === undefined ? 0 : fuseTearNumber(name) + 1;
  }

  reset(): void {
    this.tear();
    this.context.cancel(EventKind.FUSE_DONE);
    this.registers.reset(['WORD']);
  }

  powerLost(): void {
    this.tear();
  }

  onEvent(): void {
    const { words, at } = this.registers;
    if (!this.busy) throw new Error('fuses: a burn ended that never began');
    this.burn(this.burning[0], this.burning[1], 0);
    words[at.STATUS] = (words[at.STATUS] & ~BUSY.mask) | DONE.mask;
    this.updateLine();
  }

  private get busy(): boolean {
    return (this.registers.words[this.registers.at.STATUS] & BUSY.mask) !== 0;
  }

  private start(): void {
    if (this.busy) this.context.fault(FaultCause.BUS_STATE, 'fuses: a burn is running; wait for STATUS.DONE');
    const { words, at } = this.registers;
    this.burning[0] = words[at.INDEX];
    this.burning[1] = words[at.DATA];
    words[at.STATUS] |= BUSY.mask;
    this.context.witness?.startedBurn(this.burning[0], this.burning[1]);
    this.context.log(LogKind.FUSE_START, this.burning[0], this.burning[1]);
    this.context.schedule(this.context.now + burnNs, EventKind.FUSE_DONE);
  }

  private tear(): void {
    if (!this.busy) return;
    const { words, at } = this.registers;
    const random = () => this.context.random();
    const [index, ones, choice] = this.burning;
    const pattern = choice === 0 ? random() % fuseTearPatterns.length : choice - 1;
    // A pulse does not change bits that are completely burnt already.
    const { burnt, weak } = fuseTearPatterns[pattern].tear(ones & ~this.cells[index], random);
    this.burn(index, burnt, weak);
    words[at.STATUS] &= ~BUSY.mask;
  }

  private burn(index: number, ones: number, weak: number): void {
    if (index >= Fuse.WORD_COUNT) throw new Error(`fuses: there is no word ${index}`);
    this.context.witness?.readFuse(index);
    this.context.witness?.wroteFuse(index);
    this.cells[index] |= ones;
    this.weak[index] = (this.weak[index] | weak) & ~this.cells[index];
    this.context.log(LogKind.FUSE, index, this.cells[index]);
    if (this.weak[index] !== 0) this.context.log(LogKind.FUSE_WEAK, index, this.weak[index]);
  }

  private read(index: number): number {
    this.context.witness?.readFuse(index);
    const weak = this.weak[index];
    return weak === 0 ? this.cells[index] : (this.cells[index] | (this.context.random() & weak)) >>> 0;
  }

  private checkIndex(value: number, previous: number): void {
    if (value < Fuse.WORD_COUNT) return;
    this.registers.words[this.registers.at.INDEX] = previous;
    this.context.fault(FaultCause.BUS_RESERVED, `fuses: INDEX ${value}, but there are ${Fuse.WORD_COUNT} words`);
  }

  private updateLine(): void {
    const { words, at } = this.registers;
    this.context.setLine(FUSES.line, (words[at.STATUS] & words[at.INTERRUPT_ENABLE] & DONE.mask) !== 0);
  }
}
