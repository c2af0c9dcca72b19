// Output gates: heaters, waveform outputs and multiplexer drive the world only while theirs is open.
//
//   any reset, no power -> all closed --ENABLE with the key--> open --DISABLE--> closed
//
// The gates themselves are the machine's (`context.outputEnabled`), for the devices behind them ask there; this is the core's way to
// them. What must stay true: nothing but a write of ENABLE with its key opens a gate.

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
