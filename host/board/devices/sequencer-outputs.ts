// Outputs of the sequencers: waveform outputs with their oscillators, and markers. All values are computed when they are read.
//
// What must stay true: while the gate OUTPUTS.DAC is closed, the sequencers are held in reset, or ACTIVITY.DUTY is in an off time, all are zero.

import { DAC, MARKERS, OUTPUTS } from '../../../protocol/generated/registers.ts';
import type { Device, DeviceContext } from '../device.ts';
import type { SequencerBank } from '../sequencer/bank.ts';
import { sequencerCount } from '../sequencer/sequencer-module.ts';
import { Actuator } from '../surroundings.ts';

const gate = OUTPUTS.registers.STATE.fields.DAC.mask;
const sampleMask = DAC.registers.PATH0.fields.SAMPLE.mask;
type Output = Parameters<NonNullable<SequencerBank['module']>['output']>[1];

class SequencerOutputs {
  private readonly context: DeviceContext;
  private readonly bank: SequencerBank;

  constructor(context: DeviceContext, bank: SequencerBank) {
    this.context = context;
    this.bank = bank;
  }

  /** With a duty of 25 % the first of every four milliseconds is played, with 50 % the first two (ACTIVITY.DUTY). */
  private get isOnTime(): boolean {
    const quarter = Math.floor(this.context.now / 1e6) % 4;
    return quarter * 25 < this.context.surroundings.actuators[Actuator.DUTY];
  }

  now(core: number, which: Output): number {
    if (!this.context.outputEnabled(gate) || !this.bank.released || !this.isOnTime) return 0;
    this.bank.catchUp();
    return this.bank.module.output(core, which, this.bank.now);
  }
}

export class Dac implements Device {
  readonly peripheral = DAC;
  readonly onRead = {
    PATH0: (index: number) => this.outputs.now(index, 'PATH_0') & sampleMask,
    PATH1: (index: number) => this.outputs.now(index, 'PATH_1') & sampleMask,
    FREQUENCY: (index: number) => this.outputs.now(index, 'FREQUENCY'),
    PHASE: (index: number) => this.outputs.now(index, 'PHASE'),
  };
  private readonly outputs: SequencerOutputs;

  constructor(context: DeviceContext, bank: SequencerBank) {
    this.outputs = new SequencerOutputs(context, bank);
    context.registers(DAC).reset();
  }

  reset(): void {}
}

export class Markers implements Device {
  readonly peripheral = MARKERS;
  readonly onRead = { STATE: () => this.state() };
  private readonly outputs: SequencerOutputs;

  constructor(context: DeviceContext, bank: SequencerBank) {
    this.outputs = new SequencerOutputs(context, bank);
    context.registers(MARKERS).reset();
  }

  reset(): void {}

  private state(): number {
    let state = 0;
    for (let core = 0; core < sequencerCount; core++) state |= this.outputs.now(core, 'MARKERS');
    return state;
  }
}
