// The timer counts from reset, latches, and fires its alarm once, at its exact time.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { TIMER } from '../../../protocol/generated/registers.ts';
import { cases } from '../testing/cases.ts';
import { Rig, refusal, seconds } from './rig.ts';
import { Timer } from './timer.ts';

const makeRig = () => new Rig((machine) => new Timer(machine));
const wordSpan = 2 ** 32;

function armFor(rig: Rig<Timer>, timeNs: number): void {
  rig.machine.poke(TIMER, 'ALARM_LOW', timeNs % wordSpan);
  rig.machine.poke(TIMER, 'ALARM_HIGH', Math.floor(timeNs / wordSpan));
  rig.machine.poke(TIMER, 'CONTROL', 1);
}

const fired = (rig: Rig<Timer>) => rig.machine.peek(TIMER, 'STATUS') === 1;

test('time starts at zero when the chip leaves reset', () => {
  const rig = makeRig();
  rig.skip(1234);
  rig.reset();
  expect(rig.machine.peek(TIMER, 'NOW_LOW')).toBe(0);
  rig.skip(56);
  expect(rig.machine.peek(TIMER, 'NOW_LOW')).toBe(56);
});

test('reading the low word latches the high word, so that the pair never tears at the carry', () => {
  const rig = makeRig();
  rig.skip(wordSpan - 1);
  expect(rig.machine.peek(TIMER, 'NOW_LOW')).toBe(0xffff_ffff);
  rig.skip(1);
  expect(rig.machine.peek(TIMER, 'NOW_HIGH')).toBe(0);
  expect(rig.machine.peek(TIMER, 'NOW_LOW')).toBe(0);
  expect(rig.machine.peek(TIMER, 'NOW_HIGH')).toBe(1);
});

test('any time reads back whole through the two words', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 52 }), (time) => {
      const rig = makeRig();
      rig.skip(time);
      const low = rig.machine.peek(TIMER, 'NOW_LOW');
      expect(rig.machine.peek(TIMER, 'NOW_HIGH') * wordSpan + low).toBe(time);
    }),
    cases(50),
  );
});

test('one nanosecond before its time the alarm has not fired; one more, and it has, raised the line, and is disarmed', () => {
  const rig = makeRig();
  armFor(rig, seconds(10));
  rig.skip(seconds(10) - 1);
  expect(fired(rig)).toBe(false);
  expect(rig.lineRaised()).toBe(false);
  rig.skip(1);
  expect(fired(rig)).toBe(true);
  expect(rig.lineRaised()).toBe(true);
  expect(rig.machine.peek(TIMER, 'CONTROL')).toBe(0);
});

test('an alarm in the past fires at once', () => {
  const rig = makeRig();
  rig.skip(100);
  armFor(rig, 100);
  expect(fired(rig)).toBe(true);
  expect(rig.lineRaised()).toBe(true);
});

test('alarm time counts from the reset, as NOW does', () => {
  const rig = makeRig();
  rig.skip(5000);
  rig.reset();
  armFor(rig, 100);
  rig.skip(99);
  expect(fired(rig)).toBe(false);
  rig.skip(1);
  expect(fired(rig)).toBe(true);
});

test('clearing STATUS.ALARM lowers the line; writing a zero to it does not', () => {
  const rig = makeRig();
  armFor(rig, 0);
  rig.machine.poke(TIMER, 'STATUS', 0);
  expect(rig.lineRaised()).toBe(true);
  rig.machine.poke(TIMER, 'STATUS', 1);
  expect(rig.lineRaised()).toBe(false);
});

test('disarming in time keeps the alarm from firing', () => {
  const rig = makeRig();
  armFor(rig, 100);
  rig.machine.poke(TIMER, 'CONTROL', 0);
  rig.skip(1000);
  expect(fired(rig)).toBe(false);
  expect(rig.machine.queue.length).toBe(0);
});

test('changing ALARM while armed moves nothing until ARM is written again', () => {
  const rig = makeRig();
  armFor(rig, 100);
  rig.machine.poke(TIMER, 'ALARM_LOW', 500);
  rig.skip(100);
  expect(fired(rig)).toBe(true);
  rig.machine.poke(TIMER, 'STATUS', 1);
  rig.machine.poke(TIMER, 'CONTROL', 1);
  rig.machine.poke(TIMER, 'ALARM_LOW', 300);
  rig.machine.poke(TIMER, 'CONTROL', 1);
  rig.skip(200);
  expect(fired(rig)).toBe(true);
  expect(rig.machine.queue.length).toBe(0);
});

test('an alarm past the end of the board clock stays armed and is never due', () => {
  const rig = makeRig();
  rig.machine.poke(TIMER, 'ALARM_HIGH', 0xffff_ffff);
  rig.machine.poke(TIMER, 'CONTROL', 1);
  expect(rig.machine.peek(TIMER, 'CONTROL')).toBe(1);
  expect(rig.machine.queue.length).toBe(0);
});

test('a reset disarms the alarm and lowers the line', () => {
  const rig = makeRig();
  armFor(rig, 100);
  rig.reset();
  expect(rig.machine.queue.length).toBe(0);
  armFor(rig, 0);
  rig.reset();
  expect(rig.lineRaised()).toBe(false);
  expect(fired(rig)).toBe(false);
});

test('a snapshot holds the armed alarm', () => {
  const rig = makeRig();
  armFor(rig, 100);
  const restore = rig.snapshot();
  rig.skip(200);
  rig.machine.poke(TIMER, 'STATUS', 1);
  restore();
  expect(fired(rig)).toBe(false);
  rig.skip(100);
  expect(fired(rig)).toBe(true);
});

test('time cannot be written', () => {
  const rig = makeRig();
  expect(refusal(() => rig.machine.poke(TIMER, 'NOW_LOW', 1))).toBe('BUS_ACCESS');
  expect(refusal(() => rig.machine.poke(TIMER, 'CONTROL', 2))).toBe('BUS_RESERVED');
});
