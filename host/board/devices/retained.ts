// Retained RAM. Its words are plain memory: the bus reads and writes them without this file.
//
// What must stay true: a reset changes no word. Power-on leaves what a memory without power comes up with; here that is the same pattern each time, so
// that a run can be repeated, and never zeros, so that no program can take what it finds for memory that nobody has used.

import { RETAINED } from '../../../protocol/generated/registers.ts';
import type { Device, DeviceContext, Registers } from '../device.ts';
import { ResetCause } from '../device.ts';

/** The golden ratio in 32 bits: its multiples have no pattern that a checksum would take for its own. */
const stride = 0x9e37_79b9;
const afterPowerOn = Uint32Array.from({ length: RETAINED.registers.DATA.count }, (_, word) =>
  Math.imul(word + 1, stride),
);

export class RetainedRam implements Device {
  readonly peripheral = RETAINED;
  private readonly registers: Registers<typeof RETAINED>;

  constructor(context: DeviceContext) {
    this.registers = context.registers(RETAINED);
  }

  reset(cause: number): void {
    if (cause === ResetCause.POWER_ON) this.registers.words.set(afterPowerOn);
  }
}
