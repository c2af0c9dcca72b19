// The multiplexer in the chip: cells that leak all the time, and the logic that refreshes them once it is released.
//
//   held in reset --release--> parked --start--> executing --catch up, again and again
//
// The logic is a section of the firmware image in the core, as it was flashed. Its clock is the board's, counted from the release. It advances
// only when a register is accessed, and at the steps of the device. What must stay true: the state is the module's memory and the arena.

import { muxSectionName } from '../../../protocol/multiplexer/module.ts';
import { Activity } from '../../../protocol/plant/energies.ts';
import { customSection, ImageRefused } from '../cpu/cpu.ts';
import { type DeviceContext, FaultCause } from '../device.ts';
import { Cells } from './cells.ts';
import { MultiplexerModule, type Service } from './multiplexer-module.ts';

export interface MultiplexerSize {
  cells: number;
  lines: number;
}

export const usualMultiplexer: MultiplexerSize = { cells: 96, lines: 2 };

export class MultiplexerBank {
  readonly size: MultiplexerSize;
  /** Is told the services of this object; times are the board's. Not part of the state. */
  listener: ((service: Service, connected: number) => void) | undefined;
  private readonly context: DeviceContext;
  private readonly firmware: () => Uint8Array | undefined;
  private readonly cells: Cells;
  /** [0] time of the release, [1] services, [2] bytes staged. */
  private readonly own: Float64Array;
  private current: MultiplexerModule | undefined;
  /** An instance whose memory the next restore may take over. */
  private spare: MultiplexerModule | undefined;

  /** `firmware`: the module in the core now, as it is in flash. */
  constructor(
    context: DeviceContext,
    firmware: () => Uint8Array | undefined,
    seed: number,
    size: MultiplexerSize = usualMultiplexer,
  ) {
    this.context = context;
    this.firmware = firmware;
    this.size = size;
    const state = context.arena.isHistory(context.arena.floats(Cells.placesFor(size.cells, size.lines)));
    this.cells = new Cells(size.cells, seed, state);
    this.own = context.arena.isHistory(context.arena.floats(3));
  }

  get released(): boolean {
    return this.current !== undefined;
  }

  /** The module, with its clock at the last catch-up. Refuses the access being handled while it is held in reset. */
  get module(): MultiplexerModule {
    if (!this.current)
      this.context.fault(
        FaultCause.BUS_STATE,
        'the multiplexer is held in reset; write MULTIPLEXER.CONTROL.RELEASE first',
      );
    return this.current;
  }

  /** The present time on the module's clock. */
  get now(): number {
    return this.context.now - this.own[0];
  }

  release(): void {
    this.own.fill(0);
    this.own[0] = this.context.now;
    try {
      this.current = new MultiplexerModule(this.bytes());
    } catch (refusal) {
      if (!(refusal instanceof ImageRefused)) throw refusal;
      this.context.fault(FaultCause.IMAGE_REFUSED, `${muxSectionName}: ${refusal.message}`);
    }
    // Every service of the board is reported, because each changes the charge of a cell.
    this.current.configure(0, 'READBACK', 1);
  }

  hold(): void {
    this.current = undefined;
  }

  /** Power is lost: the cells lose their values. */
  discharge(): void {
    this.cells.discharge(this.context.now);
  }

  /** Advances the multiplexer to the board's time; true when a cell missed its deadline meanwhile. */
  catchUp(): boolean {
    const { module } = this;
    let isLate = false;
    let switches = module.figure('SWITCHES_LOW');
    module.run(this.now, {
      served: (service) => {
        const changes = module.figure('SWITCHES_LOW');
        const onBoard = { ...service, startNs: service.startNs + this.own[0] };
        const connected = this.cells.serve(onBoard, changes !== switches, this.own[1]++);
        switches = changes;
        this.context.count(Activity.REFRESHES, 1);
        this.listener?.(onBoard, connected);
        return connected;
      },
      late: () => {
        isLate = true;
      },
    });
    return isLate;
  }

  /** What a cell holds now, in uV, as the readback channel sees it. */
  microvolts(cell: number): number {
    return Math.round(this.cells.voltageAt(cell, this.context.now) / 1000);
  }

  /** Stages bytes of a table; false when they do not fit. */
  stage(bytes: Uint8Array, offset: number): boolean {
    if (!this.module.stage(bytes, offset)) return false;
    this.own[2] = Math.max(this.own[2], offset + bytes.length);
    return true;
  }

  /** A value of MuxLoad. */
  load(length: number): number {
    this.own[2] = 0;
    return this.module.load(length);
  }

  /** A copy of the state; undefined while it is held in reset. */
  save(reuse?: Uint8Array): Uint8Array | undefined {
    return this.current?.save(this.own[2], reuse);
  }

  /** Puts a state in place; the arena and the core's module have been restored already. */
  restore(state: Uint8Array | undefined): void {
    this.spare = this.current ?? this.spare;
    this.current = undefined;
    if (!state) return;
    this.current = MultiplexerModule.reuse(this.spare, this.bytes());
    this.current.restore(state);
  }

  /** The module in the running image; refuses the access being handled when there is none, or none that may run. */
  private bytes(): Uint8Array {
    const image = this.firmware();
    const bytes = image && customSection(image, muxSectionName);
    if (!bytes)
      this.context.fault(FaultCause.BUS_STATE, `the running image has no section ${muxSectionName}: no multiplexer`);
    return bytes;
  }
}
