// Activity counters of the chip. The surroundings keep the totals, because activity produces heat; the registers count from the last reset.
//
// What must stay true: COUNT is the total less what it was at the reset, modulo 2^32, so that differences of two reads are exact.

import { ACTIVITY, OUTPUTS } from '../../../protocol/generated/registers.ts';
import { Activity } from '../../../protocol/plant/energies.ts';
import type { Device, DeviceContext, Registers } from '../device.ts';
import { Actuator } from '../surroundings.ts';

const gate = OUTPUTS.registers.STATE.fields.DAC.mask;
/** Two per sequencer. They are on while their output gate is open, whether anything is played or not. */
const converters = 12;

export class ActivityCounters implements Device {
  readonly peripheral = ACTIVITY;
  readonly onRead = { COUNT: (kind: number) => this.count(kind) };
  readonly onWrite = { DUTY: (percent: number) => this.context.surroundings.setActuator(Actuator.DUTY, percent) };
  private readonly context: DeviceContext;
  private readonly registers: Registers<typeof ACTIVITY>;
  private readonly atReset: Float64Array;

  constructor(context: DeviceContext) {
    this.context = context;
    this.registers = context.registers(ACTIVITY);
    this.atReset = context.arena.isHistory(context.arena.floats(Activity.KINDS));
  }

  reset(): void {
    this.registers.reset();
    this.context.surroundings.setActuator(Actuator.DUTY, ACTIVITY.registers.DUTY.reset);
    this.context.surroundings.setActuator(Actuator.CONVERTERS, 0);
    this.atReset.set(this.context.surroundings.counts);
  }

  powerLost(): void {
    this.context.surroundings.setActuator(Actuator.CONVERTERS, 0);
  }

  outputsChanged(): void {
    this.context.surroundings.setActuator(Actuator.CONVERTERS, this.context.outputEnabled(gate) ? converters : 0);
  }

  private count(kind: number): number {
    const { surroundings } = this.context;
    surroundings.settle();
    const total = surroundings.counts[kind] - this.atReset[kind];
    this.context.witness?.counted(total);
    return Math.floor(total);
  }
}
