// Every interlock through its whole course: a cause makes it trip, the cause ends, an operator clears it. What the chip drives is noted before,
// during and after, so that a test can say whether anything was left behind.

import { LogKind } from '../../../host/board/log.ts';
import { openReading, Reading } from '../../../host/board/surroundings.ts';
import {
  ACTIVITY,
  CLOCK,
  FRONTEND,
  HEATERS,
  OUTPUTS,
  RAILS,
  RECORDER,
  THERMOMETRY,
} from '../../../protocol/generated/registers.ts';
import { Activity } from '../../../protocol/plant/energies.ts';
import { Clearer, interlockNumber, interlocks } from '../../../protocol/plant/interlocks.ts';
import { Channel, Heater, Rail, railMillivolts } from '../../../protocol/plant/places.ts';
import { EventKind } from '../../../protocol/telemetry/events.ts';
import { Beat } from '../../../protocol/telemetry/heartbeat.ts';
import { millisecond, second } from '../../rig/time.ts';
import type { PlantBench } from './plant-bench.ts';

const plate = [Channel.PLATE_4K, Channel.PLATE_4K_B];
export const [lostClock, goodClock] = [0b000, 0b111];

/** Everything this firmware switches, heater powers apart. */
export function switches(plant: PlantBench): Record<string, number> {
  const { machine } = plant.device.board;
  return {
    gates: machine.peek(OUTPUTS, 'STATE'),
    rails: machine.peek(RAILS, 'ENABLE'),
    duty: machine.peek(ACTIVITY, 'DUTY'),
    reference: machine.peek(CLOCK, 'SELECT'),
  };
}

/** The same, and everything else that drives or measures. */
function wholeChip(plant: PlantBench): Record<string, number> {
  const { machine } = plant.device.board;
  const each = (count: number, name: string, look: (index: number) => number) =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`${name} ${index}`, look(index)]));
  return {
    ...switches(plant),
    good: machine.peek(RAILS, 'GOOD'),
    ...each(Heater.COUNT, 'heater', (heater) => machine.peek(HEATERS, 'DUTY', heater)),
    ...each(Heater.COUNT, 'limit', (heater) => machine.peek(HEATERS, 'LIMIT', heater)),
    ...each(FRONTEND.registers.ATTENUATION.count, 'line', (line) => machine.peek(FRONTEND, 'ATTENUATION', line)),
    ...each(Channel.COUNT, 'excitation', (channel) => machine.peek(THERMOMETRY, 'EXCITATION', channel)),
    scanner: machine.peek(THERMOMETRY, 'CONTROL'),
  };
}

/** The sequencers play this many events a second, which is far more than the plate can carry away. */
export function overload(plant: PlantBench, seconds: number): void {
  for (let tenth = 0; tenth < seconds * 10; tenth++) {
    plant.device.board.machine.count(Activity.EVENTS, 3.3e7);
    plant.device.board.runFor(100 * millisecond);
  }
}

interface Cause {
  happens(plant: PlantBench): void;
  ends(plant: PlantBench): void;
}

const warm = (kelvin: number, ...channels: number[]): Cause => ({
  happens: (plant) => plant.heat(kelvin, ...channels),
  ends: (plant) => {
    for (const channel of channels) plant.surroundings.setReading(Reading.THERMOMETER + channel, undefined);
  },
});
const reads = (place: number, value: number, after?: number): Cause => ({
  happens: (plant) => plant.setReading(place, value),
  ends: (plant) => plant.setReading(place, after),
});
const nothing = (): void => {};

/** What makes each interlock trip, by its name, and what ends that. */
export const causes: Record<string, Cause> = {
  PLATE_50K_HOT: warm(61, Channel.PLATE_50K),
  PLATE_50K_RISE: warm(42.8, Channel.PLATE_50K),
  PLATE_4K_HOT: warm(4.7, ...plate),
  PLATE_4K_RISE: warm(3.25, ...plate),
  STILL_HOT: warm(1.4, Channel.STILL),
  STILL_RISE: warm(1.2, Channel.STILL),
  CP_HOT: warm(0.25, Channel.CP),
  CP_RISE: warm(0.13, Channel.CP),
  MXC_HOT: warm(0.07, Channel.MXC),
  MXC_RISE: warm(0.034, Channel.MXC),
  BLIND: {
    happens: (plant) => {
      for (const channel of plate) plant.surroundings.setReading(Reading.THERMOMETER + channel, openReading);
    },
    ends: warm(0, ...plate).ends,
  },
  HEATER_RUNAWAY: reads(Reading.HEATER + Heater.STILL, 50_000),
  RAIL_OVER: reads(Reading.RAIL_VOLTAGE + Rail.DAC, railMillivolts[Rail.DAC] * 1300),
  RAIL_UNDER: reads(Reading.RAIL_VOLTAGE + Rail.MULTIPLEXER, railMillivolts[Rail.MULTIPLEXER] * 850),
  CLOCK_GONE: reads(Reading.CLOCK, lostClock, goodClock),
  OVER_BUDGET: { happens: (plant) => overload(plant, 9), ends: nothing },
};

/** The health word of the last heartbeat record. */
function lastHealth(plant: PlantBench): number {
  return plant.device.board.machine.peek(RECORDER, 'HEARTBEAT', Beat.HEALTH);
}

/** An operator clears every trip that can be cleared, once a second. */
function clearEverything(plant: PlantBench, withinSeconds: number): void {
  for (let turn = 0; turn < withinSeconds && plant.tripped.length > 0; turn++) {
    for (const name of plant.tripped)
      if (interlocks[interlockNumber[name]].clearer === Clearer.OPERATOR) plant.clear(name);
    plant.device.board.runFor(second);
  }
}

export interface Course {
  before: Record<string, number>;
  /** The switches two seconds into the trip, and the health word then. */
  during: { switches: Record<string, number>; health: number };
  /** A minute after the last trip was cleared. */
  after: Record<string, number>;
  /** Trips that could not be cleared. */
  stillTripped: string[];
  /** Heartbeats that said healthy while a switch was not as before. */
  untruths: string[];
}

/** One interlock's course, on a controller at rest. */
export function tripAndClear(plant: PlantBench, name: string): Course {
  const { board } = plant.device;
  const before = wholeChip(plant);
  const untruths: string[] = [];
  board.onLog = (record) => {
    if (record.kind !== LogKind.RECORDER || (record.a & 0xffff) !== EventKind.HEARTBEAT) return;
    const now = switches(plant);
    const isAsBefore = Object.keys(now).every((key) => now[key] === before[key]);
    if (lastHealth(plant) === 0 && !isAsBefore)
      untruths.push(`healthy at ${record.timeNs} with ${JSON.stringify(now)}`);
  };
  try {
    causes[name].happens(plant);
    plant.device.waitFor(() => plant.tripped.includes(name), 5 * second);
    board.runFor(2 * second);
    const during = { switches: switches(plant), health: lastHealth(plant) };
    causes[name].ends(plant);
    board.runFor(2 * second);
    clearEverything(plant, 60);
    const stillTripped = plant.tripped;
    board.runFor(60 * second);
    return { before, during, after: wholeChip(plant), stillTripped, untruths };
  } finally {
    board.onLog = () => {};
    causes[name].ends(plant);
  }
}
