// The run loop of a board with power: ROM, bootloader, hand-over, firmware, interrupts, sleep, resets, halt and loss of power.
//
//   off --power--> ROM --> bootloader reset() --hand-over--> firmware reset() --> sleep <--> interrupt(lines)
//                   ^            |                                 |                            |
//                   '------------'-------- any reset --------------'----------------------------'
//
// One step at a time: the ROM, an activation of the core, or the next event. What must stay true: every way out of a step is a
// return, a ChipReset or a PowerLoss; idle time is skipped; the core runs while it has work, and events come in between.

import { MemoryMap } from '../../protocol/memory-map.ts';
import type { BoardOptions } from './board-options.ts';
import { type BoardState, HaltReason, Phase } from './board-state.ts';
import { BootRom, loadTimeNs, romStartNs } from './boot-rom.ts';
import { Clock } from './clock.ts';
import { ImageRefused } from './cpu/cpu.ts';
import { EventKind, FaultCause, ResetCause } from './device.ts';
import { AttestationEngine, Measured } from './devices/attest.ts';
import type { InterruptController } from './devices/intc.ts';
import type { ResetController } from './devices/reset.ts';
import { LockPlace } from './disturbance.ts';
import { ChipReset, PowerLoss } from './fault.ts';
import { flashSize } from './flash-array.ts';
import type { ImageLoader } from './image-loader.ts';
import { LogKind } from './log.ts';
import type { Machine } from './machine.ts';
import type { Processor } from './processor.ts';

/**
 * A chip that resets this often before its core has slept once is halted: three trials of an update, a revert and
 * a good boot are five resets at most.
 */
export const restlessResetsMax = 16;

const wasmPageBytes = 65536;

export class Life {
  private readonly machine: Machine;
  private readonly state: BoardState;
  private readonly reset: ResetController;
  private readonly intc: InterruptController;
  private readonly processor: Processor;
  private readonly loader: ImageLoader;
  /** Measures what is loaded. */
  readonly attest: AttestationEngine;
  private readonly rom = new BootRom();
  private isPaused = false;

  constructor(
    machine: Machine,
    state: BoardState,
    reset: ResetController,
    intc: InterruptController,
    processor: Processor,
    loader: ImageLoader,
    fuses: Uint32Array,
    { rootKey }: Pick<BoardOptions, 'rootKey'>,
  ) {
    this.machine = machine;
    this.state = state;
    this.reset = reset;
    this.intc = intc;
    this.processor = processor;
    this.loader = loader;
    this.attest = machine.add(new AttestationEngine(machine, fuses, rootKey));
  }

  /** Whether the core has something to do before it may sleep. */
  get hasWork(): boolean {
    if (this.state.mode === 'off' || this.state.mode === 'halted' || this.state.coreStuck !== 0) return false;
    return this.state.phase !== Phase.NONE || this.intc.pending !== 0;
  }

  /** Lets time pass until `timeNs`, and until the activation that is then running has ended; less when a pause is requested. */
  runUntil(timeNs: number): void {
    const { machine } = this;
    this.isPaused = false;
    while (machine.now < timeNs || machine.queue.nextTime <= timeNs) {
      if (this.isPaused) return;
      if (this.hasWork) {
        if (machine.now >= timeNs) break;
        this.step(true);
        continue;
      }
      this.state.restlessResets = 0;
      if (machine.queue.nextTime > timeNs) break;
      this.step(false);
    }
    if (machine.now < timeNs) machine.clock[Clock.NOW] = timeNs;
  }

  /** For a listener: the `runUntil` that is going on ends after its present step, which is one run of the core or one event. */
  pause(): void {
    this.isPaused = true;
  }

  resetChip(cause: number): void {
    const { state, machine } = this;
    this.processor.unload();
    state.mode = 'bootloader';
    state.coreStuck = 0;
    state.haltReason = HaltReason.NONE;
    state.phase = Phase.ROM;
    machine.resetDevices(cause);
    machine.log(LogKind.RESET, cause, this.reset.resetCount);
    // Power, pin and brown-out come from outside; only resets that the chip causes itself can repeat for ever.
    const outside = cause === ResetCause.POWER_ON || cause === ResetCause.PIN || cause === ResetCause.BROWN_OUT;
    state.restlessResets = outside ? 0 : state.restlessResets + 1;
    if (state.restlessResets > restlessResetsMax) this.halt(HaltReason.RESET_LOOP);
  }

  /** `inStep`: 1 when it ended a step, 0 when it came from outside between steps. */
  losePower(inStep: number): void {
    this.machine.losePower();
    this.processor.unload();
    this.state.mode = 'off';
    this.state.phase = Phase.NONE;
    this.state.restlessResets = 0;
    this.machine.log(LogKind.POWER_CUT, inStep, 0);
  }

  /** An event of the board itself is due; it ends the present step. */
  onBoardEvent(kind: number, a: number, b: number): void {
    if (kind === EventKind.FIRMWARE_LOCK) {
      this.lock(a, b);
      return;
    }
    if (this.state.mode === 'off') return;
    if (kind === EventKind.POWER_CUT) throw new PowerLoss();
    throw new ChipReset(kind === EventKind.BROWN_OUT ? ResetCause.BROWN_OUT : ResetCause.PIN);
  }

  /** A disturbance stops the core until the next reset, or changes a bit of RAM or flash permanently. */
  private lock(place: number, bit: number): void {
    const { machine, state } = this;
    if (place === LockPlace.CORE) state.coreStuck = 1;
    else if (place === LockPlace.RAM) machine.ram[bit >>> 3] ^= 1 << (bit & 7);
    else machine.flash.writeWord((bit >>> 5) << 2, machine.flash.readWord((bit >>> 5) << 2) ^ (1 << (bit & 31)));
  }

  /** A piece of the core's work, or the next event. It may end in a reset or in loss of power, which is carried out. */
  private step(isWork: boolean): void {
    try {
      if (isWork) this.work();
      else this.machine.handleNext();
    } catch (ending) {
      if (ending instanceof ChipReset) this.resetChip(ending.resetCause);
      else if (ending instanceof PowerLoss) this.losePower(1);
      else throw ending;
    }
  }

  /** Does the core's next piece of work. */
  private work(): void {
    const { state, processor } = this;
    const { phase } = state;
    if (phase === Phase.ROM) {
      this.bootFromRom();
      return;
    }
    state.phase = Phase.NONE;
    if (phase === Phase.ENTER) processor.activate('reset', 0);
    else processor.activate('interrupt', this.intc.pending);
    if (this.reset.resetRequested) throw new ChipReset(ResetCause.SOFTWARE);
    if (this.reset.handoverRequested) this.handOver();
  }

  private bootFromRom(): void {
    const { machine } = this;
    const header = this.rom.read(machine.flash);
    if (!('crc' in header)) {
      machine.advanceTo(machine.now + romStartNs);
      this.halt(header.haltReason);
      return;
    }
    const { address, length, crc } = header;
    machine.advanceTo(machine.now + romStartNs + loadTimeNs(length));
    if (!this.load(address, length, Measured.BOOTLOADER)) {
      this.halt(HaltReason.BOOT_REFUSED);
      return;
    }
    machine.log(LogKind.BOOT_ROM, length, crc);
    this.state.phase = Phase.ENTER;
  }

  /** Loads the firmware from the bytes in flash that the bootloader names in the hand-over registers. */
  private handOver(): void {
    const { machine, reset } = this;
    const { address, length } = reset.handover;
    machine.log(LogKind.HANDOVER, address, length);
    machine.advanceTo(machine.now + loadTimeNs(length));
    if (!this.load(address, length, Measured.IMAGE)) throw new ChipReset(ResetCause.FAULT);
    reset.markHandedOver();
    this.state.mode = 'firmware';
    this.state.phase = Phase.ENTER;
  }

  /** Puts the module at a flash address into the core; false, and a fault record, when the core refuses it. */
  private load(address: number, length: number, measured: number): boolean {
    try {
      if (length === 0 || address + length > flashSize)
        throw new ImageRefused(
          'size',
          0,
          `${length} bytes at flash address 0x${address.toString(16)} are not in flash`,
        );
      const image = this.loader.load(address, length);
      const ramBytes = image.prepared.memoryPages * wasmPageBytes;
      if (ramBytes > MemoryMap.RAM_SIZE)
        throw new ImageRefused('memory', 0, `it wants ${ramBytes} bytes of RAM; the chip has ${MemoryMap.RAM_SIZE}`);
      this.processor.load(image);
      this.attest.measure(measured, image.prepared.hash);
      return true;
    } catch (refusal) {
      if (!(refusal instanceof ImageRefused)) throw refusal;
      this.processor.recordFault(FaultCause.IMAGE_REFUSED, address, refusal.brief, refusal.message);
      return false;
    }
  }

  private halt(reason: number): void {
    this.processor.unload();
    this.state.mode = 'halted';
    this.state.phase = Phase.NONE;
    this.state.haltReason = reason;
    this.machine.log(LogKind.HALT, reason, this.reset.fault.cause);
  }
}
