// The ways out of a running core. Each is thrown from a bus access, through the guest's frames, and caught by the run loop.

import type { GuestFault } from './cpu/cpu.ts';

/** The core did what it must not. Becomes the fault record in RESET; an Error, for its stack names the guest's function. */
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

/** The chip resets now. No Error: it is nobody's mistake, and a stack trace would cost more than the reset. */
export class ChipReset {
  readonly resetCause: number;

  constructor(resetCause: number) {
    this.resetCause = resetCause;
  }
}

/** Power is gone. */
export class PowerLoss {}
