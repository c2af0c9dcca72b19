// Rails come up in their time, and their comparators act before any firmware can.

import { expect, test } from 'vitest';
import { RAILS } from '../../../protocol/generated/registers.ts';
import { Rail, railMillivolts } from '../../../protocol/plant/places.ts';
import { Act, Felt } from '../surroundings.ts';
import { Rails } from './rails.ts';
import { milliseconds, Rig, refusal, resetCauseOf, TestBench } from './rig.ts';

const all = 0x3f;
const under = RAILS.registers.TRIPPED.fields.UNDER.shift;

function railsOn(enable = all) {
  const bench = new TestBench();
  const rig = new Rig((machine) => new Rails(machine), 1, bench);
  rig.machine.poke(RAILS, 'ENABLE', enable);
  rig.skip(milliseconds(2));
  rig.machine.surroundings.look();
  const feel = (rail: number, share: number) => {
    bench.feel(Felt.RAIL_VOLTAGE + rail, Math.round(railMillivolts[rail] * 1000 * share));
    rig.machine.surroundings.look();
  };
  return { bench, rig, feel };
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
  const { rig, feel } = railsOn();
  feel(Rail.RF, 1.11);
  expect([rig.machine.peek(RAILS, 'GOOD') & (1 << Rail.RF), rig.lineRaised()]).toEqual([0, false]);
  feel(Rail.RF, 0.89);
  expect([rig.machine.peek(RAILS, 'TRIPPED'), rig.lineRaised()]).toEqual([1 << (under + Rail.RF), true]);
  feel(Rail.RF, 1);
  rig.machine.poke(RAILS, 'TRIPPED', 1 << (under + Rail.RF));
  expect([rig.machine.peek(RAILS, 'TRIPPED'), rig.lineRaised()]).toEqual([0, false]);
});

test('a rail above 120 % is off at that moment, and stays off until that is acknowledged', () => {
  const { bench, rig, feel } = railsOn();
  feel(Rail.DAC, 1.21);
  expect(bench.acts[Act.RAILS]).toBe(all & ~(1 << Rail.DAC));
  expect(rig.machine.peek(RAILS, 'TRIPPED')).toBe(1 << Rail.DAC);
  bench.feel(Felt.RAIL_VOLTAGE + Rail.DAC, undefined);
  expect(refusal(() => rig.machine.poke(RAILS, 'ENABLE', all))).toBe('BUS_STATE');
  rig.machine.poke(RAILS, 'TRIPPED', 1 << Rail.DAC);
  rig.machine.poke(RAILS, 'ENABLE', all);
  expect(bench.acts[Act.RAILS]).toBe(all);
});

test('a dip and a surge of CORE reset the chip, once each', () => {
  const { rig, feel } = railsOn();
  expect(resetCauseOf(() => feel(Rail.CORE, 0.79))).toBe('BROWN_OUT');
  rig.reset();
  expect(resetCauseOf(() => feel(Rail.CORE, 0.78))).toBe('no reset');
  expect(resetCauseOf(() => feel(Rail.CORE, 1))).toBe('no reset');
  expect(resetCauseOf(() => feel(Rail.CORE, 1.21))).toBe('BROWN_OUT');
});

test('CORE cannot be switched off', () => {
  const { rig } = railsOn();
  expect(refusal(() => rig.machine.poke(RAILS, 'ENABLE', all & ~1))).toBe('BUS_STATE');
  expect(rig.machine.peek(RAILS, 'ENABLE')).toBe(all);
});

test('a reset and the loss of power switch everything off but, after a reset, CORE', () => {
  const { bench, rig } = railsOn();
  rig.reset();
  expect([bench.acts[Act.RAILS], bench.acts[Act.POWERED]]).toEqual([1, 1]);
  rig.cutPower();
  expect([bench.acts[Act.RAILS], bench.acts[Act.POWERED]]).toEqual([0, 0]);
});
