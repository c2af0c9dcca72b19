// One-time-programmable fuse words.
//
// The fuses are their own memory: WORD keeps its value over every reset and without power, and bits only go from zero
// to one. What must stay true: nothing but `burn` changes a fuse of a running chip; a burn that power or a reset
// interrupts leaves any subset of its ones, never anything else.

import { FUSES } from '../../../protocol/generated/registers.ts';
import { Fuse } from '../../../protocol/memory-map.ts';
import type { Device, DeviceContext, Registers } from '../device.ts';
import { EventKind, FaultCause } from '../device.ts';
import { LogKind } from '../log.ts';

/** Time to burn one word: the order of anti-fuse macros. An agreed figure, not one of a particular chip. */
export const burnNs = 20_000;

const { BUSY, DONE } = FUSES.registers.STATUS.fields;

export class Fuses implements Device {
  readonly peripheral = FUSES;
  readonly eventKinds = [EventKind.FUSE_DONE];
  readonly onWrite = {
    COMMAND: () => this.start(),
    STATUS: () => this.updateLine(),
    INTERRUPT_ENABLE: () => this.updateLine(),
    INDEX: (value: number, _index: number, previous: number) => this.checkIndex(value, previous),
  };
  /** The fuses themselves, for the factory and for keeping a device across runs. */
  readonly cells: Uint32Array;
  private readonly context: DeviceContext;
  private readonly registers: Registers<typeof FUSES>;
  /** The burn in progress: [0] word, [1] ones. Latched, so that INDEX and DATA may change meanwhile. */
  private readonly burning: Uint32Array;

  constructor(context: DeviceContext) {
    this.context = context;
    this.registers = context.registers(FUSES);
    const first = this.registers.at.WORD;
    this.cells = this.registers.words.subarray(first, first + Fuse.WORD_COUNT);
    this.burning = context.arena.words(2);
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
    this.burn(this.burning[0], this.burning[1]);
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
    this.context.schedule(this.context.now + burnNs, EventKind.FUSE_DONE);
  }

  private tear(): void {
    if (!this.busy) return;
    const { words, at } = this.registers;
    this.burn(this.burning[0], this.burning[1] & this.context.random());
    words[at.STATUS] &= ~BUSY.mask;
  }

  private burn(index: number, ones: number): void {
    if (index >= Fuse.WORD_COUNT) throw new Error(`fuses: there is no word ${index}`);
    this.cells[index] |= ones;
    this.context.log(LogKind.FUSE, index, this.cells[index]);
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
