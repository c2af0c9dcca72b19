// The core of the board: which module is loaded, and one activation of it from call to return.
//
// An activation gets a budget of cycles up to the first event that ends it: the watchdog, the trial timer, a scheduled power
// cut or reset, or the activation limit. So the budget always ends at the exact cycle, with or without a bus access.
// What must stay true: afterwards the clock stands where the run ended and all events up to there have happened.

import { Activity } from '../../protocol/plant/energies.ts';
import type { CallWitness, StepWitness } from './call-witness.ts';
import { ChipView } from './chip-view.ts';
import { Clock, nsPerCycle } from './clock.ts';
import { type Bus, Core, type CoreFault, type FaultCause as CoreFaultCause, type PreparedImage } from './cpu/cpu.ts';
import { FaultCause, ResetCause } from './device.ts';
import type { Fuses } from './devices/fuses.ts';
import type { ResetController } from './devices/reset.ts';
import { ChipReset } from './fault.ts';
import type { LoadedImage } from './image-loader.ts';
import { LogKind } from './log.ts';
import { endsRun, type Machine } from './machine.ts';

/**
 * The limit of one activation without a watchdog: two seconds of cycles. The longest correct one is the bootloader verifying two
 * full slots, well under half a second; a bootloader that takes more is stuck, and no watchdog runs yet. The limit is twice the timeout of the
 * watchdog that the bootloader starts (POLICY_WATCHDOG_TIMEOUT_US), so that the watchdog ends firmware which feeds it and then hangs.
 */
export const activationLimitNs = 2_000_000_000;

const faultOfTrap: Record<Exclude<CoreFaultCause, 'bus'>, number> = {
  budget: FaultCause.BUDGET,
  unreachable: FaultCause.UNREACHABLE,
  'memory-out-of-bounds': FaultCause.MEMORY_BOUNDS,
  'divide-by-zero': FaultCause.DIVIDE_BY_ZERO,
  'integer-overflow': FaultCause.INTEGER_OVERFLOW,
  'indirect-call': FaultCause.INDIRECT_CALL,
  'stack-overflow': FaultCause.STACK_OVERFLOW,
};

/** Number of cores that are kept for images which run again at the next boot: bootloader, both slots. */
const coresMax = 4;

/** How often each block of an image ran. */
export interface BlockCounts {
  image: PreparedImage;
  /** The bootloader handed over to it; else it is a bootloader. */
  handedOver: boolean;
  /** In the order of `image.blocks`. */
  counts: Float64Array;
}

export class Processor {
  loaded: LoadedImage | undefined;
  core: Core | undefined;
  /** Text of the last fault, for messages; the record in RESET is part of the state, this text is not. */
  faultDetail = '';
  private readonly machine: Machine;
  private readonly reset: ResetController;
  private readonly calls: CallWitness | undefined;
  /** The same, when it is to be told of steps as well. */
  private readonly steps: StepWitness | undefined;
  private readonly view: ChipView;
  private sharesCalls = true;
  private readonly cores = new Map<PreparedImage, Core>();
  /** Of cores that were dropped. */
  private readonly dropped: { image: PreparedImage; counts: Float64Array }[] = [];
  /** Hashes of images that ran behind a hand-over; only of those that count. */
  private readonly firmware = new Set<string>();

  constructor(machine: Machine, reset: ResetController, fuses: Fuses, calls?: CallWitness | StepWitness) {
    this.machine = machine;
    this.reset = reset;
    this.view = new ChipView(machine, fuses, (time) => this.budgetFrom(time));
    this.calls = calls;
    this.steps = calls && 'stepsOf' in calls ? calls : undefined;
  }

  /** Loads a module into the core, with initial RAM and globals. */
  load(image: LoadedImage): Core {
    const core = this.socket(image);
    core.restart();
    return core;
  }

  /** Loads a module into the core without changing its RAM, which the caller restores. */
  socket(image: LoadedImage): Core {
    const { prepared } = image;
    const core = this.cores.get(prepared) ?? this.newCore(prepared);
    this.cores.delete(prepared);
    this.cores.set(prepared, core);
    if (this.cores.size > coresMax) this.dropOldest();
    this.loaded = image;
    this.core = core;
    this.machine.ram = core.memory;
    return core;
  }

  unload(): void {
    this.loaded = undefined;
    this.core = undefined;
    this.machine.ram = new Uint8Array(0);
  }

  /** Runs in the course of `work` every call of the guest, also those that are known; only of a board with the option `sharedCalls`. */
  withEveryCall<Result>(work: () => Result): Result {
    this.sharesCalls = false;
    try {
      return work();
    } finally {
      this.sharesCalls = true;
    }
  }

  /** Block counters of all images that ran so far. */
  blockCounts(): BlockCounts[] {
    const sums = new Map<string, BlockCounts>();
    const current = Array.from(this.cores, ([image, core]) => ({ image, counts: core.readBlockCounts() }));
    for (const { image, counts } of [...current, ...this.dropped]) {
      const sum = sums.get(image.hash)?.counts;
      if (sum) for (const [block, count] of counts.entries()) sum[block] += count;
      else sums.set(image.hash, { image, handedOver: this.firmware.has(image.hash), counts: counts.slice() });
    }
    return [...sums.values()];
  }

  /** Calls an export and lets it run to completion. Throws ChipReset or PowerLoss when it is ended before. */
  activate(entry: 'reset' | 'interrupt', lines: number): void {
    const { core, machine } = this;
    if (!core) throw new Error('processor: no module is loaded, yet the core is to run');
    const { clock } = machine;
    clock[Clock.ACTIVATION_END] = machine.now + activationLimitNs;
    machine.coreRunning = true;
    core.sharesCalls = this.sharesCalls;
    machine.bus.rearmNeeded = false;
    let fault: CoreFault | undefined;
    const budget = this.budget();
    this.calls?.begin(core.image, this.reset.handedOver, lines, machine.now);
    if (core.image.blocks && this.reset.handedOver) this.firmware.add(core.image.hash);
    try {
      const result = core.run(entry, lines, budget);
      if (result.outcome === 'fault') fault = result.fault;
    } finally {
      machine.coreRunning = false;
      this.calls?.end(core.cyclesUsed, this.timeAt(core.cyclesLeft));
      machine.log(LogKind.RUN, lines, core.cyclesUsed);
      machine.count(Activity.CYCLES, core.cyclesUsed);
    }
    const end = this.timeAt(core.cyclesLeft);
    if (fault) this.endInFault(fault, Math.max(end, machine.now));
    machine.advanceTo(end);
  }

  /** Computes the running core's budget again: in the access made at this time a stall took time, or a deadline moved. */
  rearm(accessNs: number): void {
    if (!this.machine.coreRunning || !this.core) return;
    const cyclesLeft = (this.machine.clock[Clock.RUN_END] - accessNs) / nsPerCycle;
    this.core.grant(this.budget(), cyclesLeft);
  }

  /** The core faulted now: writes the record, then resets the chip. */
  recordFault(cause: number, address: number, functionName: string, detail: string): void {
    const { machine, reset } = this;
    const cycle = Math.floor((machine.now - machine.resetTime) / nsPerCycle);
    reset.recordFault(cause, address, cycle, functionName);
    // Set before the fault is logged, because a listener may read the text.
    this.faultDetail = detail;
    machine.log(LogKind.FAULT, cause, address);
  }

  /** The time at which a run has this rest of its budget. */
  private timeAt(cyclesLeft: number): number {
    return this.machine.clock[Clock.RUN_END] - Math.max(cyclesLeft, 0) * nsPerCycle;
  }

  private newCore(image: PreparedImage): Core {
    const { calls, steps } = this;
    const core: Core = new Core(
      image,
      steps ? this.toldBus(steps, () => core) : this.machine.bus,
      calls && {
        enter: (functionIndex, argument, cyclesLeft) =>
          calls.enter(functionIndex, argument, core.usedAt(cyclesLeft), this.timeAt(cyclesLeft)),
        leave: (cyclesLeft) => calls.leave(core.usedAt(cyclesLeft), this.timeAt(cyclesLeft)),
        step: (offset, cyclesLeft) => steps?.step(offset, core.usedAt(cyclesLeft), this.timeAt(cyclesLeft)),
      },
      this.view,
    );
    return core;
  }

  /** The bus, with a listener behind each access. An access that stalled the core has moved its budget, so the rest is asked for again. */
  private toldBus(steps: StepWitness, core: () => Core): Bus {
    const { bus } = this.machine;
    const told = (address: number, value: number, isWrite: boolean) => {
      const { cyclesLeft, cyclesUsed } = core();
      steps.access(address >>> 0, value >>> 0, isWrite, cyclesUsed, this.timeAt(cyclesLeft));
    };
    return {
      read32: (address, cyclesLeft) => {
        const value = bus.read32(address, cyclesLeft);
        told(address, value, false);
        return value;
      },
      write32: (address, value, cyclesLeft) => {
        bus.write32(address, value, cyclesLeft);
        told(address, value, true);
      },
    };
  }

  private dropOldest(): void {
    const [[image, core]] = this.cores;
    if (image.blocks) this.dropped.push({ image, counts: core.readBlockCounts() });
    this.cores.delete(image);
  }

  private budget(): number {
    return this.budgetFrom(this.machine.now);
  }

  /** Cycles from this time to the first moment that ends the run; sets the clock's RUN_END to it. */
  private budgetFrom(now: number): number {
    const { clock, queue } = this.machine;
    const end = Math.min(clock[Clock.ACTIVATION_END], queue.timeOf(endsRun));
    const cycles = Math.max(0, Math.ceil((end - now) / nsPerCycle));
    clock[Clock.RUN_END] = now + cycles * nsPerCycle;
    return cycles;
  }

  private endInFault(fault: CoreFault, time: number): never {
    const { functionName, address, detail } = fault;
    let cause = fault.cause === 'bus' ? (fault.busCause as number) : faultOfTrap[fault.cause];
    let resetCause: number = cause === FaultCause.WATCHDOG ? ResetCause.WATCHDOG : ResetCause.FAULT;
    try {
      this.machine.advanceTo(time);
    } catch (ending) {
      // The budget ends exactly now. An end by the watchdog is a fault of the running function; other ends are not.
      if (!(ending instanceof ChipReset) || ending.resetCause !== ResetCause.WATCHDOG) throw ending;
      cause = FaultCause.WATCHDOG;
      resetCause = ResetCause.WATCHDOG;
    }
    this.recordFault(cause, address, functionName, detail);
    throw new ChipReset(resetCause);
  }
}
