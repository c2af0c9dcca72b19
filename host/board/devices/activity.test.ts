// What the chip does is counted once, and the counters wrap without losing a difference.

import { expect, test } from 'vitest';
import { ACTIVITY, OUTPUTS } from '../../../protocol/generated/registers.ts';
import { Activity } from '../../../protocol/plant/energies.ts';
import { ActivityCounters } from './activity.ts';
import { microseconds, Rig } from './rig.ts';

const makeRig = () => new Rig((machine) => new ActivityCounters(machine));
const count = (rig: Rig<ActivityCounters>, kind: number) => rig.machine.peek(ACTIVITY, 'COUNT', kind);

test('counts go up with what is done, from the last reset, modulo 2^32', () => {
  const rig = makeRig();
  rig.machine.count(Activity.EVENTS, 2 ** 32 - 1);
  rig.machine.count(Activity.EVENTS, 3);
  expect(count(rig, Activity.EVENTS)).toBe(2);
  rig.reset();
  rig.machine.count(Activity.EVENTS, 5);
  expect(count(rig, Activity.EVENTS)).toBe(5);
});

test('converters count while their gate is open, to the microsecond, read or not', () => {
  const rig = makeRig();
  rig.machine.setOutputs(OUTPUTS.registers.STATE.fields.DAC.mask);
  rig.skip(microseconds(10));
  expect(count(rig, Activity.DAC_MICROSECONDS)).toBe(120);
  rig.skip(microseconds(5));
  rig.machine.setOutputs(0);
  rig.skip(microseconds(100));
  expect(count(rig, Activity.DAC_MICROSECONDS)).toBe(180);
});
