// What is measured, and what is trusted of it.

import { beforeEach, describe, expect, test } from 'vitest';
import { GuestUnit, millisecond } from '../../hil/rig/guest/guest-unit.ts';
import { openReading, Reading } from '../../host/board/surroundings.ts';
import { CLOCK, RAILS, THERMOMETRY } from '../../protocol/generated/registers.ts';
import { Channel, channelSensors, Rail, railMillivolts } from '../../protocol/plant/places.ts';
import { Filter, SensorState } from '../../protocol/plant/sensors.ts';
import { curves } from '../../protocol/sensors/curves.ts';

interface Sense {
  clockImpaired(): number;
  clockState(): number;
  startClock(): void;
  runClock(): void;
  noteRailTrips(): void;
  railTrips(): number;
  settleRailTrips(): void;
  forgetRailTrips(condition: number, mask: number): number;
  microkelvinOf(channel: number, reading: number): number;
  lostSignals(): number;
  runFrontend(): void;
  channelState(channel: number): number;
  plateMicrokelvin(): number;
  temperatureMicrokelvin(channel: number): number;
  sensorsImpaired(): number;
  startThermometry(): void;
  runThermometry(): void;
}

let unit: GuestUnit<Sense>;
beforeEach(async () => {
  unit = await GuestUnit.of<Sense>('firmware/sense/sense.entry.ts');
  unit.board.machine.poke(RAILS, 'ENABLE', (1 << Rail.COUNT) - 1);
  unit.skip(10 * millisecond);
});

describe('a reading', () => {
  test('of every channel becomes the temperature of its curve, within a ten-thousandth and a microkelvin', () => {
    for (const [channel, type] of channelSensors.entries()) {
      const curve = curves[type];
      for (const kelvin of [2, 3.1, 4.2, 10, 30]) {
        const reading = Math.round(curve.readingOf(kelvin) * curve.stepsPerUnit);
        const exact = curve.kelvinOf(reading / curve.stepsPerUnit) * 1e6;
        const off = Math.abs(unit.part.microkelvinOf(channel, reading) - exact);
        expect(off, `${type} at ${kelvin} K`).toBeLessThanOrEqual(exact * 1e-4 + 2);
      }
    }
  });

  test('beyond the warm end of its curve is no temperature; beyond the cold end it is as cold as the curve goes', () => {
    expect(unit.part.microkelvinOf(Channel.STILL, 0)).toBe(0);
    expect(unit.part.microkelvinOf(Channel.STILL, 0x7fff_ffff)).toBeGreaterThan(0);
  });
});

describe('a thermometer', () => {
  /** So many scans, each taken in. */
  function scan(count: number, before = (_turn: number): void => {}): void {
    for (let turn = 0; turn < count; turn++) {
      before(turn);
      const sequence = unit.peek(THERMOMETRY, 'SEQUENCE');
      while (unit.peek(THERMOMETRY, 'SEQUENCE') === sequence) unit.skip(50 * millisecond);
      unit.part.runThermometry();
    }
  }
  const state = (channel: number) => unit.part.channelState(channel);
  beforeEach(() => {
    unit.part.startThermometry();
    scan(4);
  });

  test('is trusted from its first good reading on, and none is impaired', () => {
    expect([state(Channel.MXC), unit.part.sensorsImpaired()]).toEqual([SensorState.TRUSTED, 0]);
    expect(Math.abs(unit.part.temperatureMicrokelvin(Channel.MXC) - 20_000)).toBeLessThan(20);
  });

  test('that is open for one scan is still trusted, for three it is not, and comes back after it was good for long', () => {
    const open = (value: number | undefined) => unit.setReading(Reading.THERMOMETER + Channel.MXC, value);
    open(openReading);
    scan(1);
    expect(state(Channel.MXC)).toBe(SensorState.TRUSTED);
    scan(2);
    expect([state(Channel.MXC), unit.part.temperatureMicrokelvin(Channel.MXC)]).toEqual([SensorState.OPEN, 0]);
    open(undefined);
    scan(Filter.LOST_STRIKES - 1);
    expect(state(Channel.MXC)).toBe(SensorState.OPEN);
    scan(2);
    expect(state(Channel.MXC)).toBe(SensorState.TRUSTED);
  });

  test('that gives one wild reading does not move its median', () => {
    const before = unit.part.temperatureMicrokelvin(Channel.STILL);
    unit.heat(1.3, Channel.STILL);
    scan(1);
    unit.setReading(Reading.THERMOMETER + Channel.STILL, undefined);
    scan(1);
    expect(Math.abs(unit.part.temperatureMicrokelvin(Channel.STILL) - before)).toBeLessThan(before * 0.01);
  });

  test('that reads the same to the last digit again and again is stuck', () => {
    unit.heat(0.96, Channel.STILL);
    scan(Filter.STUCK_READINGS + 4);
    expect(state(Channel.STILL)).toBe(SensorState.STUCK);
  });

  test('of the 4 K plate that walks away from the other: both disagree, and the warmer counts', () => {
    scan(8, (turn) => unit.heat(3.1 + 0.005 * turn + 0.0001 * (turn & 1), Channel.PLATE_4K_B));
    expect([state(Channel.PLATE_4K), state(Channel.PLATE_4K_B)]).toEqual([
      SensorState.DISAGREES,
      SensorState.DISAGREES,
    ]);
    expect(unit.part.plateMicrokelvin()).toBeGreaterThan(3_125_000);
  });

  test('is not trusted when the scanner stands still', () => {
    unit.part.runThermometry();
    expect([state(Channel.MXC), unit.part.plateMicrokelvin()]).toEqual([SensorState.STALE, 0]);
  });
});

describe('a comparator', () => {
  const [dac, under] = [1 << Rail.DAC, 1 << (8 + Rail.DAC)];

  test('is remembered when its line was released: too low until the rail is good, too high until it is acknowledged', () => {
    unit.setReading(Reading.RAIL_VOLTAGE + Rail.DAC, railMillivolts[Rail.DAC] * 850);
    unit.part.noteRailTrips();
    expect([unit.part.railTrips(), unit.peek(RAILS, 'TRIPPED')]).toEqual([under, 0]);
    unit.part.settleRailTrips();
    expect(unit.part.railTrips()).toBe(under);
    unit.setReading(Reading.RAIL_VOLTAGE + Rail.DAC, undefined);
    unit.part.settleRailTrips();
    expect(unit.part.railTrips()).toBe(0);
    unit.setReading(Reading.RAIL_VOLTAGE + Rail.DAC, railMillivolts[Rail.DAC] * 1300);
    unit.part.noteRailTrips();
    unit.setReading(Reading.RAIL_VOLTAGE + Rail.DAC, undefined);
    unit.part.settleRailTrips();
    expect(unit.part.railTrips()).toBe(dac);
    expect(unit.part.forgetRailTrips(5, dac)).toBe(0);
    expect([unit.part.forgetRailTrips(4, dac), unit.part.railTrips()]).toEqual([1, 0]);
  });
});

describe('the clock', () => {
  const selected = () => unit.peek(CLOCK, 'SELECT');

  test('leaves a reference that is lost at the first look, and one that drifts at the second', () => {
    unit.part.startClock();
    unit.setReading(Reading.CLOCK, 0b010);
    unit.part.runClock();
    expect(selected()).toBe(1);
    unit.setReading(Reading.CLOCK, undefined);
    unit.setReading(Reading.OFFSET + 1, 700);
    unit.part.runClock();
    expect(selected()).toBe(1);
    unit.part.runClock();
    expect(selected()).toBe(0);
    expect(unit.events('CLOCK_SWITCHED')).toEqual([
      [1, 0],
      [0, 1],
    ]);
  });

  test('stays where it is when the other one is no better', () => {
    unit.setReading(Reading.CLOCK, 0);
    for (let look = 0; look < 5; look++) unit.part.runClock();
    expect([selected(), unit.part.clockImpaired(), unit.part.clockState()]).toEqual([0, 1, 0]);
  });
});

describe('a signal line', () => {
  const look = (times: number) => {
    for (let time = 0; time < times; time++) unit.part.runFrontend();
  };

  test('is lost after three lossy looks of eight, and back after eight good ones', () => {
    look(1);
    unit.setReading(Reading.LOSS + 2, 6000);
    look(2);
    expect(unit.part.lostSignals()).toBe(0);
    look(1);
    expect([unit.part.lostSignals(), unit.events('SIGNAL_LOST')]).toEqual([4, [[2, 6000]]]);
    unit.setReading(Reading.LOSS + 2, 200);
    look(7);
    expect(unit.part.lostSignals()).toBe(4);
    look(1);
    expect(unit.part.lostSignals()).toBe(0);
  });
});
