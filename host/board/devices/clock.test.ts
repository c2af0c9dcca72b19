// The clock records that its loop lost lock, even when no register was read at that time.

import { expect, test } from 'vitest';
import { CLOCK } from '../../../protocol/generated/registers.ts';
import { Actuator, Reading } from '../surroundings.ts';
import { ClockDevice } from './clock.ts';
import { Rig, refusal, SetSurroundings } from './rig.ts';

const [bothAndLocked, neitherNorLocked, secondary] = [0b111, 0b010, 1];

function locked() {
  const bench = new SetSurroundings();
  const rig = new Rig((machine) => new ClockDevice(machine), 1, bench);
  rig.machine.surroundings.look();
  return { bench, rig };
}

test('losing the lock raises the line until firmware has seen it, although the lock is back', () => {
  const { bench, rig } = locked();
  expect([rig.machine.peek(CLOCK, 'STATUS'), rig.lineRaised()]).toEqual([bothAndLocked, false]);
  bench.setReading(Reading.CLOCK, neitherNorLocked);
  rig.machine.surroundings.look();
  bench.setReading(Reading.CLOCK, undefined);
  rig.machine.surroundings.look();
  expect([rig.machine.peek(CLOCK, 'LOST'), rig.lineRaised()]).toEqual([1, true]);
  rig.machine.poke(CLOCK, 'LOST', 1);
  expect([rig.machine.peek(CLOCK, 'LOST'), rig.lineRaised()]).toEqual([0, false]);
});

test('selecting a reference reaches the surroundings; a reset goes back to the primary; there is no third', () => {
  const { bench, rig } = locked();
  rig.machine.poke(CLOCK, 'SELECT', secondary);
  expect(bench.actuators[Actuator.REFERENCE]).toBe(secondary);
  rig.reset();
  expect([bench.actuators[Actuator.REFERENCE], rig.machine.peek(CLOCK, 'SELECT')]).toEqual([0, 0]);
  expect(refusal(() => rig.machine.poke(CLOCK, 'SELECT', 2))).toBe('BUS_RESERVED');
});

test('offset is signed, jitter is not', () => {
  const { bench, rig } = locked();
  bench.setReading(Reading.OFFSET + 1, -250);
  bench.setReading(Reading.JITTER, 180);
  expect(rig.machine.peek(CLOCK, 'OFFSET', 1) | 0).toBe(-250);
  expect(rig.machine.peek(CLOCK, 'JITTER', 0)).toBe(180);
});
