// Output gates: heaters, waveform outputs and multiplexer drive their lines only while their gate is open.
//
//   any reset, no power -> all closed --ENABLE with the key--> open --DISABLE--> closed
//
// The machine holds the state of the gates (`context.outputEnabled`), because the devices behind them read it there; these are the
// core's registers for them. What must stay true: only a write of ENABLE with its key opens a gate.

import { OUTPUTS } from '../../../protocol/generated/registers.ts';
import type { Device, DeviceContext, Registers } from '../device.ts';

const gates = OUTPUTS.registers.DISABLE.writable;

export class Outputs implements Device {
  readonly peripheral = OUTPUTS;
  readonly onWrite = {
    ENABLE: (value: number) => this.set(this.state | (value & gates)),
    DISABLE: (value: number) => this.set(this.state & ~value),
  };
  private readonly context: DeviceContext;
  private readonly registers: Registers<typeof OUTPUTS>;

  constructor(context: DeviceContext) {
    this.context = context;
    this.registers = context.registers(OUTPUTS);
  }

  reset(): void {
    this.registers.reset();
  }

  private get state(): number {
    return this.registers.words[this.registers.at.STATE];
  }

  private set(open: number): void {
    this.registers.words[this.registers.at.STATE] = open;
    this.context.setOutputs(open);
  }
}
