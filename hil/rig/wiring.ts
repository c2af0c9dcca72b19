// Connects a board and a cryostat: a cryostat as the surroundings of a board. This is the only place where the two meet.
//
//   actuators, counts ──heat by stage──▶ Cryostat ──temperatures, rails, clock, loss──▶ readings
//                                      ▲
//                     faults, stored here, each with its beginning and its end
//
// The activity of the chip between two readings becomes heat at the 4 K plate: counts times the energies of protocol/plant/energies.ts, in steps of
// 100 uW (0.2 mK). The remainder goes into the next reading, so that no heat is lost and a chip at rest changes nothing. What must stay true: all
// state is in the memory of the board; a fault acts only between its two times.

import type { SampleRequest } from '../../host/board/samples.ts';
import { Actuator, type Disturbance, openReading, Reading, type Surroundings } from '../../host/board/surroundings.ts';
import { jitterFemtoseconds } from '../../host/plant/cryostat/clock-source.ts';
import { ConnectorFault, Cryostat } from '../../host/plant/cryostat/cryostat.ts';
import type { Fridge } from '../../host/plant/cryostat/fridge.ts';
import type { StageName } from '../../host/plant/cryostat/stages.ts';
import type { ReadoutChain } from '../../host/plant/readout/chain-data.ts';
import { openReadout, usualReadout } from '../../host/tools/readout/open-readout.ts';
import { activityPicojoules, idleMicrowatts } from '../../protocol/plant/energies.ts';
import { Channel, Heater, Rail, Reference, railMillivolts, Signal } from '../../protocol/plant/places.ts';
import { CryoFaults, faultPlaces } from './faults/fault-list.ts';
import { WiredReadout } from './readout-wiring.ts';
import { second } from './time.ts';

/** The fridge's thermometer of each channel, by name. */
const thermometers = ['50K plate', 'controller', 'controller spare', 'still', 'cold plate', 'mixing chamber'];
/** The stage of each heater. */
const heated: readonly StageName[] = ['4K', 'Still', 'MXC'];
/** The reading of a diode or a resistor without contact. A channel whose stage is missing in the fridge has a resistor in its plug. */
const openDiode = 6_553_500;
const plugReadings: readonly number[] = [1_085_842, 721_467, 1_609_510, 683_984, 22_445_860, 251_134_120];
const heatStepMicrowatts = 100;
/** Peak of a line that has no readout chain behind it, in thousandths of full scale. */
const usualPeak = 400;
/** Currents of the rails beside the core's, microamperes. */
const restingMicroamperes: readonly number[] = [0, 1_000, 5_000, 8_000, 500, 200];
const own = { ENERGY: 0, REMAINDER: 1, CORE_MICROWATTS: 2, PLACES: 3 } as const;

export interface WiringOptions {
  seed?: number;
  start?: 'base' | 'warm';
  /** Slow random changes of the loads of the fridge. */
  drift?: boolean;
  /** What is between resonators and converters; the usual chain of the fridge when left out. */
  readout?: ReadoutChain;
}

export class WiredCryostat implements Surroundings {
  private readonly fridge: Fridge;
  private readonly options: WiringOptions;
  private world: Cryostat | undefined;
  private words: Float64Array = new Float64Array(own.PLACES);
  private faultList: CryoFaults | undefined;
  private readonly sensorOf: readonly number[];
  readonly readout: WiredReadout;

  constructor(fridge: Fridge, options: WiringOptions = {}) {
    this.fridge = fridge;
    this.options = options;
    this.readout = new WiredReadout(options.readout ?? openReadout(usualReadout(fridge)), options.seed ?? 1);
    this.sensorOf = thermometers.map((name) => fridge.sensors.findIndex((sensor) => sensor.name === name));
    for (const [rail, millivolts] of railMillivolts.entries())
      if (Math.round((fridge.rails[rail]?.nominalVolts ?? 0) * 1000) !== millivolts)
        throw new Error(
          `fridge ${fridge.name}: rail ${rail} is ${fridge.rails[rail]?.name ?? 'missing'}; the chip needs one of ${millivolts} mV there`,
        );
  }

  get cryostat(): Cryostat {
    if (!this.world) throw new Error('wired: no board has been put into this cryostat yet');
    return this.world;
  }

  /** Faults that act at the present time of the cryostat. */
  get faults(): CryoFaults {
    if (!this.faultList) throw new Error('wired: no board has been put into this cryostat yet');
    return this.faultList;
  }

  attach(memory: (places: number) => Float64Array): void {
    this.world = new Cryostat(this.fridge, { ...this.options, memory });
    this.words = memory(own.PLACES);
    this.faultList = new CryoFaults(memory(faultPlaces));
    this.readout.attach(memory);
  }

  advance(timeNs: number, actuators: Float64Array, counts: Float64Array, readings: Float64Array): void {
    const { cryostat } = this;
    if (timeNs > cryostat.timeNs) this.heat(timeNs, actuators, counts);
    // The first latch is taken also where no time has passed.
    this.advanceTo(timeNs, actuators);
    this.readout.select(actuators[Actuator.REFERENCE] === Reference.SECONDARY ? 1 : 0, timeNs);
    this.read(actuators, readings);
  }

  disturb(disturbance: Disturbance): void {
    this.faults.add(disturbance);
  }

  sample(request: SampleRequest, into: Int32Array): void {
    this.readout.sample(request, into, this.cryostat, this.faults);
  }

  /** Looks at the whole seconds on the way, which changes nothing. */
  private advanceTo(timeNs: number, actuators: Float64Array): void {
    const { cryostat, readout, words } = this;
    const chipMicrowatts = words[own.CORE_MICROWATTS] + actuators[Actuator.POWERED] * idleMicrowatts;
    for (const at of readout.due(cryostat.timeNs, timeNs)) {
      cryostat.advanceTo(Math.max(cryostat.timeNs, at * second));
      readout.latch(at, cryostat, chipMicrowatts * 1e-6);
    }
    cryostat.advanceTo(timeNs);
  }

  /** The heat on each stage until `timeNs`. */
  private heat(timeNs: number, actuators: Float64Array, counts: Float64Array): void {
    const { cryostat, faults, words } = this;
    const rails = actuators[Actuator.POWERED] === 0 ? 0 : actuators[Actuator.RAILS];
    let energy = 0;
    for (let kind = 0; kind < counts.length; kind++) energy += counts[kind] * activityPicojoules[kind];
    const nanoseconds = timeNs - cryostat.timeNs;
    // Picojoules per nanosecond are milliwatts.
    const exact = ((energy - words[own.ENERGY]) * 1000) / nanoseconds + words[own.REMAINDER] / nanoseconds;
    words[own.ENERGY] = energy;
    const steps = Math.floor(exact / heatStepMicrowatts) * heatStepMicrowatts;
    words[own.REMAINDER] = (exact - steps) * nanoseconds;
    words[own.CORE_MICROWATTS] = steps;
    const heaterOn = (rails >>> Rail.HEATER) & 1;
    const idle = actuators[Actuator.POWERED] * idleMicrowatts;
    for (let heater = 0; heater < heated.length; heater++) {
      const stage = heated[heater];
      if (!cryostat.stages.includes(stage)) continue;
      const chip = stage === '4K' ? steps + idle : 0;
      cryostat.setHeat('controller', stage, (chip + heaterOn * actuators[Actuator.HEATER + heater]) * 1e-6);
    }
    for (let index = 0; index < cryostat.stages.length; index++)
      cryostat.setHeat('fault', cryostat.stages[index], faults.heatMicrowatts(index, cryostat.timeNs, rails) * 1e-6);
  }

  private read(actuators: Float64Array, readings: Float64Array): void {
    const { cryostat, faults } = this;
    const now = cryostat.timeNs;
    const rails = actuators[Actuator.POWERED] === 0 ? 0 : actuators[Actuator.RAILS];
    this.readThermometers(now, readings);
    for (let heater = 0; heater < Heater.COUNT; heater++) {
      const flows = ((rails >>> Rail.HEATER) & 1) * actuators[Actuator.HEATER + heater];
      readings[Reading.HEATER + heater] = Math.round(flows + faults.heaterMicrowatts(heater, now, rails));
    }
    for (let rail = 0; rail < Rail.COUNT; rail++) {
      const on = ((rails >>> rail) & 1) === 1;
      cryostat.setRailEnabled(rail, on);
      const surge = on ? faults.railMicrovolts(rail, now) : 0;
      readings[Reading.RAIL_VOLTAGE + rail] = Math.max(0, cryostat.railMicrovolts(rail) + surge);
      const core = rail === Rail.CORE ? Math.round(this.words[own.CORE_MICROWATTS] / (railMillivolts[rail] / 1000)) : 0;
      readings[Reading.RAIL_CURRENT + rail] = on ? core + restingMicroamperes[rail] : 0;
    }
    this.readClock(actuators, now, readings);
    for (let line = 0; line < Signal.COUNT; line++) {
      const loose = faults.isLoose(line, now);
      cryostat.setConnectorFault(line, loose ? ConnectorFault.INTERMITTENT : ConnectorFault.NONE);
      const loss = cryostat.insertionLossMilliDecibel(line) + faults.lossMillidecibel(line, now);
      readings[Reading.LOSS + line] = loss;
      const rest = line === Signal.READOUT_RETURN ? this.readout.peakAt(now) : usualPeak;
      readings[Reading.PEAK + line] = faults.peak(line, now, rest, actuators[Actuator.ATTENUATION + line]);
    }
  }

  private readThermometers(now: number, readings: Float64Array): void {
    const { cryostat, faults } = this;
    for (let channel = 0; channel < Channel.COUNT; channel++) {
      const sensor = this.sensorOf[channel];
      if (sensor < 0) {
        readings[Reading.THERMOMETER + channel] = plugReadings[channel] + (Math.floor(now / 1e8) & 1);
        continue;
      }
      cryostat.setSensorOffset(sensor, faults.driftKelvin(channel, now));
      const reading = faults.isContactOpen(channel, now) ? openReading : cryostat.reading(sensor);
      const isDiode = cryostat.sensors[sensor].type === 'DT-670';
      readings[Reading.THERMOMETER + channel] = isDiode && reading >= openDiode ? openReading : reading;
    }
  }

  private readClock(actuators: Float64Array, now: number, readings: Float64Array): void {
    const { cryostat, faults, fridge } = this;
    cryostat.selectReference(actuators[Actuator.REFERENCE] === Reference.SECONDARY ? 1 : 0);
    const were = cryostat.clock().present;
    for (const reference of [Reference.PRIMARY, Reference.SECONDARY] as (0 | 1)[]) {
      const present = !faults.isReferenceGone(reference, now);
      const drifts = faults.driftPpb(reference, now);
      if (present !== were[reference]) cryostat.setReference(reference, { present });
      readings[Reading.OFFSET + reference] = Math.round(fridge.references[reference].offsetPpb + drifts);
    }
    const clock = cryostat.clock();
    readings[Reading.CLOCK] = Number(clock.present[0]) | (Number(clock.present[1]) << 1) | (Number(clock.locked) << 2);
    // What the loop shows on either, once locked to it.
    const quiet = jitterFemtoseconds(cryostat.temperatureKelvin('4K'));
    for (let reference = 0; reference < Reference.COUNT; reference++)
      readings[Reading.JITTER + reference] = Math.round(quiet) + faults.jitterFemtoseconds(reference, now);
  }
}
