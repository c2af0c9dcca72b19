// The recorder keeps the last 256 events over every reset but power-on.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RECORDER } from '../../../protocol/generated/registers.ts';
import { ResetCause } from '../device.ts';
import { LogKind } from '../log.ts';
import { cases } from '../testing/cases.ts';
import { Recorder, ringLength } from './recorder.ts';
import { Rig, refusal } from './rig.ts';

const makeRig = () => new Rig((machine) => new Recorder(machine));

function record(rig: Rig<Recorder>, kind: number, argument0 = 0, argument1 = 0): void {
  rig.machine.poke(RECORDER, 'ARGUMENT0', argument0);
  rig.machine.poke(RECORDER, 'ARGUMENT1', argument1);
  rig.machine.poke(RECORDER, 'EVENT', kind);
}

function entry(rig: Rig<Recorder>, number: number) {
  rig.machine.poke(RECORDER, 'INDEX', number);
  const high = rig.machine.peek(RECORDER, 'ENTRY_TIME_HIGH');
  return {
    timeNs: high * 2 ** 32 + rig.machine.peek(RECORDER, 'ENTRY_TIME_LOW'),
    kind: rig.machine.peek(RECORDER, 'ENTRY_KIND'),
    argument0: rig.machine.peek(RECORDER, 'ENTRY_ARGUMENT0'),
    argument1: rig.machine.peek(RECORDER, 'ENTRY_ARGUMENT1'),
  };
}

test('an event reads back with the time of its write, past 2^32 ns too', () => {
  const rig = makeRig();
  rig.skip(10_000_000_000);
  record(rig, 17, 0xffff_ffff, 2);
  rig.skip(500);
  expect(entry(rig, 0)).toEqual({ timeNs: 10_000_000_000, kind: 17, argument0: 0xffff_ffff, argument1: 2 });
  expect(rig.machine.peek(RECORDER, 'COUNT')).toBe(1);
});

test('an event that has not happened, or has left the ring, is a fault and not a zero', () => {
  const rig = makeRig();
  expect(refusal(() => entry(rig, 0))).toBe('BUS_STATE');
  for (let i = 0; i <= ringLength; i++) record(rig, i);
  expect(refusal(() => entry(rig, 0))).toBe('BUS_STATE');
  expect(entry(rig, 1).kind).toBe(1);
  expect(entry(rig, ringLength).kind).toBe(ringLength);
  expect(refusal(() => entry(rig, ringLength + 1))).toBe('BUS_STATE');
});

test('however many are recorded, the ring holds the last 256 in order', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 700 }), (count) => {
      const rig = makeRig();
      for (let i = 0; i < count; i++) {
        rig.skip(7);
        record(rig, i & 0xffff, i * 3, ~i >>> 0);
      }
      const events = rig.device.events();
      const first = Math.max(0, count - ringLength);
      expect(events.map((event) => event.number)).toEqual(Array.from({ length: count - first }, (_, i) => first + i));
      for (const { number, ...rest } of events) {
        expect(rest).toEqual({
          timeNs: (number + 1) * 7,
          kind: number,
          argument0: number * 3,
          argument1: ~number >>> 0,
        });
        expect(rest).toEqual(entry(rig, number));
      }
    }),
    cases(20),
  );
});

test('every reset but power-on leaves the story alone', () => {
  for (const [name, cause] of Object.entries(ResetCause)) {
    const rig = makeRig();
    rig.skip(100);
    record(rig, 5, 6, 7);
    rig.skip(100);
    rig.reset(cause);
    const kept = cause !== ResetCause.POWER_ON;
    expect([name, rig.machine.peek(RECORDER, 'COUNT')]).toEqual([name, kept ? 1 : 0]);
    expect(rig.machine.peek(RECORDER, 'ARGUMENT0')).toBe(0);
    if (kept) expect(entry(rig, 0)).toEqual({ timeNs: 100, kind: 5, argument0: 6, argument1: 7 });
    else expect(rig.device.events()).toEqual([]);
  }
});

test('an event is in the log of the run, arguments included', () => {
  const rig = makeRig();
  record(rig, 5, 6, 0x9_0007);
  expect(rig.records(LogKind.RECORDER)).toEqual([
    { timeNs: 0, kind: LogKind.RECORDER, a: (7 << 16) | 5, b: 6, argument1: 0x9_0007 },
  ]);
});

test('restored from a snapshot, later events are forgotten', () => {
  const rig = makeRig();
  record(rig, 1);
  const restore = rig.snapshot();
  for (let i = 0; i < 300; i++) record(rig, 2);
  restore();
  expect(rig.device.events().map((event) => event.kind)).toEqual([1]);
});

test('the last few events are those at the end of all of them', () => {
  const rig = makeRig();
  expect(rig.device.events(3)).toEqual([]);
  for (let i = 0; i <= ringLength; i++) record(rig, i);
  for (const most of [0, 1, 3, ringLength, 1000])
    expect(rig.device.events(most)).toEqual(rig.device.events().slice(ringLength - Math.min(most, ringLength)));
});
