// The interface between the chip and its surroundings: plain integers in both directions, without any physics.
//
//   chip --actuators--> (heat, currents, switches) --advance--> (temperatures, voltages, jitter) --readings--> chip
//
// The surroundings advance only when they are read: `look` advances them to the present time with what the chip did since the last
// look, and takes the new readings. A change of an actuator does the same first, so each setting acts for exactly its duration. All state
// is in the arena, that of the surroundings too, so that a snapshot holds both sides. New readings go into the log.
// What must stay true: when no actuator is set, more frequent looks change only the log.

import { ACTIVITY } from '../../protocol/generated/registers.ts';
import { Activity } from '../../protocol/plant/energies.ts';
import {
  Channel,
  channelSensors,
  Heater,
  Rail,
  Reference,
  railMillivolts,
  Signal,
} from '../../protocol/plant/places.ts';
import { curves } from '../../protocol/sensors/curves.ts';
import type { Arena } from './arena.ts';
import { hashOf, LogKind } from './log.ts';
import { idealSamples, type SampleRequest } from './samples.ts';
import type { Witness } from './witness.ts';

/** Index of each actuator in `actuators`. */
export const Actuator = {
  /** 1 while the chip has power. */
  POWERED: 0,
  /** Rails switched on, one bit each. */
  RAILS: 1,
  /** The reference that the clock follows. */
  REFERENCE: 2,
  /** Set power of each heater in microwatts: zero while its gate is closed. It flows while the heater rail is on. */
  HEATER: 3,
  /** Nanoamperes through each thermometer. */
  EXCITATION: 3 + Heater.COUNT,
  /** Decibels switched in before the converter of each signal line. */
  ATTENUATION: 3 + Heater.COUNT + Channel.COUNT,
  /** Waveform converters switched on. */
  CONVERTERS: 3 + Heater.COUNT + Channel.COUNT + Signal.COUNT,
  /** Percent of the time the sequencers may play. */
  DUTY: 4 + Heater.COUNT + Channel.COUNT + Signal.COUNT,
  PLACES: 5 + Heater.COUNT + Channel.COUNT + Signal.COUNT,
} as const;

/** Index of each reading in `readings`. */
export const Reading = {
  /** Microvolts or milliohms of each thermometer; `openReading` when no current flows, 0 when it is shorted. */
  THERMOMETER: 0,
  /** Microwatts that flow through each heater. */
  HEATER: Channel.COUNT,
  /** Microvolts of each rail. */
  RAIL_VOLTAGE: Channel.COUNT + Heater.COUNT,
  /** Microamperes of each rail. */
  RAIL_CURRENT: Channel.COUNT + Heater.COUNT + Rail.COUNT,
  /** References that are present, one bit each; bit 2: the loop is locked. As CLOCK.STATUS. */
  CLOCK: Channel.COUNT + Heater.COUNT + 2 * Rail.COUNT,
  /** Parts in 10^9 each reference is off, signed. */
  OFFSET: 1 + Channel.COUNT + Heater.COUNT + 2 * Rail.COUNT,
  /** Femtoseconds of jitter on each reference. */
  JITTER: 1 + Channel.COUNT + Heater.COUNT + 2 * Rail.COUNT + Reference.COUNT,
  /** Thousandths of a decibel the pilot tone loses on each line. */
  LOSS: 1 + Channel.COUNT + Heater.COUNT + 2 * Rail.COUNT + 2 * Reference.COUNT,
  /** Largest sample of each line in thousandths of full scale, attenuation counted; may be above 1000, where the converter clips. */
  PEAK: 1 + Channel.COUNT + Heater.COUNT + 2 * Rail.COUNT + 2 * Reference.COUNT + Signal.COUNT,
  PLACES: 1 + Channel.COUNT + Heater.COUNT + 2 * Rail.COUNT + 2 * Reference.COUNT + 2 * Signal.COUNT,
} as const;

export const openReading = 0xffff_ffff;

/** The effects of an actuator change are complete after this time: a rail is up, a loop is locked. */
const actSettlesNs = 250_000_000;
/** Readings are taken again after this time; a disturbance, which may come sooner, causes a look of its own. */
const lookLastsNs = 500_000_000;

/** A disturbance from outside, as integers. What `place` and `size` mean depends on the kind (disturbance.ts). */
export interface Disturbance {
  kind: number;
  place: number;
  size: number;
  startNs: number;
  /** Infinity: permanent. */
  endNs: number;
}

/** Surroundings for a board. All their state is in what they take from `memory`. */
export interface Surroundings {
  /** Called once, while the board is made. */
  attach(memory: (places: number) => Float64Array): void;
  /**
   * Brings everything to `timeNs` under these actuator settings and counts (totals of activity since the board was made), held since the last
   * call, then writes the chip’s `readings`: integers.
   */
  advance(timeNs: number, actuators: Float64Array, counts: Float64Array, readings: Float64Array): void;
  /** Stores a disturbance, which takes effect at its time; the board looks when it begins and when it ends. */
  disturb(disturbance: Disturbance): void;
  /**
   * Writes what the converter of a readout line sees: I into even places, Q into odd ones, in codes. They are not clipped: the chip does that and
   * counts it. `advance` was called with the present time before. samples.ts says what must stay true.
   */
  sample(request: SampleRequest, into: Int32Array): void;
}

/** A bench at rest: every thermometer reads what it would in an idle fridge, every rail what it should, and nothing disturbs anything. */
export class QuietBench implements Surroundings {
  attach(): void {}

  advance(timeNs: number, actuators: Float64Array, _counts: Float64Array, readings: Float64Array): void {
    // Real converters have noise; readings that never change would mean a broken one.
    const noise = Math.imul(Math.floor(timeNs / 1e6), 0x9e37_79b1) >>> 30;
    for (let channel = 0; channel < Channel.COUNT; channel++)
      readings[Reading.THERMOMETER + channel] = quietReadings[channel] + noise;
    const rails = actuators[Actuator.POWERED] === 0 ? 0 : actuators[Actuator.RAILS];
    const heated = (rails >>> Rail.HEATER) & 1;
    for (let heater = 0; heater < Heater.COUNT; heater++)
      readings[Reading.HEATER + heater] = heated * actuators[Actuator.HEATER + heater];
    for (let rail = 0; rail < Rail.COUNT; rail++) {
      const on = (rails >>> rail) & 1;
      readings[Reading.RAIL_VOLTAGE + rail] = on * railMillivolts[rail] * 1000;
      readings[Reading.RAIL_CURRENT + rail] = on * 1000;
    }
    readings[Reading.CLOCK] = 0b111;
  }

  disturb(): void {
    throw new Error('board: it lies on a quiet bench, where nothing can be disturbed; make it with surroundings');
  }

  sample(request: SampleRequest, into: Int32Array): void {
    idealSamples(request, into);
  }
}

const quietKelvin: readonly number[] = [42, 3.1, 3.1, 0.96, 0.09, 0.02];
const quietReadings = quietKelvin.map((kelvin, channel) => {
  const curve = curves[channelSensors[channel]];
  return Math.round(curve.readingOf(kelvin) * curve.stepsPerUnit);
});

/** The board's side of the interface. */
export class SurroundingsPort {
  readonly actuators: Float64Array;
  readonly readings: Float64Array;
  /** Totals of activity, by kind. */
  readonly counts: Float64Array;
  witness: Witness | undefined;
  /** Called after a look that found something new. */
  onReadings: () => void = () => {};
  private readonly surroundings: Surroundings;
  private readonly clock: () => number;
  private readonly log: (kind: number, a: number, b: number) => void;
  private readonly readingBytes: Uint8Array;
  /** [0] time up to which converters are counted, [1] of the last actuator change, [2] of the last look, [3] the surroundings are at. */
  private readonly times: Float64Array;
  /** The readings of the last look. */
  readonly known: Float64Array;

  constructor(
    arena: Arena,
    surroundings: Surroundings,
    clock: () => number,
    log: (kind: number, a: number, b: number) => void,
  ) {
    this.actuators = arena.floats(Actuator.PLACES);
    this.actuators[Actuator.DUTY] = ACTIVITY.registers.DUTY.reset;
    this.readings = arena.isHistory(arena.floats(Reading.PLACES));
    this.counts = arena.isHistory(arena.floats(Activity.KINDS));
    this.readingBytes = new Uint8Array(this.readings.buffer, this.readings.byteOffset, this.readings.byteLength);
    this.known = arena.isHistory(arena.floats(Reading.PLACES));
    this.times = arena.isHistory(arena.floats(4));
    this.surroundings = surroundings;
    this.clock = clock;
    this.log = log;
    surroundings.attach((places) => arena.floats(places));
  }

  /** Changes the setting of an actuator. */
  setActuator(place: number, value: number): void {
    if (this.actuators[place] === value) return;
    this.advance();
    this.actuators[place] = value;
    this.times[1] = this.clock();
    // A switch takes effect now, not at the next look.
    this.advance();
  }

  /** A look for registers that are read often. It is skipped when no actuator changed for a while and the last look is recent. */
  glance(): void {
    const now = this.clock();
    if (now - this.times[1] <= actSettlesNs || now - this.times[2] >= lookLastsNs) this.look();
    else this.witness?.readings(this.times[0], this.actuators, this.readings, 0);
  }

  /** Advances the surroundings to now; true when a reading changed. */
  look(): boolean {
    const { readings, known } = this;
    this.advance();
    this.times[2] = this.clock();
    let changed = false;
    for (let place = 0; place < Reading.PLACES && !changed; place++) changed = readings[place] !== known[place];
    this.witness?.readings(this.times[2], this.actuators, readings, changed ? 2 : 1);
    if (!changed) return false;
    known.set(readings);
    this.log(LogKind.READINGS, hashOf(this.readingBytes), 0);
    this.onReadings();
    return true;
  }

  disturb(disturbance: Disturbance): void {
    this.advance();
    this.surroundings.disturb(disturbance);
  }

  /** What the converter of a readout line sees. */
  sample(request: SampleRequest, into: Int32Array): void {
    if (this.times[3] !== this.clock()) this.advance();
    this.surroundings.sample(request, into);
  }

  /** Brings the counts up to date that grow with time. */
  settle(): void {
    const now = this.clock();
    this.counts[Activity.DAC_MICROSECONDS] += (this.actuators[Actuator.CONVERTERS] * (now - this.times[0])) / 1000;
    this.times[0] = now;
  }

  private advance(): void {
    this.settle();
    this.times[3] = this.clock();
    this.surroundings.advance(this.clock(), this.actuators, this.counts, this.readings);
  }
}
