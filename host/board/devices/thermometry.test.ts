// The scanner reads by itself, once a period, and says of every channel whether there was anything to read.

import { expect, test } from 'vitest';
import { THERMOMETRY } from '../../../protocol/generated/registers.ts';
import { Activity } from '../../../protocol/plant/energies.ts';
import { Channel } from '../../../protocol/plant/places.ts';
import { Actuator, openReading, Reading } from '../surroundings.ts';
import { milliseconds, Rig, refusal, SetSurroundings } from './rig.ts';
import { Thermometry } from './thermometry.ts';

const { VALID, OPEN, SHORT } = THERMOMETRY.registers.FLAGS.fields;
const [enable, interrupt] = [1, 2];

function scanning(period = 100, control = enable | interrupt) {
  const bench = new SetSurroundings();
  const rig = new Rig((machine) => new Thermometry(machine), 1, bench);
  rig.machine.surroundings.setActuator(Actuator.RAILS, 0x3f);
  rig.machine.surroundings.setActuator(Actuator.POWERED, 1);
  rig.machine.poke(THERMOMETRY, 'PERIOD', period);
  for (let channel = 0; channel < Channel.COUNT; channel++) rig.machine.poke(THERMOMETRY, 'EXCITATION', 1000, channel);
  rig.machine.poke(THERMOMETRY, 'CONTROL', control);
  return { bench, rig };
}

const reading = (rig: Rig<Thermometry>, channel: number) => rig.machine.peek(THERMOMETRY, 'READING', channel);
const flags = (rig: Rig<Thermometry>, channel: number) => rig.machine.peek(THERMOMETRY, 'FLAGS', channel);

test('a scan ends one period after the start, raises the line, and shows the readings of that moment', () => {
  const { bench, rig } = scanning(100);
  rig.skip(milliseconds(100) - 1);
  expect([rig.lineRaised(), reading(rig, Channel.STILL)]).toEqual([false, 0]);
  bench.setReading(Reading.THERMOMETER + Channel.STILL, 2_222_222);
  rig.skip(1);
  expect([rig.lineRaised(), reading(rig, Channel.STILL), flags(rig, Channel.STILL)]).toEqual([
    true,
    2_222_222,
    VALID.mask,
  ]);
  expect(rig.machine.peek(THERMOMETRY, 'SEQUENCE')).toBe(1);
});

test('it goes on by itself on its grid, whether anyone clears the line or not', () => {
  const { rig } = scanning(500);
  rig.skip(milliseconds(10_000));
  expect(rig.machine.peek(THERMOMETRY, 'SEQUENCE')).toBe(20);
  rig.machine.poke(THERMOMETRY, 'STATUS', 1);
  expect(rig.lineRaised()).toBe(false);
});

test('an open and a shorted thermometer are told from one that is cold or warm', () => {
  const { bench, rig } = scanning();
  bench.setReading(Reading.THERMOMETER + Channel.PLATE_4K, openReading);
  bench.setReading(Reading.THERMOMETER + Channel.PLATE_4K_B, 0);
  rig.skip(milliseconds(100));
  expect(flags(rig, Channel.PLATE_4K)).toBe(OPEN.mask);
  expect(flags(rig, Channel.PLATE_4K_B)).toBe(SHORT.mask);
  expect(flags(rig, Channel.PLATE_50K)).toBe(VALID.mask);
});

test('a channel without excitation is left out: no reading, no flag, no energy', () => {
  const { rig } = scanning();
  rig.machine.poke(THERMOMETRY, 'EXCITATION', 0, Channel.MXC);
  rig.skip(milliseconds(100));
  expect([reading(rig, Channel.MXC), flags(rig, Channel.MXC)]).toEqual([0, 0]);
  expect(rig.machine.surroundings.counts[Activity.CONVERSIONS]).toBe(Channel.COUNT - 1);
});

test('without its rail every thermometer reads as shorted', () => {
  const { rig } = scanning();
  rig.machine.surroundings.setActuator(Actuator.RAILS, 1);
  rig.skip(milliseconds(100));
  expect(flags(rig, Channel.PLATE_4K)).toBe(SHORT.mask);
});

test('a reset stops the scanner and the currents; a period shorter than a scan is refused', () => {
  const { bench, rig } = scanning();
  expect(bench.actuators[Actuator.EXCITATION + Channel.CP]).toBe(1000);
  rig.reset();
  rig.skip(milliseconds(1000));
  expect([rig.machine.peek(THERMOMETRY, 'SEQUENCE'), bench.actuators[Actuator.EXCITATION + Channel.CP]]).toEqual([
    0, 0,
  ]);
  expect(refusal(() => rig.machine.poke(THERMOMETRY, 'PERIOD', 9))).toBe('BUS_STATE');
  expect(rig.machine.peek(THERMOMETRY, 'PERIOD')).toBe(THERMOMETRY.registers.PERIOD.reset);
});

test('restored from a snapshot, the scan under way ends when it would have', () => {
  const { rig } = scanning(100);
  rig.skip(milliseconds(60));
  const restore = rig.snapshot();
  rig.skip(milliseconds(500));
  restore();
  rig.skip(milliseconds(39));
  expect(rig.machine.peek(THERMOMETRY, 'SEQUENCE')).toBe(0);
  rig.skip(milliseconds(1));
  expect(rig.machine.peek(THERMOMETRY, 'SEQUENCE')).toBe(1);
});
