// The exceptions that end a run of the core. Each is thrown from a bus access, through the guest's frames, and caught by the run loop.

import type { GuestFault } from './cpu/cpu.ts';

/** The core broke a rule of the chip. Becomes the fault record in RESET. It is an Error because its stack names the guest's function. */
export class Fault extends Error implements GuestFault {
  override readonly name = 'Fault';
  /** A value of RESET.FAULT_CAUSE. */
  readonly faultCause: number;
  readonly address: number;

  constructor(faultCause: number, address: number, message: string) {
    super(message);
    this.faultCause = faultCause;
    this.address = address >>> 0;
  }
}

/** The chip resets now. It is no Error: nothing went wrong, and a stack trace would cost more than the reset. */
export class ChipReset {
  readonly resetCause: number;

  constructor(resetCause: number) {
    this.resetCause = resetCause;
  }
}

/** Power was lost. */
export class PowerLoss {}
