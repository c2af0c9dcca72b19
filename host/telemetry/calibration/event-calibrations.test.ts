import { beforeEach, expect, test } from 'vitest';
import { EventKind } from '../../../protocol/telemetry/events.ts';
import type { TelemetryRecord } from '../../tools/telemetry/envelope.ts';
import { VirtualTime } from '../testing/virtual-time.ts';
import { type CalibrationResult, EventCalibrations, type Permit } from './event-calibrations.ts';

const event = (kind: keyof typeof EventKind, channel = 0, device = 'd'): TelemetryRecord => ({
  ...{ schema: 1, device, cryostat: 'north', boot: 1, sequence: 0, class: 'critical', kind: 'event' },
  ...{ deviceTimeNs: 0n, receiveTimeNs: 0n, body: { event: EventKind[kind], argument0: channel, argument1: 0 } },
});

let time: VirtualTime;
let told: string[];
/** Calibrations that are being made, with what ends them. */
let asked: {
  device: string;
  channels: readonly number[];
  end: (result: CalibrationResult | Error) => void;
  signal: AbortSignal;
}[];
let calibrations: EventCalibrations;
/** In whose name; what a device is asked for, and until when in seconds. */
let permit: Permit;
let questions: string[];

beforeEach(() => {
  [time, told, asked, permit, questions] = [new VirtualTime(), [], [], { by: 'robot' }, []];
  calibrations = new EventCalibrations({
    time,
    deadlineMs: 60_000,
    permits: (device, [fromMs, untilMs]) => {
      questions.push(`${device} ${(untilMs - fromMs) / 1000}`);
      return permit;
    },
    tell: (records) => void told.push(...records.map(({ body }) => `${body.of} ${body.state}: ${body.reason}`)),
    calibrator: ({ device, channels }, signal) =>
      new Promise((resolve, reject) => {
        const end = (result: CalibrationResult | Error) => (result instanceof Error ? reject(result) : resolve(result));
        asked.push({ device, channels, end, signal });
      }),
  });
});

const good: CalibrationResult = { isStored: true, what: 'resonator-0' };
const ends = async (result: CalibrationResult | Error) => {
  asked.at(-1)?.end(result);
  await time.pass(1);
};

test('a channel that is lost is calibrated, and the result is on record', async () => {
  calibrations.take(event('READOUT_LOST', 3));
  await ends(good);
  expect(asked.map(({ channels }) => channels)).toEqual([[3]]);
  expect(told).toEqual(['d begun: channels 3, in the name of robot', 'd stored: resonator-0']);
});

test('at most one runs on a device: what is lost meanwhile comes next, together, and what came back does not', async () => {
  calibrations.take(event('READOUT_LOST', 0));
  for (const channel of [5, 2, 4]) calibrations.take(event('READOUT_LOST', channel));
  calibrations.take(event('READOUT_BACK', 4));
  calibrations.take(event('READOUT_LOST', 1, 'other'));
  expect(asked.map(({ device }) => device)).toEqual(['d', 'other']);
  asked[0].end(good);
  await time.pass(1);
  expect(asked.map(({ device, channels }) => `${device} ${channels}`)).toEqual(['d 0', 'other 1', 'd 2,5']);
});

test('at its deadline it is ended, also where it does not listen', async () => {
  calibrations.take(event('READOUT_LOST'));
  await time.pass(60_001);
  expect(asked[0].signal.aborted).toBe(true);
  expect(told.at(-1)).toBe('d failed: it took longer than 60 s');
});

test('what failed is tried once more a minute later, though the device tells once that the channel is lost', async () => {
  for (const channel of [0, 5]) calibrations.take(event('READOUT_LOST', channel));
  await ends(new Error('the link is cut'));
  expect(asked).toHaveLength(1);
  await time.pass(60_000);
  await ends(new Error('the link is cut'));
  expect(asked.map(({ channels }) => channels)).toEqual([[0], [0, 5]]);
  expect(told.at(-1)).toContain('d stopped');
  calibrations.take(event('READOUT_LOST', 2, 'other'));
  calibrations.take(event('READOUT_LOST', 3, 'other'));
  calibrations.take(event('READOUT_BACK', 2, 'other'));
  await ends(new Error('the link is cut'));
  calibrations.take(event('READOUT_BACK', 3, 'other'));
  await time.pass(61_000);
  // Both came back by themselves.
  expect(asked.slice(2).map(({ channels }) => channels)).toEqual([[2]]);
});

test('after two failures it stops and says so, until the device boots or has other corrections', async () => {
  calibrations.take(event('READOUT_LOST'));
  await ends(new Error('no resonance was found'));
  expect([asked.length, told.at(-1)]).toEqual([1, 'd failed: no resonance was found']);
  await time.pass(60_000);
  await ends(new Error('no resonance was found'));
  await time.pass(10_000);
  calibrations.take(event('READOUT_LOST'));
  expect(asked).toHaveLength(2);
  expect(told.at(-1)).toContain('d stopped: it failed 2 times');
  // Its own corrections are told late.
  calibrations.take(event('CALIBRATION'));
  calibrations.take(event('READOUT_LOST'));
  expect(asked).toHaveLength(2);
  await time.pass(61_000);
  expect(asked).toHaveLength(2);
  calibrations.take(event('CALIBRATION'));
  calibrations.take(event('READOUT_LOST'));
  await ends(good);
  expect([asked.length, told.at(-1)]).toEqual([3, 'd stored: resonator-0']);
});

test('what is lost all the same, after somebody has stored other corrections, is tried again', async () => {
  calibrations.take(event('READOUT_LOST'));
  await ends(new Error('no resonance was found'));
  await time.pass(60_000);
  await ends(new Error('no resonance was found'));
  await time.pass(600_000);
  expect([asked.length, told.at(-1)?.startsWith('d stopped')]).toEqual([2, true]);
  calibrations.take(event('CALIBRATION'));
  await time.pass(61_000);
  await ends(good);
  expect([asked.length, told.at(-1)]).toEqual([3, 'd stored: resonator-0']);
});

test('the end of the gateway ends it', async () => {
  calibrations.take(event('READOUT_LOST'));
  const ended = calibrations.end();
  await time.pass(1);
  await ended;
  expect(told.at(-1)).toBe('d failed: the gateway ends');
  calibrations.take(event('READOUT_LOST'));
  expect(asked).toHaveLength(1);
});

test('without a credential that is good until the deadline nothing begins, and with one again it does', async () => {
  permit = { refusal: 'the credential of robot has ended' };
  for (const _ of [1, 2, 3]) calibrations.take(event('READOUT_LOST', 3));
  await time.pass(1);
  expect([asked.length, questions[0], told.at(-1)]).toEqual([
    ...[0, 'd 60', 'd refused: the credential of robot has ended'],
  ]);
  expect(told).toHaveLength(1);
  permit = { by: 'robot' };
  await time.pass(60_000);
  await ends(good);
  expect(told.slice(1)).toEqual(['d begun: channels 3, in the name of robot', 'd stored: resonator-0']);
});

test('a credential that is taken away ends what was begun', async () => {
  calibrations.take(event('READOUT_LOST'));
  await time.pass(15_000);
  permit = { refusal: 'the credential of robot was revoked' };
  await time.pass(10_000);
  expect(asked[0].signal.aborted).toBe(true);
  expect(told.at(-1)).toBe('d failed: it may no longer: the credential of robot was revoked');
});
