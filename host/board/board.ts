// A controller board on the bench: switch power, use its serial lines, let virtual time pass, and restore an earlier state.
//
// This file connects and runs the parts. Each part describes itself: machine.ts (time, events, bus, devices), processor.ts (the core),
// life.ts (the run loop), snapshot.ts, factory.ts. What must stay true: a run is a function of images, seed and inputs, so every
// input goes through a method here and into the log.

import { Activity } from '../../protocol/plant/energies.ts';
import type { BoardOptions } from './board-options.ts';
import { type BoardMode, BoardState, haltSentences } from './board-state.ts';
import { Clock } from './clock.ts';
import { EventKind, ResetCause } from './device.ts';
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
import { type RecordedEvent, Recorder } from './devices/recorder.ts';
import { type FaultRecord, ResetController } from './devices/reset.ts';
import { RetainedRam } from './devices/retained.ts';
import { Thermometry } from './devices/thermometry.ts';
import { Timer } from './devices/timer.ts';
import { Uart } from './devices/uart.ts';
import { Watchdog } from './devices/watchdog.ts';
import { DisturbanceKind } from './disturbance.ts';
import { loadFlash, loadFuses, type Provision, provision } from './factory.ts';
import { PowerLoss } from './fault.ts';
import { ImageLoader } from './image-loader.ts';
import { Life } from './life.ts';
import { hashOf, LogKind, type LogRecord } from './log.ts';
import { Machine } from './machine.ts';
import { addMultiplexer } from './multiplexer/add.ts';
import type { MultiplexerBank } from './multiplexer/bank.ts';
import { type BlockCounts, Processor } from './processor.ts';
import { addReadout } from './readout/add.ts';
import type { ReadoutBank } from './readout/bank.ts';
import { addSequencers } from './sequencer/add.ts';
import type { SequencerBank } from './sequencer/bank.ts';
import { capture, restore, type Snapshot, snapshotFromBytes, snapshotToBytes } from './snapshot.ts';
import type { Disturbance } from './surroundings.ts';

export class Board {
  readonly machine: Machine;
  readonly flash: Flash;
  readonly fuses: Fuses;
  readonly uarts: readonly [Uart, Uart];
  onTransmit: ((line: 0 | 1, bytes: Uint8Array, timeNs: number) => void) | undefined;
  /** Parts with a memory of their own, for callers that listen to records or services. */
  readonly sequencers: SequencerBank;
  readonly multiplexer: MultiplexerBank;
  readonly readout: ReadoutBank;
  private readonly options: BoardOptions;
  private readonly own: BoardState;
  private readonly reset: ResetController;
  private readonly recorder: Recorder;
  private readonly loader: ImageLoader;
  /** The management core. */
  readonly processor: Processor;
  /** The run loop. */
  readonly life: Life;

  constructor(options: BoardOptions = {}) {
    this.options = options;
    const machine = new Machine(options.seed ?? 1, options.surroundings?.());
    this.machine = machine;
    this.own = new BoardState(machine.arena);
    this.flash = machine.add(new Flash(machine, machine.flash));
    this.reset = machine.add(new ResetController(machine));
    for (const Part of [Watchdog, Timer]) machine.add(new Part(machine));
    this.fuses = machine.add(new Fuses(machine));
    this.uarts = [machine.add(new Uart(machine, 0)), machine.add(new Uart(machine, 1))];
    this.recorder = machine.add(new Recorder(machine));
    machine.add(new Dma(machine));
    const intc = machine.add(new InterruptController(machine));
    machine.add(new Outputs(machine));
    const image = () => this.processor.loaded?.bytes;
    this.readout = addReadout(machine, image);
    this.sequencers = addSequencers(machine, image, this.readout);
    this.readout.sequencersReleasedNs = () => this.sequencers.releasedNs;
    this.multiplexer = addMultiplexer(machine, image, this.sequencers, options);
    const parts = [Thermometry, Heaters, Rails, ClockDevice, FrontEnd, ActivityCounters, InterlockLatch, RetainedRam];
    for (const Part of parts) machine.add(new Part(machine));
    this.loader = new ImageLoader(machine.flash, options);
    this.processor = new Processor(machine, this.reset, this.fuses, options.calls);
    this.life = new Life(machine, this.own, this.reset, intc, this.processor, this.loader, this.fuses.cells, options);
    machine.owner = {
      onBoardEvent: (kind, a, b) => this.life.onBoardEvent(kind, a, b),
      onTransmit: (line, bytes, timeNs) => this.onTransmit?.(line as 0 | 1, bytes, timeNs),
      onAccessCut: () => {
        throw new PowerLoss();
      },
      onRearm: (accessNs) => this.processor.rearm(accessNs),
    };
    machine.seal();
  }

  /** Nanoseconds of virtual time since the board was made. */
  get now(): number {
    return this.machine.now;
  }

  get state(): BoardMode {
    return this.own.mode;
  }

  /** Text of the reason why it is halted; undefined when it is not halted. */
  get haltReason(): string | undefined {
    if (this.own.mode !== 'halted') return undefined;
    const detail = this.processor.faultDetail;
    return haltSentences[this.own.haltReason] + (detail === '' ? '' : ` (${detail})`);
  }

  /** The fault record of RESET. */
  get fault(): FaultRecord {
    return this.reset.fault;
  }

  /** Text of the last fault of this object; not part of the state. */
  get faultDetail(): string {
    return this.processor.faultDetail;
  }

  get logHash(): string {
    return this.machine.logbook.hash;
  }

  set onLog(listener: ((record: LogRecord) => void) | undefined) {
    this.machine.logbook.listenTo(undefined, listener);
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
    this.fuses.weak.fill(0);
  }

  powerOn(): void {
    this.expectOff('switched on');
    this.machine.log(LogKind.POWER_ON, 0, 0);
    this.machine.clock[Clock.POWER_ON_TIME] = this.now;
    this.life.resetChip(ResetCause.POWER_ON);
  }

  cutPower(): void {
    this.expectOn('switched off');
    this.life.losePower(0);
  }

  /** Power is lost at this time, also in the middle of an operation. */
  cutPowerAt(timeNs: number): void {
    this.machine.schedule(timeNs, EventKind.POWER_CUT);
    this.machine.log(LogKind.CUT_AT_TIME, timeNs, timeNs / 2 ** 32);
  }

  /** Power is lost at the n-th bus access from now (1: the next). That access is not made. */
  cutPowerAtAccess(n: number): void {
    if (!Number.isInteger(n) || n < 1 || n > 0x7fff_ffff) throw new Error(`board: ${n} is not the number of an access`);
    this.machine.armAccessCut(n);
    this.machine.log(LogKind.CUT_AT_ACCESS, n, 0);
  }

  /** Accesses left before the cut armed by `cutPowerAtAccess`. To count a program's accesses, arm a late cut and read this. */
  get accessesToCut(): number {
    return this.machine.accessesToCut;
  }

  pullResetPin(): void {
    this.expectOn('reset');
    this.machine.log(LogKind.RESET_PIN, 0, 0);
    this.life.resetChip(ResetCause.PIN);
  }

  /** A brown-out of the supply: the chip resets, an operation in progress is torn, and power stays on. */
  brownOut(): void {
    this.expectOn('browned out');
    this.machine.log(LogKind.BROWN_OUT, 0, 0);
    this.life.resetChip(ResetCause.BROWN_OUT);
  }

  /** Puts bytes on a serial line's receive wire now; lost when power is off. Throws when the wire is full (`wireFree`). */
  send(line: 0 | 1, bytes: Uint8Array): void {
    if (this.own.mode !== 'off') {
      this.uarts[line].receive(bytes);
      this.machine.count(Activity.LINK_BYTES, bytes.length);
    }
    this.machine.log(LogKind.INPUT, (line << 24) | bytes.length, hashOf(bytes));
  }

  /** Schedules a disturbance. The surroundings apply it; the board itself applies only what hits its core, RAM or flash. */
  disturb(disturbance: Disturbance): void {
    const { kind, place, size, startNs, endNs } = disturbance;
    if (!(startNs >= this.now && endNs > startNs))
      throw new Error(`board: a disturbance from ${startNs} to ${endNs} ns, but it is ${this.now} ns`);
    const times = hashOf(new Uint8Array(Float64Array.of(startNs, endNs).buffer));
    this.machine.log(LogKind.DISTURBANCE, (kind << 24) | (place << 16) | (times & 0xffff), size);
    if (kind === DisturbanceKind.FIRMWARE_LOCK) {
      this.machine.schedule(startNs, EventKind.FIRMWARE_LOCK, place, size);
      return;
    }
    this.machine.surroundings.disturb(disturbance);
    this.machine.schedule(startNs, EventKind.SURROUNDINGS);
    if (endNs !== Number.POSITIVE_INFINITY) this.machine.schedule(endNs, EventKind.SURROUNDINGS);
  }

  wireFree(line: 0 | 1): number {
    return this.uarts[line].wireFree;
  }

  // --- time --------------------------------------------------------------------------------------------------------------

  /** Time of the next step: now when the core has work, Infinity when nothing happens without an input. */
  get nextEventTime(): number {
    return this.life.hasWork ? this.now : this.machine.queue.nextTime;
  }

  runFor(nanoseconds: number): void {
    this.runUntil(this.now + nanoseconds);
  }

  /** Lets virtual time pass, at least to `timeNs`: a run of the core that has begun is finished, however long it takes. */
  runUntil(timeNs: number): void {
    if (!Number.isSafeInteger(timeNs)) throw new Error(`board: ${timeNs} is not a time`);
    this.life.runUntil(timeNs);
  }

  // --- state -------------------------------------------------------------------------------------------------------------

  /** A copy of everything; `reuse` is a snapshot that may be overwritten, which saves allocating. */
  snapshot(reuse?: Snapshot): Snapshot {
    return capture(this, reuse);
  }

  restore(snapshot: Snapshot): void {
    restore(this, snapshot, (image) => this.loader.own(image));
  }

  /** A snapshot as bytes, and back, in any process; `snapshot.ts` describes the layout. */
  saveState(): Uint8Array {
    return snapshotToBytes(this.snapshot());
  }

  loadState(bytes: Uint8Array): void {
    this.restore(snapshotFromBytes(bytes, (module) => this.loader.prepare(module)));
  }

  /** Another board in the same state. Shared pages are copied when written. */
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

  /** How often each block of each module ran since this board was made; only with the option `countBlocks`. */
  blockCounts(): BlockCounts[] {
    return this.processor.blockCounts();
  }

  recorderEvents(most?: number): RecordedEvent[] {
    return this.recorder.events(most);
  }

  private expectOff(verb: string): void {
    if (this.own.mode !== 'off') throw new Error(`board: it has power; cut it before it is ${verb}`);
  }

  private expectOn(verb: string): void {
    if (this.own.mode === 'off') throw new Error(`board: it has no power; power it on before it is ${verb}`);
  }
}
