// Readout registers: settings and figures. The logic that demodulates is in ../readout, and sequencers reach it without a register.
//
// What must stay true: while the logic is held in reset every register but CONTROL is refused.

import { READOUT } from '../../../protocol/generated/registers.ts';
import type { Device, DeviceContext, Registers } from '../device.ts';
import type { ReadoutBank } from '../readout/bank.ts';

const { RELEASE } = READOUT.registers.CONTROL.fields;
const select = READOUT.registers.SELECT.fields;
const [set, refused] = [0, 1];

export class Readout implements Device {
  readonly peripheral = READOUT;
  readonly onRead = { FIGURE: () => this.figure() };
  readonly onWrite = {
    CONTROL: (value: number, _index: number, previous: number) => this.control(value, previous),
    VALUE: (value: number) => this.setValue(value),
  };
  private readonly bank: ReadoutBank;
  private readonly registers: Registers<typeof READOUT>;

  constructor(context: DeviceContext, bank: ReadoutBank) {
    this.bank = bank;
    this.registers = context.registers(READOUT);
  }

  reset(): void {
    this.registers.reset();
    this.bank.hold();
  }

  powerLost(): void {
    this.bank.hold();
  }

  private control(value: number, previous: number): void {
    if (((value ^ previous) & RELEASE.mask) === 0) return;
    if ((value & RELEASE.mask) !== 0) {
      // It stays in reset until the module is loaded: with an image without the module this write faults and changes nothing.
      this.registers.words[this.registers.at.CONTROL] = previous;
      this.bank.release();
      this.registers.words[this.registers.at.CONTROL] = value;
      return;
    }
    this.registers.reset(['CONTROL']);
    this.bank.hold();
  }

  private setValue(value: number): void {
    const { words, at } = this.registers;
    const [item, index] = this.selected();
    words[at.RESULT] = this.bank.module.configure(index, item, value) ? set : refused;
  }

  private figure(): number {
    const [item, index] = this.selected();
    return this.bank.module.figureAt(item, index);
  }

  private selected(): [item: number, index: number] {
    const word = this.registers.words[this.registers.at.SELECT];
    return [word & select.ITEM.mask, (word & select.INDEX.mask) >>> select.INDEX.shift];
  }
}
