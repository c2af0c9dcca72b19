// Interlock latch: trips stay until cleared one by one, over every reset but power-on.
//
// What must stay true: only CLEAR with its key, or the loss of power, clears a trip; COUNT, LAST and the time belong to the last bit that
// went from zero to one.

import { INTERLOCK } from '../../../protocol/generated/registers.ts';
import type { Device, DeviceContext, Registers } from '../device.ts';
import { ResetCause } from '../device.ts';

const { NUMBER } = INTERLOCK.registers.CLEAR.fields;

export class InterlockLatch implements Device {
  readonly peripheral = INTERLOCK;
  readonly onWrite = {
    TRIPPED: (value: number, _index: number, previous: number) => this.trip(value & ~previous),
    CLEAR: (value: number) => {
      this.registers.words[this.registers.at.TRIPPED] &= ~(1 << (value & NUMBER.mask));
    },
  };
  private readonly context: DeviceContext;
  private readonly registers: Registers<typeof INTERLOCK>;

  constructor(context: DeviceContext) {
    this.context = context;
    this.registers = context.registers(INTERLOCK);
  }

  reset(cause: number): void {
    if (cause === ResetCause.POWER_ON) this.registers.reset();
  }

  private trip(fresh: number): void {
    if (fresh === 0) return;
    const { words, at } = this.registers;
    const time = this.context.now - this.context.powerOnTime;
    for (let number = 0; number < 32; number++) {
      if (((fresh >>> number) & 1) === 0) continue;
      words[at.COUNT]++;
      words[at.LAST] = number;
    }
    words[at.TIME_LOW] = time;
    words[at.TIME_HIGH] = time / 2 ** 32;
  }
}
