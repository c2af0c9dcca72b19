// Readout registers: settings, figures, commands, and what was captured. The logic that demodulates is in ../readout; sequencers reach it without a register.
//
// What must stay true: while the logic is held in reset every register but CONTROL and STATUS is refused.

import { READOUT } from '../../../protocol/generated/registers.ts';
import { ReadoutClear, ReadoutCommand, ReadoutLimit } from '../../../protocol/readout/module.ts';
import type { Device, DeviceContext, Registers } from '../device.ts';
import { FaultCause } from '../device.ts';
import { LogKind } from '../log.ts';
import type { ReadoutBank } from '../readout/bank.ts';

const { RELEASE } = READOUT.registers.CONTROL.fields;
const { CLIPPED, CAPTURED } = READOUT.registers.STATUS.fields;
const select = READOUT.registers.SELECT.fields;
const { COMMAND, LINE } = READOUT.registers.COMMAND.fields;
const [done, refused] = [0, 1];

export class Readout implements Device {
  readonly peripheral = READOUT;
  readonly onRead = { FIGURE: () => this.figure(), SCOPE_DATA: (index: number) => this.sample(index) };
  readonly onWrite = {
    CONTROL: (value: number, _index: number, previous: number) => this.control(value, previous),
    STATUS: () => this.drive(),
    VALUE: (value: number) => this.setValue(value),
    COMMAND: (value: number) => this.command(value),
  };
  private readonly context: DeviceContext;
  private readonly bank: ReadoutBank;
  private readonly registers: Registers<typeof READOUT>;

  constructor(context: DeviceContext, bank: ReadoutBank) {
    this.context = context;
    this.bank = bank;
    this.registers = context.registers(READOUT);
    bank.onEvent = (line, isClipped, isCaptured) => this.raise(line, isClipped, isCaptured);
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
    this.registers.reset(['CONTROL', 'STATUS']);
    this.bank.hold();
  }

  private setValue(value: number): void {
    const { words, at } = this.registers;
    const [item, index] = this.selected();
    words[at.RESULT] = this.bank.module.configure(index, item, value) ? done : refused;
  }

  private figure(): number {
    const [item, index] = this.selected();
    return this.bank.module.figureAt(item, index);
  }

  private selected(): [item: number, index: number] {
    const word = this.registers.words[this.registers.at.SELECT];
    return [word & select.ITEM.mask, (word & select.INDEX.mask) >>> select.INDEX.shift];
  }

  private command(value: number): void {
    const { bank } = this;
    const [what, line] = [value & COMMAND.mask, (value & LINE.mask) >>> LINE.shift];
    const { module } = bank;
    if (what === ReadoutCommand.CAPTURE_LINE) bank.captureNow(line, 'line');
    else if (what === ReadoutCommand.CAPTURE_TONE) bank.captureNow(line, 'test-tone');
    else if (what === ReadoutCommand.MEASURE_LINE) bank.measureNow(line, 'line');
    else if (what === ReadoutCommand.MEASURE_TONE) bank.measureNow(line, 'test-tone');
    else if (what === ReadoutCommand.CLEAR_STATISTICS) module.clear(ReadoutClear.STATISTICS, line);
    else if (what === ReadoutCommand.CLEAR_COUNTERS) module.clear(ReadoutClear.COUNTERS, line);
    else if (what === ReadoutCommand.CLEAR_SCOPE) module.clear(ReadoutClear.SCOPE, line);
    else module.clear(ReadoutClear.TAKE_PEAK, line);
    this.context.log(LogKind.READOUT_COMMAND, value, module.figure('SCOPE_COUNT'));
  }

  private sample(index: number): number {
    const first = this.registers.words[this.registers.at.SCOPE_OFFSET];
    const word = this.bank.module.scopeWord(first + index);
    if (word === undefined)
      this.context.fault(
        FaultCause.BUS_STATE,
        `READOUT.SCOPE_DATA of sample ${first + index}: ${this.bank.module.figure('SCOPE_COUNT')} of ${ReadoutLimit.SCOPE_MAX} were captured`,
      );
    return word;
  }

  private raise(line: number, isClipped: boolean, isCaptured: boolean): void {
    const { words, at } = this.registers;
    if (isClipped) words[at.STATUS] |= 1 << (CLIPPED.shift + line);
    if (isCaptured) words[at.STATUS] |= CAPTURED.mask;
    this.drive();
  }

  private drive(): void {
    const { words, at } = this.registers;
    this.context.setLine(READOUT.line, words[at.STATUS] !== 0);
  }
}
