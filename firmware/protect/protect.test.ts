// Interlocks and budget judge: what they measure, when they trip, what it takes to clear a trip, and that they touch no actuator.

import { beforeEach, describe, expect, test } from 'vitest';
import { GuestUnit, millisecond, second } from '../../hil/rig/guest/guest-unit.ts';
import { openReading, Reading } from '../../host/board/surroundings.ts';
import { ACTIVITY, INTERLOCK, RAILS, THERMOMETRY } from '../../protocol/generated/registers.ts';
import { Budget, Shed } from '../../protocol/plant/budget.ts';
import { Activity, activityPicojoules, idleMicrowatts } from '../../protocol/plant/energies.ts';
import { interlockNumber } from '../../protocol/plant/interlocks.ts';
import { Channel, Heater, Rail, railMillivolts } from '../../protocol/plant/places.ts';
import { EventKind } from '../../protocol/telemetry/events.ts';
import { Health } from '../../protocol/telemetry/health.ts';

interface Protect {
  loadShed(): number;
  shedMicrowatts(): number;
  trippedInterlocks(): number;
  noteRailTrips(): void;
  runThermometry(): void;
  startThermometry(): void;
  runBudget(): void;
  allowedMicrowatts(): number;
  estimatedMicrowatts(): number;
  coreEstimatedMicrowatts(): number;
  runInterlock(): void;
  clearInterlock(number: number): number;
  measured(condition: number, subject: number): number;
  healthWord(): number;
}

const { PLATE_4K_HOT, PLATE_4K_RISE, RAIL_OVER, RAIL_UNDER, BLIND, CLOCK_GONE, HEATER_RUNAWAY, OVER_BUDGET } =
  interlockNumber;
const plate = [Channel.PLATE_4K, Channel.PLATE_4K_B];

let unit: GuestUnit<Protect>;
beforeEach(async () => {
  unit = await GuestUnit.of<Protect>('firmware/protect/protect.entry.ts');
  unit.board.machine.poke(RAILS, 'ENABLE', (1 << Rail.COUNT) - 1);
  unit.part.startThermometry();
  letRun(3 * second);
  unit.takeWritten();
});

/** Scans, and the interlock task ten times a second, for so long. */
function letRun(ns: number): void {
  for (let left = ns; left > 0; left -= 100 * millisecond) {
    const scan = unit.peek(THERMOMETRY, 'SEQUENCE');
    unit.skip(100 * millisecond);
    if (unit.peek(THERMOMETRY, 'SEQUENCE') !== scan) unit.part.runThermometry();
    unit.part.noteRailTrips();
    unit.part.runInterlock();
  }
}
const tripped = () => {
  const bits = unit.part.trippedInterlocks() >>> 0;
  return Object.keys(interlockNumber).filter((name) => name !== 'COUNT' && (bits >>> interlockNumber[name]) & 1);
};
/** So many events a second are played for some seconds, and the budget looks once a second. */
function play(seconds: number, eventsASecond: number): void {
  for (let turn = 0; turn < seconds; turn++) {
    unit.board.machine.count(Activity.EVENTS, eventsASecond);
    letRun(second);
    unit.part.runBudget();
  }
}

describe('an interlock', () => {
  test('trips once its condition has lasted, with what was measured, and the latch is written before the event', () => {
    unit.heat(4.7, ...plate);
    letRun(900 * millisecond);
    expect(tripped()).toEqual([]);
    letRun(1000 * millisecond);
    expect(tripped()).toEqual(['PLATE_4K_HOT', 'PLATE_4K_RISE']);
    expect(unit.events('INTERLOCK_TRIPPED').map(([number]) => number)).toEqual([PLATE_4K_HOT, PLATE_4K_RISE]);
    const first = (name: string, which: number) =>
      unit.written.findIndex(({ register, value }) => register === name && value === which);
    const latched = first('INTERLOCK.TRIPPED', 1 << PLATE_4K_HOT);
    expect(latched).toBeGreaterThanOrEqual(0);
    expect(latched).toBeLessThan(first('RECORDER.EVENT', EventKind.INTERLOCK_TRIPPED));
  });

  test('judges and does not act: nothing but latch and recorder is written', () => {
    unit.heat(4.7, ...plate);
    unit.setReading(Reading.CLOCK, 0);
    letRun(3 * second);
    play(9, 3.3e8);
    letRun(100 * millisecond);
    expect(tripped()).toEqual(expect.arrayContaining(['PLATE_4K_HOT', 'CLOCK_GONE', 'OVER_BUDGET']));
    const written = unit.takeWritten().filter((register) => !/^(RECORDER|INTERLOCK|RAILS\.TRIPPED)/.test(register));
    expect(written).toEqual([]);
  });

  test('is cleared by an operator only when its condition is gone by its hysteresis', () => {
    unit.heat(4.7, ...plate);
    letRun(3 * second);
    // Below the threshold, but not by the hysteresis of 25 mK.
    unit.heat(4.285, ...plate);
    letRun(second);
    expect(unit.part.clearInterlock(PLATE_4K_HOT)).toBe(0);
    unit.heat(3.1, ...plate);
    letRun(second);
    expect(unit.part.clearInterlock(PLATE_4K_HOT)).toBe(1);
    expect(unit.events('INTERLOCK_CLEARED')).toEqual([[PLATE_4K_HOT, 1]]);
  });

  test('does not stand in the way of clearing another one in the same moment', () => {
    unit.heat(4.7, ...plate);
    letRun(3 * second);
    unit.heat(3.1, ...plate);
    letRun(second);
    expect([unit.part.clearInterlock(PLATE_4K_HOT), unit.part.clearInterlock(PLATE_4K_RISE)]).toEqual([1, 1]);
    letRun(3 * second);
    expect(tripped()).toEqual([]);
  });

  test.each([
    ['RAIL_OVER', RAIL_OVER, Reading.RAIL_VOLTAGE + Rail.DAC, railMillivolts[Rail.DAC] * 1300],
    ['RAIL_UNDER', RAIL_UNDER, Reading.RAIL_VOLTAGE + Rail.SENSE, railMillivolts[Rail.SENSE] * 850],
    ['CLOCK_GONE', CLOCK_GONE, Reading.CLOCK, 0],
    ['HEATER_RUNAWAY', HEATER_RUNAWAY, Reading.HEATER + Heater.STILL, 400],
  ])('%s trips by its own cause alone', (name, _number, place, value) => {
    unit.setReading(place, value);
    letRun(second);
    expect(tripped()).toEqual([name]);
  });

  test('that clears itself does so after its condition has been gone for as long as it must last', () => {
    unit.setReading(Reading.CLOCK, 0);
    letRun(second);
    unit.setReading(Reading.CLOCK, undefined);
    letRun(400 * millisecond);
    expect(tripped()).toEqual(['CLOCK_GONE']);
    letRun(300 * millisecond);
    expect(tripped()).toEqual([]);
    expect(unit.events('INTERLOCK_CLEARED')).toEqual([[CLOCK_GONE, 0]]);
  });

  test('is neither tripped nor cleared by a thermometer that cannot be read; two of them are BLIND', () => {
    for (const channel of plate) unit.setReading(Reading.THERMOMETER + channel, openReading);
    letRun(4 * second);
    expect(tripped()).toEqual(['BLIND']);
    expect(unit.part.clearInterlock(BLIND)).toBe(0);
  });

  test('keeps what was tripped before this firmware started', () => {
    unit.trip(HEATER_RUNAWAY);
    letRun(2 * second);
    expect(tripped()).toEqual(['HEATER_RUNAWAY']);
    expect(unit.peek(INTERLOCK, 'COUNT')).toBe(1);
  });
});

describe('the budget', () => {
  test('estimates energy times count, and idle power when nothing was done', () => {
    unit.part.runBudget();
    letRun(second);
    unit.board.machine.count(Activity.EVENTS, 1e8);
    unit.part.runBudget();
    const conversions = 2 * Channel.COUNT * activityPicojoules[Activity.CONVERSIONS] * 1e-6;
    const exact = idleMicrowatts + 1e8 * activityPicojoules[Activity.EVENTS] * 1e-6 + conversions;
    expect(Math.abs(unit.part.estimatedMicrowatts() - exact)).toBeLessThan(exact * 0.001);
  });

  test('counts exactly over the wrap of a counter', () => {
    const events = () => unit.peek(ACTIVITY, 'COUNT', Activity.EVENTS);
    unit.board.machine.count(Activity.EVENTS, 2 ** 32 - 1000 - events());
    unit.part.runBudget();
    letRun(second);
    unit.board.machine.count(Activity.EVENTS, 1e6);
    unit.part.runBudget();
    expect(events()).toBe(1e6 - 1000);
    expect(unit.part.estimatedMicrowatts()).toBeLessThan(3000);
  });

  test('states step after step, each after two seconds, and what it had estimated', () => {
    play(1, 3.3e8);
    const steps: number[] = [];
    for (let turn = 0; turn < 8; turn++) {
      play(1, 3.3e8);
      steps.push(unit.part.loadShed());
    }
    expect(steps).toEqual([0, 1, 1, 2, 2, 3, 3, 4]);
    expect(unit.part.shedMicrowatts()).toBeGreaterThan(Budget.TOTAL_MICROWATTS);
    expect(unit.part.healthWord() & Health.SHEDDING).toBe(Health.SHEDDING);
  });

  test('takes back its verdict once the power is well below, so that OVER_BUDGET can be cleared; the rest only then', () => {
    play(9, 3.3e8);
    letRun(100 * millisecond);
    expect([tripped(), unit.part.loadShed()]).toEqual([['OVER_BUDGET'], Shed.SAFE_STATE]);
    expect(unit.part.clearInterlock(OVER_BUDGET)).toBe(0);
    play(30, 0);
    expect(unit.part.loadShed()).toBe(Shed.MUTED);
    expect(unit.part.clearInterlock(OVER_BUDGET)).toBe(1);
    play(30, 0);
    expect(unit.part.loadShed()).toBe(Shed.NOTHING);
  });

  test('sheds everything at once when the core itself takes too much', () => {
    unit.part.runBudget();
    for (let turn = 0; turn < 2; turn++) {
      unit.board.machine.count(Activity.CYCLES, 5e7);
      letRun(second);
      unit.part.runBudget();
    }
    expect(unit.part.coreEstimatedMicrowatts()).toBeGreaterThan(Budget.CORE_MICROWATTS);
    expect(unit.part.loadShed()).toBe(Shed.MUTED);
  });

  test('allows less the warmer the plate is', () => {
    unit.heat(4.05, ...plate);
    letRun(5 * second);
    unit.part.runBudget();
    expect(unit.part.allowedMicrowatts()).toBeLessThan(100_000);
  });
});
