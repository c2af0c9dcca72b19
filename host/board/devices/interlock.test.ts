// A trip outlives every reset but power-on, and is cleared by nothing but its key.

import { expect, test } from 'vitest';
import { INTERLOCK } from '../../../protocol/generated/registers.ts';
import { ResetCause } from '../device.ts';
import { InterlockLatch } from './interlock.ts';
import { Rig, refusal, seconds } from './rig.ts';

const key = (INTERLOCK.registers.CLEAR.fields.KEY.values.KEY << 16) >>> 0;
const never = 0xffff_ffff;

function tripped(number: number): Rig<InterlockLatch> {
  const rig = new Rig((machine) => new InterlockLatch(machine));
  rig.skip(seconds(10));
  rig.machine.poke(INTERLOCK, 'VALUE', 4711);
  rig.machine.poke(INTERLOCK, 'TRIPPED', 1 << number);
  return rig;
}

const latch = (rig: Rig<InterlockLatch>) =>
  (['TRIPPED', 'COUNT', 'LAST', 'VALUE'] as const).map((register) => rig.machine.peek(INTERLOCK, register));

test('it says what tripped last, when, how often, and what was measured', () => {
  const rig = tripped(3);
  expect(latch(rig)).toEqual([1 << 3, 1, 3, 4711]);
  const time = rig.machine.peek(INTERLOCK, 'TIME_HIGH') * 2 ** 32 + rig.machine.peek(INTERLOCK, 'TIME_LOW');
  expect(time).toBe(seconds(10));
});

test('the same trip again is no new trip, another one is', () => {
  const rig = tripped(3);
  rig.machine.poke(INTERLOCK, 'TRIPPED', 1 << 3);
  expect(latch(rig)).toEqual([1 << 3, 1, 3, 4711]);
  rig.machine.poke(INTERLOCK, 'TRIPPED', 1 << 5);
  expect(latch(rig)).toEqual([(1 << 3) | (1 << 5), 2, 5, 4711]);
});

test('every reset but power-on leaves it alone', () => {
  for (const [name, cause] of Object.entries(ResetCause)) {
    const rig = tripped(3);
    rig.reset(cause);
    expect([name, ...latch(rig)]).toEqual([
      name,
      ...(cause === ResetCause.POWER_ON ? [0, 0, never, 0] : [1 << 3, 1, 3, 4711]),
    ]);
  }
});

test('clearing takes the key and one number; a zero written to TRIPPED clears nothing', () => {
  const rig = tripped(3);
  rig.machine.poke(INTERLOCK, 'TRIPPED', 0);
  expect(rig.machine.peek(INTERLOCK, 'TRIPPED')).toBe(1 << 3);
  expect(refusal(() => rig.machine.poke(INTERLOCK, 'CLEAR', 3))).toBe('BUS_RESERVED');
  rig.machine.poke(INTERLOCK, 'CLEAR', key | 4);
  expect(rig.machine.peek(INTERLOCK, 'TRIPPED')).toBe(1 << 3);
  rig.machine.poke(INTERLOCK, 'CLEAR', key | 3);
  expect(rig.machine.peek(INTERLOCK, 'TRIPPED')).toBe(0);
});
