// Bins of the sequencers' acquisitions, as registers.
//
// What must stay true: a read gives the present value; a bin that does not exist is a bus fault, never a zero.

import { ACQUISITION } from '../../../protocol/generated/registers.ts';
import type { Device, DeviceContext, Registers } from '../device.ts';
import { FaultCause } from '../device.ts';
import type { SequencerBank } from '../sequencer/bank.ts';
import { sequencerCount } from '../sequencer/sequencer-module.ts';

const select = ACQUISITION.registers.SELECT.fields;

export class Acquisition implements Device {
  readonly peripheral = ACQUISITION;
  readonly onRead = {
    BINS: () => this.bins(),
    RESULT: (index: number) => this.result(index),
  };
  readonly onWrite = { CLEAR: (core: number) => this.clear(core) };
  private readonly context: DeviceContext;
  private readonly bank: SequencerBank;
  private readonly registers: Registers<typeof ACQUISITION>;

  constructor(context: DeviceContext, bank: SequencerBank) {
    this.context = context;
    this.bank = bank;
    this.registers = context.registers(ACQUISITION);
  }

  reset(): void {
    this.registers.reset();
  }

  private bins(): number {
    const [core, acquisition] = this.selected();
    return this.bank.module.figure(core, 'BINS', acquisition);
  }

  private result(index: number): number {
    const [core, acquisition] = this.selected();
    const bin = this.registers.words[this.registers.at.BIN];
    this.bank.catchUp();
    const word = this.bank.module.binWord(core, acquisition, bin, index);
    if (word === undefined)
      this.context.fault(
        FaultCause.BUS_STATE,
        `ACQUISITION.BIN ${bin}: acquisition ${acquisition} of sequencer ${core} has ${this.bins()} bins`,
      );
    return word;
  }

  private clear(core: number): void {
    this.expectSequencer(core);
    this.bank.catchUp();
    this.bank.module.deleteBins(core);
  }

  private selected(): [core: number, acquisition: number] {
    const word = this.registers.words[this.registers.at.SELECT];
    const core = word & select.SEQUENCER.mask;
    this.expectSequencer(core);
    return [core, (word & select.ACQUISITION.mask) >>> select.ACQUISITION.shift];
  }

  private expectSequencer(core: number): void {
    if (core >= sequencerCount)
      this.context.fault(FaultCause.BUS_STATE, `sequencer ${core}: there are ${sequencerCount}, counted from 0`);
  }
}
