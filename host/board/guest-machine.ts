// Runs one guest module of a unit test on the board's real devices: registers, events, flash and lines are the board's own.
// The core is not: nothing is metered, and an access takes no time. For whole boots use a Board.

import { ResetCause } from './device.ts';
import { ActivityCounters } from './devices/activity.ts';
import { ClockDevice } from './devices/clock.ts';
import { Dma } from './devices/dma.ts';
import { Flash } from './devices/flash.ts';
import { FrontEnd } from './devices/frontend.ts';
import { Fuses } from './devices/fuses.ts';
import { Heaters } from './devices/heaters.ts';
import { InterruptController } from './devices/intc.ts';
import { InterlockLatch } from './devices/interlock.ts';
import { Outputs } from './devices/outputs.ts';
import { Rails } from './devices/rails.ts';
import { Recorder } from './devices/recorder.ts';
import { ResetController } from './devices/reset.ts';
import { Thermometry } from './devices/thermometry.ts';
import { Timer } from './devices/timer.ts';
import { Uart } from './devices/uart.ts';
import { Watchdog } from './devices/watchdog.ts';
import { Machine, type MachineOwner } from './machine.ts';
import { addMultiplexer } from './multiplexer/add.ts';
import { SequencerBank } from './sequencer/bank.ts';
import type { Surroundings } from './surroundings.ts';

export interface GuestExports {
  memory: WebAssembly.Memory;
  reset(): void;
  interrupt(lines: number): void;
}

export class GuestMachine implements MachineOwner {
  readonly machine: Machine;
  readonly uarts: readonly [Uart, Uart];
  readonly resetController: ResetController;
  readonly interruptController: InterruptController;
  readonly flash: Flash;
  readonly fuses: Fuses;
  readonly recorder: Recorder;
  /** The bus imports for `instantiateGuest`. */
  readonly bus = {
    read32: (address: number) => this.machine.bus.peek(address) | 0,
    write32: (address: number, value: number) => this.machine.bus.poke(address, value),
  };
  /** Bytes that each line has sent and that were not taken yet. */
  readonly sent: [number[], number[]] = [[], []];
  /** When the last byte left, on either line. */
  lastTransmitNs = 0;
  private guest: GuestExports | undefined;

  /** On a quiet bench, or in these surroundings. */
  constructor(surroundings?: Surroundings) {
    const machine = new Machine(1, surroundings);
    this.machine = machine;
    this.uarts = [machine.add(new Uart(machine, 0)), machine.add(new Uart(machine, 1))];
    this.resetController = machine.add(new ResetController(machine));
    this.interruptController = machine.add(new InterruptController(machine));
    this.flash = machine.add(new Flash(machine, machine.flash));
    this.fuses = machine.add(new Fuses(machine));
    machine.add(new Dma(machine));
    this.recorder = machine.add(new Recorder(machine));
    machine.add(new Timer(machine));
    machine.add(new Watchdog(machine));
    for (const Part of [Outputs, Rails, Heaters, ActivityCounters, InterlockLatch, ClockDevice, FrontEnd, Thermometry])
      machine.add(new Part(machine));
    addMultiplexer(machine, () => undefined, new SequencerBank(machine, () => undefined));
    machine.seal();
    machine.owner = this;
    machine.resetDevices(ResetCause.POWER_ON);
  }

  start(guest: GuestExports): void {
    this.guest = guest;
    this.machine.ram = new Uint8Array(guest.memory.buffer);
    guest.reset();
  }

  /** Calls the core and handles events until `timeNs` has passed, no event is left, or a reset is requested. */
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

  /** Takes the bytes that a line has sent so far. */
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
