// One guest module of a unit test on the board's real devices: registers, events, flash and lines are the board's own,
// only the core is not: nothing is metered, and an access takes no time. Whole boots are the board's business.

import { ResetCause } from './device.ts';
import { Dma } from './devices/dma.ts';
import { Flash } from './devices/flash.ts';
import { Fuses } from './devices/fuses.ts';
import { InterruptController } from './devices/intc.ts';
import { Recorder } from './devices/recorder.ts';
import { ResetController } from './devices/reset.ts';
import { Timer } from './devices/timer.ts';
import { Uart } from './devices/uart.ts';
import { Watchdog } from './devices/watchdog.ts';
import { Machine, type MachineOwner } from './machine.ts';

export interface GuestExports {
  memory: WebAssembly.Memory;
  reset(): void;
  interrupt(lines: number): void;
}

export class GuestMachine implements MachineOwner {
  readonly machine = new Machine();
  readonly uarts = [new Uart(this.machine, 0), new Uart(this.machine, 1)] as const;
  readonly resetController = new ResetController(this.machine);
  readonly interruptController = new InterruptController(this.machine);
  readonly flash = new Flash(this.machine, this.machine.flash);
  readonly fuses = new Fuses(this.machine);
  /** Give this to `instantiateGuest`. */
  readonly bus = {
    read32: (address: number) => this.machine.bus.peek(address) | 0,
    write32: (address: number, value: number) => this.machine.bus.poke(address, value),
  };
  /** What each line has sent and nobody has taken yet. */
  readonly sent: [number[], number[]] = [[], []];
  /** When the last byte left, on either line. */
  lastTransmitNs = 0;
  private guest: GuestExports | undefined;

  constructor() {
    const { machine } = this;
    const others = [new Dma(machine), new Recorder(machine), new Timer(machine), new Watchdog(machine)];
    for (const device of [
      ...this.uarts,
      this.resetController,
      this.interruptController,
      this.flash,
      this.fuses,
      ...others,
    ])
      machine.add(device);
    machine.arena.seal();
    machine.owner = this;
    machine.resetDevices(ResetCause.POWER_ON);
  }

  start(guest: GuestExports): void {
    this.guest = guest;
    this.machine.ram = new Uint8Array(guest.memory.buffer);
    guest.reset();
  }

  /** Calls the core and handles events until `timeNs` has passed, or until nothing is left to happen, or a reset is asked for. */
  run(timeNs = Number.POSITIVE_INFINITY): void {
    const end = this.machine.now + timeNs;
    while (!this.resetController.resetRequested) {
      const lines = this.interruptController.pending;
      if (lines !== 0) this.guest?.interrupt(lines);
      else if (this.machine.queue.length > 0 && this.machine.queue.nextTime <= end) this.machine.handleNext();
      else break;
    }
    if (Number.isFinite(end) && !this.resetController.resetRequested) this.machine.advanceTo(end);
  }

  /** Takes what a line has sent so far. */
  take(line: 0 | 1): Uint8Array {
    return Uint8Array.from(this.sent[line].splice(0));
  }

  onTransmit(line: number, bytes: Uint8Array): void {
    this.sent[line].push(...bytes);
    this.lastTransmitNs = this.machine.now;
  }

  onBoardEvent(kind: number): void {
    throw new Error(`guest machine: nobody here handles event kind ${kind}`);
  }

  onAccessCut(): void {}

  onRearm(): void {}
}
