// The multiplexer in the chip (part-bank.ts has what it shares with other parts): cells that leak all the time, and the logic that refreshes them once it
// is released.
//
//   held in reset --release--> parked --start--> executing --catch up, again and again
//
// Its clock is the board's, counted from the release. It advances only when a register is accessed, and at the steps of the device. What must stay
// true: the state is the module's memory and the arena.

import { Mux, MuxSetting, muxSectionName } from '../../../protocol/multiplexer/module.ts';
import { Activity } from '../../../protocol/plant/energies.ts';
import { Channel, channelSensors } from '../../../protocol/plant/places.ts';
import { curves } from '../../../protocol/sensors/curves.ts';
import { prepareMultiplexer } from '../cpu/cpu.ts';
import type { DeviceContext } from '../device.ts';
import { PartBank } from '../part-bank.ts';
import type { SequencerBank } from '../sequencer/bank.ts';
import { Cells, stepsPerKelvin } from './cells.ts';
import { MultiplexerModule, type Service } from './multiplexer-module.ts';
import { PulseWatch } from './pulse-watch.ts';

export interface MultiplexerSize {
  cells: number;
  lines: number;
}

const plateSensor = curves[channelSensors[Channel.PLATE_4K]];
const hysteresisSteps = 1;

export const usualMultiplexer: MultiplexerSize = { cells: 96, lines: 2 };

export class MultiplexerBank extends PartBank<MultiplexerModule> {
  readonly size: MultiplexerSize;
  /** Is told the services of this object; times are the board's. Not part of the state. */
  listener: ((service: Service, connected: number) => void) | undefined;
  private readonly sequencers: SequencerBank;
  private readonly pulses: PulseWatch;
  private readonly cells: Cells;
  /** [0] services, [1] bytes staged. */
  private readonly own: Float64Array;

  /** `firmware`: the module in the core now, as it is in flash. */
  constructor(
    context: DeviceContext,
    firmware: () => Uint8Array | undefined,
    sequencers: SequencerBank,
    seed: number,
    size: MultiplexerSize = usualMultiplexer,
  ) {
    super(context, firmware, {
      section: muxSectionName,
      name: 'the multiplexer is',
      register: 'MULTIPLEXER',
      prepare: prepareMultiplexer,
      make: (bytes) => new MultiplexerModule(bytes),
    });
    this.sequencers = sequencers;
    this.pulses = new PulseWatch(sequencers, this);
    sequencers.follower = this.pulses;
    this.size = size;
    const state = context.arena.isHistory(context.arena.floats(Cells.placesFor(size.cells, size.lines)));
    this.cells = new Cells(size.cells, seed, state);
    this.own = context.arena.isHistory(context.arena.floats(2));
  }

  override release(): void {
    this.own.fill(0);
    super.release();
    // Every service of the board is reported, because each changes the charge of a cell.
    this.module.configure(0, 'READBACK', 1);
  }

  /** Power is lost: the cells lose their values. */
  discharge(): void {
    this.cells.discharge(this.context.now);
  }

  /** The thermometer on the chip's plate reads this; a reading that is none changes nothing. */
  follow(reading: number): void {
    const kelvin = plateSensor.kelvinOf(reading / plateSensor.stepsPerUnit);
    const [coldest, hottest] = plateSensor.rangeKelvin;
    if (!(kelvin >= coldest && kelvin <= hottest)) return;
    const steps = kelvin * stepsPerKelvin;
    if (Math.abs(steps - this.cells.temperatureSteps) < hysteresisSteps) return;
    if (this.released) this.catchUp();
    this.cells.setTemperature(Math.round(steps), this.context.now);
  }

  /** Advances the multiplexer to the board's time: first the sequencers, where it goes by their markers. */
  catchUp(): void {
    if (this.sequencers.released && this.pulses.kinds.length > 0) this.sequencers.catchUp();
    this.advance();
  }

  /** The same once the sequencers have come to this time. */
  advance(): void {
    const { module } = this;
    let switches = module.figure('SWITCHES_LOW');
    module.run(this.now, {
      served: (service) => {
        const changes = module.figure('SWITCHES_LOW');
        const onBoard = { ...service, startNs: service.startNs + this.releasedNs };
        const connected = this.cells.serve(onBoard, changes !== switches, this.own[0]++);
        switches = changes;
        this.context.count(Activity.REFRESHES, 1);
        this.listener?.(onBoard, connected);
        return connected;
      },
    });
  }

  /**
   * Sets a setting, at the board's time; false when it was refused. A marker cannot be chosen, or given up, while its sequencer is busy, because what
   * that one has committed ahead of time is not known any more.
   */
  configure(cell: number, setting: number, value: number): boolean {
    const { module } = this;
    // What the sequencers have committed so far is told before anything changes, or was not wanted.
    if (this.sequencers.released) this.sequencers.catchUp();
    const named =
      setting === MuxSetting.WINDOW_MARKERS
        ? module.figure('WINDOW_MARKERS') ^ value
        : setting === MuxSetting.VALUE_MARKER && value < Mux.NO_MARKER
          ? 1 << value
          : 0;
    const changed = this.pulses.sequencersOf(named);
    if (changed.some((sequencer) => this.sequencers.isBusy(sequencer))) return false;
    if (!module.configure(cell, setting, value)) return false;
    for (const sequencer of changed) this.pulses.resume(sequencer);
    return true;
  }

  /** What a cell holds now, in uV, as the readback channel sees it. */
  microvolts(cell: number): number {
    return Math.round(this.cells.voltageAt(cell, this.context.now) / 1000);
  }

  /** Stages bytes of a table; false when they do not fit. */
  stage(bytes: Uint8Array, offset: number): boolean {
    if (!this.module.stage(bytes, offset)) return false;
    this.own[1] = Math.max(this.own[1], offset + bytes.length);
    return true;
  }

  /** A value of MuxLoad. */
  load(length: number): number {
    this.own[1] = 0;
    return this.module.load(length);
  }

  /** A copy of the state; undefined while it is held in reset. */
  save(reuse?: Uint8Array): Uint8Array | undefined {
    return this.current?.save(this.own[1], reuse);
  }
}
