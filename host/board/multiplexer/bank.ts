// The multiplexer in the chip (part-bank.ts has what it shares with other parts): cells that leak all the time, and the logic that refreshes them once it
// is released.
//
//   held in reset --release--> parked --start--> executing --catch up, again and again
//
// Its clock is the board's, counted from the release. It advances only when a register is accessed, and at the steps of the device. While the module is
// calm (firmware/multiplexer/calm.ts) nothing happens that anybody must be told, so an advance is only noted and the services are counted; they are executed,
// and whole periods passed over, when their result is wanted. What must stay true: the state is the module's memory and the arena, and each of them
// is bit by bit as if every service had been executed at the time to which the multiplexer was advanced last.

import { Mux, MuxFigure, MuxSetting, muxSectionName } from '../../../protocol/multiplexer/module.ts';
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
import { nextWrongSwitch } from './switch-errors.ts';

export interface MultiplexerSize {
  cells: number;
  lines: number;
}

const plateSensor = curves[channelSensors[Channel.PLATE_4K]];
const hysteresisSteps = 1;
/** Figures that change by each service; all others are the same as long as the module is calm. */
export const movingFigures: ReadonlySet<number> = new Set<number>([
  ...[MuxFigure.SERVICES_LOW, MuxFigure.SERVICES_HIGH, MuxFigure.SWITCHES_LOW, MuxFigure.SWITCHES_HIGH],
  ...[MuxFigure.SERVICE_LINE, MuxFigure.SERVICE_CELL, MuxFigure.SERVICE_CODE, MuxFigure.SERVICE_SPAN],
  ...[MuxFigure.SERVICE_TIME_LOW, MuxFigure.SERVICE_TIME_HIGH],
  ...[MuxFigure.CELL_DEADLINE, MuxFigure.CELL_GAP, MuxFigure.CELL_AGE],
]);

export const usualMultiplexer: MultiplexerSize = { cells: 96, lines: 2 };

export class MultiplexerBank extends PartBank<MultiplexerModule> {
  readonly size: MultiplexerSize;
  private readonly sequencers: SequencerBank;
  private readonly pulses: PulseWatch;
  private readonly cells: Cells;
  private readonly seed: number;
  /** [0] number of the next bank change that connects the wrong cell, [1] bytes staged. */
  private readonly own: Float64Array;
  private told: ((service: Service, connected: number) => void) | undefined;
  // These are not part of the state: they say only which services were counted and are still to be executed. Times are on its own clock.
  /** Until when the module is calm; 0: not known. */
  private calmUntil = 0;
  /** To where it was advanced, whether the module is behind that, and how many of the services in between were counted. */
  private advancedTo = 0;
  private isBehind = false;
  private counted = 0;

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
    this.seed = seed;
    const state = context.arena.isHistory(context.arena.floats(Cells.placesFor(size.cells, size.lines)));
    this.cells = new Cells(size.cells, seed, state);
    this.own = context.arena.isHistory(context.arena.floats(2));
  }

  /** Is told the services from now on; times are the board's. Not part of the state. With a listener every service is executed one by one. */
  set listener(listener: ((service: Service, connected: number) => void) | undefined) {
    this.settle();
    this.calmUntil = 0;
    this.told = listener;
  }

  override release(): void {
    this.calmUntil = 0;
    this.own.fill(0);
    super.release();
    this.own[0] = nextWrongSwitch(this.seed, 0);
    // Every service of the board that is executed is reported, because each changes the charge of a cell.
    this.module.configure(0, 'READBACK', 1);
  }

  override hold(): void {
    this.settle();
    this.calmUntil = 0;
    super.hold();
  }

  override restore(state: Uint8Array | undefined): void {
    this.calmUntil = 0;
    this.isBehind = false;
    this.counted = 0;
    super.restore(state);
  }

  /** The module, at the time to which it was advanced. The caller may change it, so afterwards it is not known whether it is still calm. */
  override get module(): MultiplexerModule {
    this.settle();
    this.calmUntil = 0;
    return super.module;
  }

  /** A figure as of the time to which it was advanced, by name or number. */
  figure(which: keyof typeof MuxFigure | number, index = 0): number {
    const number = typeof which === 'number' ? which : MuxFigure[which];
    if (movingFigures.has(number)) this.settle();
    return (this.current ?? this.module).figureAt(number, index);
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
    this.settle();
    this.cells.setTemperature(Math.round(steps), this.context.now);
  }

  /** Advances the multiplexer to the board's time: first the sequencers, where it goes by their markers. */
  catchUp(): void {
    if (this.sequencers.released && this.pulses.kinds.length > 0) this.sequencers.catchUp();
    this.advance();
  }

  /** Whether anything may happen from now on that somebody must be told; until it may, advancing costs next to nothing. */
  rest(): void {
    const { current } = this;
    if (!current || this.told || this.now < this.calmUntil) return;
    this.calmUntil = this.now + current.calmFor(this.own[0] - current.switches);
  }

  /** The same as catchUp once the sequencers have come to this time. */
  advance(): void {
    const { current, now } = this;
    this.advancedTo = now;
    this.isBehind = true;
    if (current && now < this.calmUntil) this.count(current.plannedBefore(now));
    else this.work();
  }

  /** Works out what was only noted. */
  settle(): void {
    if (!this.isBehind) return;
    const promised = this.counted;
    const done = this.work();
    if (done !== promised)
      throw new Error(`multiplexer: ${promised} services were planned in a span that was calm, and ${done} executed`);
  }

  /** Counts services up to the time to which it was advanced. */
  private count(services: number): void {
    this.context.count(Activity.REFRESHES, services - this.counted);
    this.counted = services;
  }

  /** Brings module and cells to the time to which it was advanced; how many services that were. */
  private work(): number {
    const { current } = this;
    this.isBehind = false;
    if (!current) return 0;
    const before = current.services;
    let switches = current.switches;
    current.run(this.advancedTo, {
      wrongSwitch: () => (this.told ? 0 : this.own[0] - switches),
      served: (service) => {
        switches = current.switches;
        return this.serve(service, switches);
      },
    });
    const services = current.services - before;
    this.count(services);
    this.counted = 0;
    return services;
  }

  /** A service has begun, after so many bank changes. The bank change whose number was drawn connects the wrong cell. */
  private serve(service: Service, switches: number): number {
    const isWrong = switches === this.own[0];
    if (isWrong) this.own[0] = nextWrongSwitch(this.seed, this.own[0]);
    const onBoard = { ...service, startNs: service.startNs + this.releasedNs };
    const connected = this.cells.serve(onBoard, isWrong);
    this.told?.(onBoard, connected);
    return connected;
  }

  /**
   * Sets a setting, at the board's time; false when it was refused. A marker cannot be chosen, or given up, while its sequencer is busy, because the
   * sequencer may have committed edges ahead of time that are not known here any more.
   */
  configure(cell: number, setting: number, value: number): boolean {
    // The sequencers first report what they have committed so far, as far as it is wanted; then the setting changes.
    if (this.sequencers.released) this.sequencers.catchUp();
    const { module } = this;
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
    this.settle();
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

  /** A copy of the state; undefined while it is held in reset. The part of it in the arena is to be copied behind this. */
  save(reuse?: Uint8Array): Uint8Array | undefined {
    this.settle();
    return this.current?.save(this.own[1], reuse);
  }
}
