// Rails come up in their time, and their comparators act before any firmware can.

import { expect, test } from 'vitest';
import { RAILS } from '../../../protocol/generated/registers.ts';
import { Rail, railMillivolts } from '../../../protocol/plant/places.ts';
import { Actuator, Reading } from '../surroundings.ts';
import { Rails } from './rails.ts';
import { milliseconds, Rig, refusal, resetCauseOf, SetSurroundings } from './rig.ts';

const all = 0x3f;
const under = RAILS.registers.TRIPPED.fields.UNDER.shift;

function railsOn(enable = all) {
  const bench = new SetSurroundings();
  const rig = new Rig((machine) => new Rails(machine), 1, bench);
  rig.machine.poke(RAILS, 'ENABLE', enable);
  rig.skip(milliseconds(2));
  rig.machine.surroundings.look();
  const setShare = (rail: number, share: number) => {
    bench.setReading(Reading.RAIL_VOLTAGE + rail, Math.round(railMillivolts[rail] * 1000 * share));
    rig.machine.surroundings.look();
  };
  return { bench, rig, setShare };
}

test('only CORE is on after a reset, and a rail that is switched on is good 2 ms later', () => {
  const { rig } = railsOn(1);
  expect(rig.machine.peek(RAILS, 'GOOD')).toBe(1);
  rig.machine.poke(RAILS, 'ENABLE', all);
  rig.skip(milliseconds(2) - 1);
  expect(rig.machine.peek(RAILS, 'GOOD')).toBe(1);
  rig.skip(1);
  expect(rig.machine.peek(RAILS, 'GOOD')).toBe(all);
  expect(rig.machine.peek(RAILS, 'MILLIVOLTS', Rail.DAC)).toBe(railMillivolts[Rail.DAC]);
});

test('a rail 10 % off is not good; one that is too low raises the line and says which', () => {
  const { rig, setShare } = railsOn();
  setShare(Rail.RF, 1.11);
  expect([rig.machine.peek(RAILS, 'GOOD') & (1 << Rail.RF), rig.lineRaised()]).toEqual([0, false]);
  setShare(Rail.RF, 0.89);
  expect([rig.machine.peek(RAILS, 'TRIPPED'), rig.lineRaised()]).toEqual([1 << (under + Rail.RF), true]);
  setShare(Rail.RF, 1);
  rig.machine.poke(RAILS, 'TRIPPED', 1 << (under + Rail.RF));
  expect([rig.machine.peek(RAILS, 'TRIPPED'), rig.lineRaised()]).toEqual([0, false]);
});

test('a rail above 120 % is off at that moment, and stays off until that is acknowledged', () => {
  const { bench, rig, setShare } = railsOn();
  setShare(Rail.DAC, 1.21);
  expect(bench.actuators[Actuator.RAILS]).toBe(all & ~(1 << Rail.DAC));
  expect(rig.machine.peek(RAILS, 'TRIPPED')).toBe(1 << Rail.DAC);
  bench.setReading(Reading.RAIL_VOLTAGE + Rail.DAC, undefined);
  expect(refusal(() => rig.machine.poke(RAILS, 'ENABLE', all))).toBe('BUS_STATE');
  rig.machine.poke(RAILS, 'TRIPPED', 1 << Rail.DAC);
  rig.machine.poke(RAILS, 'ENABLE', all);
  expect(bench.actuators[Actuator.RAILS]).toBe(all);
});

test('a dip and a surge of CORE reset the chip, once each', () => {
  const { rig, setShare } = railsOn();
  expect(resetCauseOf(() => setShare(Rail.CORE, 0.79))).toBe('BROWN_OUT');
  rig.reset();
  expect(resetCauseOf(() => setShare(Rail.CORE, 0.78))).toBe('no reset');
  expect(resetCauseOf(() => setShare(Rail.CORE, 1))).toBe('no reset');
  expect(resetCauseOf(() => setShare(Rail.CORE, 1.21))).toBe('BROWN_OUT');
});

test('CORE cannot be switched off', () => {
  const { rig } = railsOn();
  expect(refusal(() => rig.machine.poke(RAILS, 'ENABLE', all & ~1))).toBe('BUS_STATE');
  expect(rig.machine.peek(RAILS, 'ENABLE')).toBe(all);
});

test('a reset and the loss of power switch everything off but, after a reset, CORE', () => {
  const { bench, rig } = railsOn();
  rig.reset();
  expect([bench.actuators[Actuator.RAILS], bench.actuators[Actuator.POWERED]]).toEqual([1, 1]);
  rig.cutPower();
  expect([bench.actuators[Actuator.RAILS], bench.actuators[Actuator.POWERED]]).toEqual([0, 0]);
});
