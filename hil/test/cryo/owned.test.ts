// Every actuator has one owner: when every cause that kept something off is gone, the chip is as freshly booted, and says so only then.

import { beforeAll, describe, expect, test } from 'vitest';
import { LogKind } from '../../../host/board/log.ts';
import type { Snapshot } from '../../../host/board/snapshot.ts';
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
import { Shed } from '../../../protocol/plant/budget.ts';
import { Activity } from '../../../protocol/plant/energies.ts';
import { Clearer, interlockNumber, interlocks } from '../../../protocol/plant/interlocks.ts';
import { Channel, Heater, Rail, railMillivolts } from '../../../protocol/plant/places.ts';
import { EventKind } from '../../../protocol/telemetry/events.ts';
import { Health } from '../../../protocol/telemetry/health.ts';
import { Beat } from '../../../protocol/telemetry/heartbeat.ts';
import { millisecond, second } from '../../rig/time.ts';
import { allGates, allRails, gates, PlantBench } from './plant-bench.ts';

const plate = [Channel.PLATE_4K, Channel.PLATE_4K_B];
const [lostClock, goodClock] = [0b000, 0b111];

/** Everything this firmware switches, heater powers apart. */
function switches(plant: PlantBench): Record<string, number> {
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
function overload(plant: PlantBench, seconds: number): void {
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
const causes: Record<string, Cause> = {
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

let plant: PlantBench;
let settled: Snapshot;

/** Back to a controller that has never tripped, its heaters on. */
function anew(): PlantBench {
  plant.device.board.restore(settled);
  return plant;
}

beforeAll(async () => {
  plant = await PlantBench.up();
  expect(plant.device.cryo('HEATER', { heater: Heater.STILL, microwatts: 20_000 })).toEqual({ ok: true });
  expect(plant.device.cryo('HEATER', { heater: Heater.PLATE_4K, microwatts: 30_000 })).toEqual({ ok: true });
  plant.device.board.runFor(15 * second);
  settled = plant.device.board.snapshot();
});

/** An operator acknowledges whatever can be, once a second. */
function clearEverything(withinSeconds: number): void {
  for (let turn = 0; turn < withinSeconds && plant.tripped.length > 0; turn++) {
    for (const name of plant.tripped)
      if (interlocks[interlockNumber[name]].clearer === Clearer.OPERATOR) plant.clear(name);
    plant.device.board.runFor(second);
  }
}

describe('every interlock', () => {
  test('has a cause in this file', () => {
    expect(Object.keys(causes)).toEqual(interlocks.map(({ name }) => name));
  });

  test.each(Object.keys(causes))('%s: tripped and cleared, the chip is as one that never tripped', (name) => {
    anew();
    const { board } = plant.device;
    const expected = wholeChip(plant);
    const untruths: string[] = [];
    board.onLog = (record) => {
      if (record.kind !== LogKind.RECORDER || (record.a & 0xffff) !== EventKind.HEARTBEAT) return;
      const health = lastHealth();
      const now = switches(plant);
      const isAsBooted = Object.keys(now).every((key) => now[key] === expected[key]);
      if (health === 0 && !isAsBooted) untruths.push(`healthy at ${record.timeNs} with ${JSON.stringify(now)}`);
    };
    try {
      causes[name].happens(plant);
      plant.device.waitFor(() => plant.tripped.includes(name), 5 * second);
      board.runFor(2 * second);
      expect(switches(plant)).not.toEqual(switchesOf(expected));
      expect(lastHealth() & Health.INTERLOCK).toBe(Health.INTERLOCK);
      causes[name].ends(plant);
      board.runFor(2 * second);
      clearEverything(60);
      expect(plant.tripped).toEqual([]);
      board.runFor(60 * second);
    } finally {
      board.onLog = () => {};
      causes[name].ends(plant);
    }
    expect(wholeChip(plant)).toEqual(expected);
    expect(plant.device.statistics('heartbeat').health).toBe(0);
    expect(untruths).toEqual([]);
    // Judging and acting stay within what the manifest allows, also in the run of the trip.
    expect(plant.device.statistics('tasks')).toMatchObject({ over_budget: 0, deadlines_missed: 0 });
  });
});

/** The health word of the last heartbeat record. */
function lastHealth(): number {
  return plant.device.board.machine.peek(RECORDER, 'HEARTBEAT', Beat.HEALTH);
}

function switchesOf(chip: Record<string, number>): Record<string, number> {
  return Object.fromEntries(Object.keys(switches(plant)).map((key) => [key, chip[key]]));
}

describe('what is muted', () => {
  const duty = () => plant.device.board.machine.peek(ACTIVITY, 'DUTY');

  test('plays again once the clock is back by itself, and the health word says what was off meanwhile', () => {
    anew();
    plant.setReading(Reading.CLOCK, lostClock);
    plant.device.board.runFor(2 * second);
    expect([duty(), plant.tripped]).toEqual([0, ['CLOCK_GONE']]);
    const off = Health.INTERLOCK | Health.CLOCK | Health.WAVEFORMS_OFF;
    expect(plant.device.statistics('heartbeat').health & off).toBe(off);
    plant.setReading(Reading.CLOCK, goodClock);
    plant.device.board.runFor(2 * second);
    expect([duty(), plant.tripped, plant.isUp]).toEqual([100, [], true]);
    expect(plant.device.statistics('heartbeat').health).toBe(0);
  });

  test('plays again once an operator has cleared the trip and the rails are up', () => {
    anew();
    causes.PLATE_4K_RISE.happens(plant);
    plant.device.waitFor(() => plant.isSafe, 4 * second);
    causes.PLATE_4K_RISE.ends(plant);
    plant.device.board.runFor(2 * second);
    expect([duty(), plant.clear('PLATE_4K_RISE')]).toMatchObject([0, { tripped: 0 }]);
    plant.device.board.runFor(100 * millisecond);
    expect([duty(), plant.isUp]).toEqual([100, true]);
  });

  test('is muted after a reset too, while the trip is in the latch; and plays once it is cleared', () => {
    anew();
    const { board } = plant.device;
    plant.setReading(Reading.CLOCK, lostClock);
    board.runFor(second);
    board.pullResetPin();
    plant.device.waitFor(() => board.state === 'firmware');
    board.runFor(300 * millisecond);
    expect([plant.tripped, duty(), board.machine.outputEnabled(gates.DAC.mask)]).toEqual([['CLOCK_GONE'], 0, false]);
    plant.setReading(Reading.CLOCK, goodClock);
    board.runFor(2 * second);
    expect([plant.tripped, duty(), plant.isUp]).toEqual([[], 100, true]);
  });

  test('stays muted while load is shed: no step of the budget raises the duty', () => {
    anew();
    plant.setReading(Reading.CLOCK, lostClock);
    plant.device.board.runFor(second);
    overload(plant, 5);
    expect(plant.device.events('LOAD_SHED').map(({ argument0 }) => argument0)).toEqual([
      Shed.HALF_DUTY,
      Shed.QUARTER_DUTY,
    ]);
    expect([duty(), plant.tripped]).toEqual([0, ['CLOCK_GONE']]);
    plant.setReading(Reading.CLOCK, goodClock);
    plant.device.board.runFor(2 * second);
    // What is shed stays shed: the clock is back, the load is not yet trusted.
    expect([duty(), plant.device.statistics('heartbeat').health & Health.DUTY_REDUCED]).toEqual([
      25,
      Health.DUTY_REDUCED,
    ]);
    plant.device.board.runFor(30 * second);
    expect([duty(), plant.isUp, plant.device.statistics('heartbeat').health]).toEqual([100, true, 0]);
  });
});

describe('an output gate', () => {
  const state = () => plant.device.board.machine.peek(OUTPUTS, 'STATE');

  test('stays closed while its rail is not good, also when shed load is given back', () => {
    anew();
    const { board } = plant.device;
    // Fifteen percent too high: not good, and not enough for the comparator.
    plant.setReading(Reading.RAIL_VOLTAGE + Rail.DAC, railMillivolts[Rail.DAC] * 1150);
    board.pullResetPin();
    plant.device.waitFor(() => board.state === 'firmware');
    overload(plant, 7);
    board.runFor(25 * second);
    expect(plant.device.events('LOAD_SHED').at(-1)).toMatchObject({ argument0: Shed.HALF_DUTY });
    expect([plant.tripped, state()]).toEqual([[], 0]);
    expect(plant.device.statistics('heartbeat').health & Health.RAILS).toBe(Health.RAILS);
    plant.setReading(Reading.RAIL_VOLTAGE + Rail.DAC, undefined);
    board.runFor(30 * second);
    expect([state(), board.machine.peek(RAILS, 'ENABLE')]).toEqual([allGates, allRails]);
    expect(plant.device.statistics('heartbeat').health).toBe(0);
  });

  test('closes within a tenth of a second when its rail stops being good, and opens when it is good again', () => {
    anew();
    plant.setReading(Reading.RAIL_VOLTAGE + Rail.DAC, railMillivolts[Rail.DAC] * 1150);
    plant.device.board.runFor(101 * millisecond);
    expect([plant.tripped, state()]).toEqual([[], allGates & ~gates.DAC.mask]);
    const { RAILS: rails, WAVEFORMS_OFF } = Health;
    expect(plant.device.statistics('heartbeat').health).toBe(rails | WAVEFORMS_OFF);
    plant.setReading(Reading.RAIL_VOLTAGE + Rail.DAC, undefined);
    plant.device.board.runFor(101 * millisecond);
    expect([state(), plant.device.statistics('heartbeat').health]).toEqual([allGates, 0]);
  });
});
