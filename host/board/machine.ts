// The board without its core: time, events, random generator, log, registers, flash cells, interrupt lines, and the devices.
//
// It is the context that devices get. Tests of a device make a Machine, add the device, write registers by name and let
// time pass; the board adds the core and the power switch. What must stay true: all state is in the arena or in the flash array.

import type { PeripheralEntry } from '../../protocol/generated/registers.ts';
import { Activity } from '../../protocol/plant/energies.ts';
import { Arena } from './arena.ts';
import { Bus } from './bus.ts';
import { Clock, takeClock } from './clock.ts';
import { type Device, type DeviceContext, EventKind, FaultCause, type Registers, ResetCause } from './device.ts';
import { EventQueue } from './event-queue.ts';
import { ChipReset, Fault } from './fault.ts';
import { FlashArray } from './flash-array.ts';
import { hashOf, Log, LogKind } from './log.ts';
import { Random } from './random.ts';
import { RegisterFile } from './register-file.ts';
import { QuietBench, type Surroundings, SurroundingsPort } from './surroundings.ts';
import type { Witness } from './witness.ts';

/** Callbacks of the board: decisions that the machine does not make. */
export interface MachineOwner {
  /** An event of one of the board's own kinds (power cut, reset pin, brown-out) is due. */
  onBoardEvent(kind: number, a: number, b: number): void;
  onTransmit(line: number, bytes: Uint8Array, timeNs: number): void;
  /** The power cut armed for this very access. */
  onAccessCut(): void;
  /** The budget of the core, whose access of this time is under way, must be computed again. */
  onRearm(accessNs: number): void;
}

/** By kind of event, 1 for those that end a run of the core: its budget ends at the first of them. */
export const endsRun = new Uint8Array(Math.max(...Object.values(EventKind)) + 1);
for (const kind of ['WATCHDOG_EXPIRED', 'TRIAL_TIMEOUT', 'POWER_CUT', 'RESET_PIN', 'BROWN_OUT'] as const)
  endsRun[EventKind[kind]] = 1;

export class Machine implements DeviceContext {
  readonly arena = new Arena();
  readonly clock = takeClock(this.arena);
  readonly queue = new EventQueue(this.arena, this.clock);
  readonly logbook = new Log(this.arena);
  readonly flash: FlashArray;
  readonly registerFile = new RegisterFile(this.arena);
  /** Another one once the machine is sealed: an engine trusts fields that never change, and an access is faster for it. */
  bus: Bus;
  /** [0] raised interrupt lines. */
  readonly lines = this.arena.words(1);
  /** [0] open output gates. */
  private readonly outputs = this.arena.words(1);
  readonly devices: Device[] = [];
  /** Those that follow the readings of the surroundings. */
  private readonly readers: Device[] = [];
  /** The core's RAM, for the DMA; empty while no module is loaded. */
  ram: Uint8Array = new Uint8Array(0);
  /** While the core runs, a watchdog reset is also a fault of the running function. */
  coreRunning = false;
  owner: MachineOwner | undefined;
  /** [0] accesses until the armed cut. */
  private readonly accessesLeft = this.arena.words(1);
  readonly surroundings: SurroundingsPort;
  private readonly generator: Random;
  private readonly deviceOfKind: (Device | undefined)[] = [];

  constructor(seed = 1, surroundings: Surroundings = new QuietBench()) {
    this.generator = new Random(seed, this.arena.isHistory(this.arena.words(4)));
    this.flash = new FlashArray(() => this.random());
    this.bus = this.newBus();
    this.surroundings = new SurroundingsPort(
      this.arena,
      surroundings,
      () => this.now,
      (kind, a, b) => this.log(kind, a, b),
    );
    this.surroundings.onReadings = () => {
      for (const device of this.readers) device.onReadings?.();
    };
  }

  /** Is told which state that survives a loss of power the run reads; usually undefined. */
  get witness(): Witness | undefined {
    return this.flash.witness;
  }

  set witness(witness: Witness | undefined) {
    this.flash.witness = witness;
    this.surroundings.witness = witness;
  }

  get now(): number {
    return this.clock[Clock.NOW];
  }

  get resetTime(): number {
    return this.clock[Clock.RESET_TIME];
  }

  get powerOnTime(): number {
    return this.clock[Clock.POWER_ON_TIME];
  }

  /** State of the random generator; restoring it gives the same random numbers again. */
  get chance(): Uint32Array {
    return this.generator.state;
  }

  /** Connects a device to the bus and to its events. */
  add<D extends Device>(device: D): D {
    this.registerFile.connect(device);
    for (const kind of device.eventKinds ?? []) {
      if (this.deviceOfKind[kind])
        throw new Error(`machine: event kind ${kind} belongs to ${this.deviceOfKind[kind]?.peripheral.name}`);
      this.deviceOfKind[kind] = device;
    }
    this.devices.push(device);
    if (device.onReadings) this.readers.push(device);
    return device;
  }

  /** Call when all devices are connected: from then on no state can be taken and no hook added. */
  seal(): void {
    this.arena.seal();
    this.registerFile.seal();
    this.bus = this.newBus();
  }

  private newBus(): Bus {
    return new Bus(this.clock, this.registerFile, this.flash, {
      lookUp: (time) => this.lookUp(time),
      rearm: (accessNs) => {
        this.bus.rearmNeeded = false;
        this.owner?.onRearm(accessNs);
      },
    });
  }

  /** The chip comes out of reset: lines low, output gates closed, every device in its reset state. */
  resetDevices(cause: number): void {
    this.lines[0] = 0;
    this.outputs[0] = 0;
    this.clock[Clock.RESET_TIME] = this.now;
    for (const device of this.devices) device.reset(cause);
  }

  /** Power is lost: operations in progress are torn, and the chip's events and a cut armed for an access are removed. */
  losePower(): void {
    this.armAccessCut(0);
    this.outputs[0] = 0;
    for (const device of this.devices) device.powerLost?.();
    for (const device of this.devices) for (const kind of device.eventKinds ?? []) this.queue.cancel(kind);
    this.lines[0] = 0;
  }

  /** Lets time pass: handles all events due by `time`, each at its own time. */
  advanceTo(time: number): void {
    while (this.queue.nextTime <= time) this.handleNext();
    this.clock[Clock.NOW] = time;
  }

  /** Has `onAccessCut` called at the n-th access from now (1: the next); 0 disarms. */
  armAccessCut(n: number): void {
    this.accessesLeft[0] = n;
    this.queue.watchEveryAccess(n !== 0);
  }

  /** Accesses still to be made before the armed cut; 0 when none is armed. */
  get accessesToCut(): number {
    return this.accessesLeft[0];
  }

  /** Jumps to the first event and handles it. */
  handleNext(): void {
    const { time, kind, a, b } = this.queue.pop();
    this.clock[Clock.NOW] = time;
    this.logbook.add(time, LogKind.EVENT, kind, a);
    const device = this.deviceOfKind[kind];
    if (device) device.onEvent?.(kind, a, b);
    else if (kind === EventKind.SURROUNDINGS) this.surroundings.look();
    else if (this.owner) this.owner.onBoardEvent(kind, a, b);
    else throw new Error(`machine: nobody handles event kind ${kind}`);
  }

  /** Reads a register by name; takes no virtual time: `machine.peek(TIMER, 'NOW_LOW')`. */
  peek<P extends PeripheralEntry>(peripheral: P, register: keyof P['registers'] & string, index = 0): number {
    return this.bus.peek(peripheral.base + peripheral.registers[register].offset + index * 4);
  }

  poke<P extends PeripheralEntry>(
    peripheral: P,
    register: keyof P['registers'] & string,
    value: number,
    index = 0,
  ): void {
    this.bus.poke(peripheral.base + peripheral.registers[register].offset + index * 4, value);
  }

  registers<P extends PeripheralEntry>(peripheral: P): Registers<P> {
    return this.registerFile.registersOf(peripheral);
  }

  schedule(time: number, kind: number, a = 0, b = 0): void {
    if (time < this.now)
      throw new Error(`machine: event ${kind} was to happen at ${time} ns, but it is ${this.now} ns`);
    this.queue.schedule(time, kind, a, b);
    if (endsRun[kind] === 1) this.bus.rearmNeeded = true;
  }

  cancel(kind: number): void {
    if (this.queue.cancel(kind) && endsRun[kind] === 1) this.bus.rearmNeeded = true;
  }

  setLine(line: number, raised: boolean): void {
    if (raised) this.lines[0] |= line;
    else this.lines[0] &= ~line;
  }

  outputEnabled(gate: number): boolean {
    return (this.outputs[0] & gate) !== 0;
  }

  setOutputs(gates: number): void {
    const before = this.outputs[0];
    if (before === gates) return;
    this.outputs[0] = gates;
    this.log(LogKind.OUTPUTS, gates, before);
    for (const device of this.devices) device.outputsChanged?.();
  }

  fault(cause: number, detail: string): never {
    throw new Fault(cause, this.bus.address, detail);
  }

  resetChip(cause: number): never {
    if (cause === ResetCause.WATCHDOG && this.coreRunning)
      throw new Fault(FaultCause.WATCHDOG, 0, 'the watchdog reset the chip while the core was busy');
    throw new ChipReset(cause);
  }

  stallUntil(time: number): void {
    const start = this.now;
    if (time < start) throw new Error(`machine: a stall until ${time} ns, but it is ${start} ns`);
    this.advanceTo(time);
    this.endStall(start);
  }

  /** Stalls the core until one of these lines is raised, and handles events meanwhile; false when no event is left. */
  stallUntilLine(mask: number): boolean {
    const start = this.now;
    while ((this.lines[0] & mask) === 0) {
      if (this.queue.length === 0) return false;
      this.handleNext();
    }
    this.endStall(start);
    return true;
  }

  log(kind: number, a: number, b: number, argument1?: number): void {
    this.logbook.add(this.now, kind, a, b, argument1);
  }

  random(): number {
    this.witness?.drew();
    return this.generator.next();
  }

  count(activity: number, times: number): void {
    this.surroundings.counts[activity] += times;
  }

  transmit(line: number, bytes: Uint8Array): void {
    this.count(Activity.LINK_BYTES, bytes.length);
    this.log(LogKind.OUTPUT, (line << 24) | bytes.length, hashOf(bytes));
    this.owner?.onTransmit(line, bytes, this.now);
  }

  /** Handles what is due before an access at `time`: events, then a cut armed for this access. */
  private lookUp(time: number): void {
    this.advanceTo(time);
    if (this.accessesLeft[0] === 0 || --this.accessesLeft[0] !== 0) return;
    this.queue.watchEveryAccess(false);
    this.owner?.onAccessCut();
  }

  private endStall(start: number): void {
    this.clock[Clock.ACTIVATION_END] += this.now - start;
    this.bus.rearmNeeded = true;
  }
}
