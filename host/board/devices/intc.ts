// Interrupt controller: selects which raised lines call the core, and lets the core wait for a line inside a run.
//
// Lines are level-triggered and set by the devices; this device only masks them. What must stay true: a wait ends
// at the event that raises a line, or with a fault when no event is left that could raise one.

import { INTC } from '../../../protocol/generated/registers.ts';
import type { Device, Registers } from '../device.ts';
import { FaultCause } from '../device.ts';
import type { Machine } from '../machine.ts';

export class InterruptController implements Device {
  readonly peripheral = INTC;
  readonly onRead = { PENDING: () => this.pending };
  readonly onWrite = { WAIT: (lines: number) => this.wait(lines) };
  private readonly machine: Machine;
  private readonly registers: Registers<typeof INTC>;

  constructor(machine: Machine) {
    this.machine = machine;
    this.registers = machine.registers(INTC);
  }

  reset(): void {
    this.registers.reset();
  }

  /** Raised and enabled lines, the argument of the core's interrupt(). */
  get pending(): number {
    return this.machine.lines[0] & this.registers.words[this.registers.at.ENABLE];
  }

  private wait(lines: number): void {
    if (!this.machine.stallUntilLine(lines))
      this.machine.fault(
        FaultCause.SLEEP_FOREVER,
        `INTC.WAIT for lines 0x${lines.toString(16)}, but no event is left that could raise one; start the operation first`,
      );
  }
}
