// The watchdog bites at its deadline to the nanosecond, and nothing but a reset takes it off.

import { expect, test } from 'vitest';
import { WATCHDOG } from '../../../protocol/generated/registers.ts';
import { milliseconds, Rig, refusal, resetCauseOf, seconds } from './rig.ts';
import { Watchdog } from './watchdog.ts';

const key = WATCHDOG.registers.FEED.fields.KEY.values.KEY;

function startedWith(timeoutMs: number, windowMs: number): Rig<Watchdog> {
  const rig = new Rig((machine) => new Watchdog(machine));
  rig.machine.poke(WATCHDOG, 'TIMEOUT', timeoutMs * 1000);
  rig.machine.poke(WATCHDOG, 'WINDOW', windowMs * 1000);
  rig.machine.poke(WATCHDOG, 'CONTROL', 1);
  return rig;
}

const feed = (rig: Rig<Watchdog>) => rig.machine.poke(WATCHDOG, 'FEED', key);

test('skip 8 ms of 10: the watchdog has not fired; at 10 ms it resets the chip', () => {
  const rig = startedWith(10, 0);
  expect(resetCauseOf(() => rig.skip(milliseconds(8)))).toBe('no reset');
  expect(resetCauseOf(() => rig.skip(milliseconds(2) - 1))).toBe('no reset');
  expect(resetCauseOf(() => rig.skip(1))).toBe('WATCHDOG');
  expect(rig.machine.now).toBe(milliseconds(10));
});

test('a feed counts anew from its own time', () => {
  const rig = startedWith(10, 0);
  rig.skip(milliseconds(9));
  feed(rig);
  expect(resetCauseOf(() => rig.skip(milliseconds(10) - 1))).toBe('no reset');
  expect(resetCauseOf(() => rig.skip(1))).toBe('WATCHDOG');
});

test('a feed inside the window resets the chip; at its end it is in time', () => {
  const early = startedWith(10, 4);
  early.skip(milliseconds(4) - 1);
  expect(resetCauseOf(() => feed(early))).toBe('WATCHDOG');
  const inTime = startedWith(10, 4);
  inTime.skip(milliseconds(4));
  expect(resetCauseOf(() => feed(inTime))).toBe('no reset');
  inTime.skip(milliseconds(1));
  expect(resetCauseOf(() => feed(inTime))).toBe('WATCHDOG');
});

test('fed in time for ever, it never bites, and never leaves more than one event', () => {
  const rig = startedWith(10, 4);
  for (let round = 0; round < 1000; round++) {
    rig.skip(milliseconds(5));
    feed(rig);
    expect(rig.machine.queue.length).toBe(1);
  }
  expect(rig.machine.now).toBe(seconds(5));
});

test('a wrong key is a fault and feeds nothing', () => {
  const rig = startedWith(10, 0);
  rig.skip(milliseconds(5));
  expect(refusal(() => rig.machine.poke(WATCHDOG, 'FEED', key ^ 1))).toBe('BUS_RESERVED');
  expect(rig.device.deadline).toBe(milliseconds(10));
});

test('the deadline the board bounds the core by is infinite until it is started', () => {
  const rig = new Rig((machine) => new Watchdog(machine));
  expect(rig.device.deadline).toBe(Number.POSITIVE_INFINITY);
  feed(rig);
  expect(rig.device.deadline).toBe(Number.POSITIVE_INFINITY);
  rig.skip(milliseconds(3));
  rig.machine.poke(WATCHDOG, 'CONTROL', 1);
  expect(rig.device.deadline).toBe(milliseconds(3) + seconds(1));
  expect(rig.machine.queue.nextTime).toBe(rig.device.deadline);
});

test('REMAINING counts down in whole microseconds, and is zero while not enabled', () => {
  const rig = new Rig((machine) => new Watchdog(machine));
  expect(rig.machine.peek(WATCHDOG, 'REMAINING')).toBe(0);
  rig.machine.poke(WATCHDOG, 'CONTROL', 1);
  expect(rig.machine.peek(WATCHDOG, 'REMAINING')).toBe(1_000_000);
  rig.skip(1);
  expect(rig.machine.peek(WATCHDOG, 'REMAINING')).toBe(999_999);
  rig.skip(999);
  expect(rig.machine.peek(WATCHDOG, 'REMAINING')).toBe(999_999);
});

test('once started it cannot be stopped, retimed, or fed by starting it again', () => {
  const rig = startedWith(10, 0);
  rig.skip(milliseconds(5));
  rig.machine.poke(WATCHDOG, 'CONTROL', 0);
  rig.machine.poke(WATCHDOG, 'CONTROL', 1);
  expect(rig.machine.peek(WATCHDOG, 'CONTROL')).toBe(1);
  expect(refusal(() => rig.machine.poke(WATCHDOG, 'TIMEOUT', 1_000_000))).toBe('BUS_STATE');
  expect(refusal(() => rig.machine.poke(WATCHDOG, 'WINDOW', 1))).toBe('BUS_STATE');
  expect(rig.device.deadline).toBe(milliseconds(10));
});

test('a window that leaves no time to feed is refused at the start', () => {
  const rig = new Rig((machine) => new Watchdog(machine));
  rig.machine.poke(WATCHDOG, 'WINDOW', 1_000_000);
  expect(refusal(() => rig.machine.poke(WATCHDOG, 'CONTROL', 1))).toBe('BUS_STATE');
  expect(rig.machine.peek(WATCHDOG, 'CONTROL')).toBe(0);
  rig.machine.poke(WATCHDOG, 'WINDOW', 0);
  rig.machine.poke(WATCHDOG, 'TIMEOUT', 0);
  expect(refusal(() => rig.machine.poke(WATCHDOG, 'CONTROL', 1))).toBe('BUS_STATE');
});

test('a reset stops it', () => {
  const rig = startedWith(10, 0);
  rig.reset();
  expect(resetCauseOf(() => rig.skip(seconds(10)))).toBe('no reset');
  expect(rig.machine.peek(WATCHDOG, 'TIMEOUT')).toBe(1_000_000);
});

test('restored from a snapshot it bites when it would have', () => {
  const rig = startedWith(10, 0);
  rig.skip(milliseconds(2));
  const restore = rig.snapshot();
  rig.skip(milliseconds(5));
  feed(rig);
  restore();
  expect(resetCauseOf(() => rig.skip(milliseconds(20)))).toBe('WATCHDOG');
  expect(rig.machine.now).toBe(milliseconds(10));
});
