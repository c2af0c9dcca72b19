// A controller board on the bench: power it, talk to its serial lines, let virtual time pass, and take it back in time.
//
// This file wires and runs; the parts say how they work: machine.ts (time, events, bus, devices), processor.ts (the core),
// boot-rom.ts, image-loader.ts, snapshot.ts, factory.ts. What must stay true: a run is a function of images, seed and inputs, so every
// input goes through a method here and into the log.

import { type BoardMode, BoardState, HaltReason, haltSentences, Phase } from './board-state.ts';
import { loadTimeNs, readBootHeader, romStartNs } from './boot-rom.ts';
import { Clock } from './clock.ts';
import { ImageRefused } from './cpu/cpu.ts';
import { EventKind, FaultCause, ResetCause } from './device.ts';
import { Dma } from './devices/dma.ts';
import { Flash } from './devices/flash.ts';
import { Fuses } from './devices/fuses.ts';
import { InterruptController } from './devices/intc.ts';
import { type RecordedEvent, Recorder } from './devices/recorder.ts';
import { type FaultRecord, ResetController } from './devices/reset.ts';
import { Timer } from './devices/timer.ts';
import { Uart } from './devices/uart.ts';
import { Watchdog } from './devices/watchdog.ts';
import { loadFlash, loadFuses, type Provision, provision } from './factory.ts';
import { ChipReset, PowerLoss } from './fault.ts';
import { flashSize } from './flash-array.ts';
import { ImageLoader } from './image-loader.ts';
import { hashOf, LogKind, type LogRecord } from './log.ts';
import { Machine } from './machine.ts';
import { Processor } from './processor.ts';
import { capture, restore, type Snapshot, snapshotFromBytes, snapshotToBytes } from './snapshot.ts';

export interface BoardOptions {
  /** Any integer: decides what power cuts leave behind, and nothing else. */
  seed?: number;
  /** Counts basic blocks of what runs, for coverage; changes no cycle. */
  countBlocks?: boolean;
}

/**
 * A chip that is reset this often without its core ever coming to rest is not going to: three trials of an update, a revert and
 * a good boot are five resets at most.
 */
export const restlessResetsMax = 16;

export class Board {
  readonly machine: Machine;
  readonly flash: Flash;
  readonly uarts: readonly [Uart, Uart];
  onTransmit: ((line: 0 | 1, bytes: Uint8Array, timeNs: number) => void) | undefined;
  private readonly options: BoardOptions;
  private readonly own: BoardState;
  private readonly reset: ResetController;
  private readonly intc: InterruptController;
  private readonly recorder: Recorder;
  private readonly fuses: Fuses;
  private readonly loader: ImageLoader;
  private readonly processor: Processor;

  constructor(options: BoardOptions = {}) {
    this.options = options;
    const machine = new Machine(options.seed ?? 1);
    this.machine = machine;
    this.own = new BoardState(machine.arena);
    this.flash = machine.add(new Flash(machine, machine.flash));
    this.reset = machine.add(new ResetController(machine));
    machine.add(new Watchdog(machine));
    machine.add(new Timer(machine));
    this.fuses = machine.add(new Fuses(machine));
    this.uarts = [machine.add(new Uart(machine, 0)), machine.add(new Uart(machine, 1))];
    this.recorder = machine.add(new Recorder(machine));
    machine.add(new Dma(machine));
    this.intc = machine.add(new InterruptController(machine));
    this.loader = new ImageLoader(machine.flash, options.countBlocks ?? false);
    this.processor = new Processor(machine, this.reset);
    machine.owner = {
      onBoardEvent: (kind) => this.onBoardEvent(kind),
      onTransmit: (line, bytes, timeNs) => this.onTransmit?.(line as 0 | 1, bytes, timeNs),
      onAccessCut: () => {
        throw new PowerLoss();
      },
      onRearm: () => this.processor.rearm(),
    };
    machine.arena.seal();
  }

  /** Nanoseconds of virtual time since the board was made. */
  get now(): number {
    return this.machine.now;
  }

  get state(): BoardMode {
    return this.own.mode;
  }

  /** What halted it, in words; undefined when it is not halted. */
  get haltReason(): string | undefined {
    if (this.own.mode !== 'halted') return undefined;
    const detail = this.processor.faultDetail;
    return haltSentences[this.own.haltReason] + (detail === '' ? '' : ` (${detail})`);
  }

  /** The fault record of RESET. */
  get fault(): FaultRecord {
    return this.reset.fault;
  }

  /** The last fault of this very object in words; not part of the state. */
  get faultDetail(): string {
    return this.processor.faultDetail;
  }

  get logHash(): string {
    return this.machine.logbook.hash;
  }

  set onLog(listener: ((record: LogRecord) => void) | undefined) {
    this.machine.logbook.listener = listener;
  }

  // --- inputs ------------------------------------------------------------------------------------------------------------

  /** Factory: writes flash and fuses of a board without power. */
  provision(goods: Provision): void {
    this.expectOff('provisioned');
    provision(this.machine, this.fuses.cells, goods);
  }

  loadFlash(bytes: Uint8Array): void {
    this.expectOff('loaded with a flash image');
    loadFlash(this.machine, bytes);
  }

  loadFuses(words: Uint32Array): void {
    this.expectOff('loaded with fuses');
    loadFuses(this.machine, this.fuses.cells, words);
  }

  powerOn(): void {
    this.expectOff('switched on');
    this.machine.log(LogKind.POWER_ON, 0, 0);
    this.machine.clock[Clock.POWER_ON_TIME] = this.now;
    this.resetChip(ResetCause.POWER_ON);
  }

  cutPower(): void {
    this.expectOn('switched off');
    this.losePower(0);
  }

  /** Power goes at this time, in the middle of whatever is going on. */
  cutPowerAt(timeNs: number): void {
    this.machine.schedule(timeNs, EventKind.POWER_CUT);
  }

  /** Power goes at the n-th bus access from now (1: the next), which does not take place any more. */
  cutPowerAtAccess(n: number): void {
    if (!Number.isInteger(n) || n < 1 || n > 0x7fff_ffff) throw new Error(`board: ${n} is not the number of an access`);
    this.machine.armAccessCut(n);
  }

  /** Accesses left before the cut armed by `cutPowerAtAccess`; arming a far one and looking here counts a program's accesses. */
  get accessesToCut(): number {
    return this.machine.accessesToCut;
  }

  pullResetPin(): void {
    this.expectOn('reset');
    this.machine.log(LogKind.RESET_PIN, 0, 0);
    this.resetChip(ResetCause.PIN);
  }

  /** The supply dips: the chip resets, what it was writing is torn, but power stays. */
  brownOut(): void {
    this.expectOn('browned out');
    this.machine.log(LogKind.BROWN_OUT, 0, 0);
    this.resetChip(ResetCause.BROWN_OUT);
  }

  /** Puts bytes on a serial line's receive wire now; lost when power is off. Throws when the wire is full (`wireFree`). */
  send(line: 0 | 1, bytes: Uint8Array): void {
    this.machine.log(LogKind.INPUT, (line << 24) | bytes.length, hashOf(bytes));
    if (this.own.mode !== 'off') this.uarts[line].receive(bytes);
  }

  wireFree(line: 0 | 1): number {
    return this.uarts[line].wireFree;
  }

  // --- time --------------------------------------------------------------------------------------------------------------

  /** When something happens next: now when the core has work, Infinity when only an input can bring it to life. */
  get nextEventTime(): number {
    return this.hasWork() ? this.now : this.machine.queue.nextTime;
  }

  runFor(nanoseconds: number): void {
    this.runUntil(this.now + nanoseconds);
  }

  /** Lets virtual time pass, at least to `timeNs`: a run of the core that has begun is finished, however long it takes. */
  runUntil(timeNs: number): void {
    if (!Number.isSafeInteger(timeNs)) throw new Error(`board: ${timeNs} is not a time`);
    while (this.now < timeNs || this.machine.queue.nextTime <= timeNs) {
      if (this.hasWork()) {
        if (this.now >= timeNs) break;
        this.guarded(() => this.work());
        continue;
      }
      this.own.restlessResets = 0;
      if (this.machine.queue.nextTime > timeNs) break;
      this.guarded(() => this.machine.handleNext());
    }
    if (this.now < timeNs) this.machine.clock[Clock.NOW] = timeNs;
  }

  // --- state -------------------------------------------------------------------------------------------------------------

  /** A copy of everything; `reuse` is a snapshot that may be overwritten, which saves allocating. */
  snapshot(reuse?: Snapshot): Snapshot {
    return capture(this.machine, this.processor, reuse);
  }

  restore(snapshot: Snapshot): void {
    restore(this.machine, this.processor, snapshot);
  }

  /** A snapshot as one piece of bytes, and the way back, in any process; `snapshot.ts` says what is in it. */
  saveState(): Uint8Array {
    return snapshotToBytes(this.snapshot());
  }

  loadState(bytes: Uint8Array): void {
    this.restore(snapshotFromBytes(bytes, (module) => this.loader.prepare(module)));
  }

  /** Another board in the same state. What it shares is copied when written. */
  fork(): Board {
    const other = new Board(this.options);
    other.restore(this.snapshot());
    return other;
  }

  flashImage(): Uint8Array {
    return this.machine.flash.image();
  }

  fuseWords(): Uint32Array {
    return this.fuses.cells.slice();
  }

  /** The core's RAM itself; empty without power. */
  ram(): Uint8Array {
    return this.machine.ram;
  }

  recorderEvents(): RecordedEvent[] {
    return this.recorder.events();
  }

  // --- the run loop ------------------------------------------------------------------------------------------------------

  private hasWork(): boolean {
    if (this.own.mode === 'off' || this.own.mode === 'halted') return false;
    return this.own.phase !== Phase.NONE || this.intc.pending !== 0;
  }

  /** One thing the core has to do. */
  private work(): void {
    if (this.own.phase === Phase.ROM) {
      this.bootFromRom();
      return;
    }
    const entering = this.own.phase === Phase.ENTER;
    this.own.phase = Phase.NONE;
    this.processor.activate(entering ? 'reset' : 'interrupt', entering ? 0 : this.intc.pending);
    if (this.reset.resetRequested) throw new ChipReset(ResetCause.SOFTWARE);
    if (this.reset.handoverRequested) this.handOver();
  }

  /** Does something that may end in a reset or in loss of power, and lets that happen. */
  private guarded(step: () => void): void {
    try {
      step();
    } catch (ending) {
      if (ending instanceof ChipReset) this.resetChip(ending.resetCause);
      else if (ending instanceof PowerLoss) this.losePower(1);
      else throw ending;
    }
  }

  private bootFromRom(): void {
    const { machine } = this;
    const header = readBootHeader(machine.flash);
    if (!('crc' in header)) {
      machine.advanceTo(this.now + romStartNs);
      this.halt(header.haltReason);
      return;
    }
    const { address, length, crc } = header;
    machine.advanceTo(this.now + romStartNs + loadTimeNs(length));
    try {
      this.processor.load(this.loader.load(address, length));
    } catch (refusal) {
      if (!(refusal instanceof ImageRefused)) throw refusal;
      this.processor.recordFault(FaultCause.IMAGE_REFUSED, address, refusal.functionName ?? '', refusal.message);
      this.halt(HaltReason.BOOT_REFUSED);
      return;
    }
    machine.log(LogKind.BOOT_ROM, length, crc);
    this.own.phase = Phase.ENTER;
  }

  /** Loads the firmware from the very bytes in flash the bootloader points at. */
  private handOver(): void {
    const { machine, reset, processor } = this;
    const { address, length } = reset.handover;
    machine.log(LogKind.HANDOVER, address, length);
    try {
      if (length === 0 || address + length > flashSize)
        throw new ImageRefused('size', 0, `a hand-over to ${length} bytes at flash address ${address}: not in flash`);
      machine.advanceTo(this.now + loadTimeNs(length));
      processor.load(this.loader.load(address, length));
    } catch (refusal) {
      if (!(refusal instanceof ImageRefused)) throw refusal;
      processor.recordFault(FaultCause.IMAGE_REFUSED, address, refusal.functionName ?? '', refusal.message);
      throw new ChipReset(ResetCause.FAULT);
    }
    reset.markHandedOver();
    this.own.mode = 'firmware';
    this.own.phase = Phase.ENTER;
  }

  private resetChip(cause: number): void {
    const { own, machine } = this;
    this.processor.unload();
    own.mode = 'bootloader';
    own.haltReason = HaltReason.NONE;
    own.phase = Phase.ROM;
    machine.resetDevices(cause);
    machine.log(LogKind.RESET, cause, this.reset.resetCount);
    // Power, pin and brown-out come from outside; only what the chip does to itself can go on for ever.
    const outside = cause === ResetCause.POWER_ON || cause === ResetCause.PIN || cause === ResetCause.BROWN_OUT;
    own.restlessResets = outside ? 0 : own.restlessResets + 1;
    if (own.restlessResets > restlessResetsMax) this.halt(HaltReason.RESET_LOOP);
  }

  private halt(reason: number): void {
    this.processor.unload();
    this.own.mode = 'halted';
    this.own.phase = Phase.NONE;
    this.own.haltReason = reason;
    this.machine.log(LogKind.HALT, reason, this.reset.fault.cause);
  }

  /** `atAccess`: 1 when the core was cut off in a run. */
  private losePower(atAccess: number): void {
    this.machine.losePower();
    this.processor.unload();
    this.own.mode = 'off';
    this.own.phase = Phase.NONE;
    this.own.restlessResets = 0;
    this.machine.log(LogKind.POWER_CUT, atAccess, 0);
  }

  private onBoardEvent(kind: number): void {
    if (this.own.mode === 'off') return;
    if (kind === EventKind.POWER_CUT) throw new PowerLoss();
    throw new ChipReset(kind === EventKind.BROWN_OUT ? ResetCause.BROWN_OUT : ResetCause.PIN);
  }

  private expectOff(verb: string): void {
    if (this.own.mode !== 'off') throw new Error(`board: it has power; cut it before it is ${verb}`);
  }

  private expectOn(verb: string): void {
    if (this.own.mode === 'off') throw new Error(`board: it has no power; power it on before it is ${verb}`);
  }
}
