// Gain control by the converters' own clip counters and peaks, while a program measures on and on: its levels and thresholds stay what they were.

import { beforeEach, describe, expect, test } from 'vitest';
import type { SampleRequest } from '../../../host/board/samples.ts';
import { QuietBench } from '../../../host/board/surroundings.ts';
import { readoutState } from '../../../host/tools/smp/readout.ts';
import { sequencerState, stopSequencers } from '../../../host/tools/smp/sequencer.ts';
import { Signal } from '../../../protocol/plant/places.ts';
import { ReadoutLimit } from '../../../protocol/readout/module.ts';
import { DeviceUnderTest } from '../../rig/device.ts';
import { PulseDevice } from '../../rig/pulse/pulse-device.ts';
import type { Setting } from '../../rig/pulse/run.ts';
import { second } from '../../rig/time.ts';
import { sequence } from '../pulse/programs.ts';

const lengthNs = 1000;
const shotsASecond = 50;

/** A constant level, and from time to time a strong alternating one on top of it. */
class Disturbed extends QuietBench {
  level = 700;
  intruder = 0;

  override sample({ lengthNs: length, attenuationDecibels }: SampleRequest, into: Int32Array): void {
    const scale = 10 ** (-attenuationDecibels / 20);
    for (let at = 0; at < length; at++) {
      const code = Math.round(scale * (this.level + (at % 2 === 0 ? 1 : -1) * this.intruder));
      into.set([code, -code], 2 * at);
    }
  }
}

let bench: Disturbed;
let pulse: PulseDevice;
let bins: number;

beforeEach(async () => {
  bench = new Disturbed();
  pulse = new PulseDevice(await DeviceUnderTest.running({ surroundings: () => bench }));
  pulse.device.logMost = 10_000;
  pulse.device.run(2 * second);
  bins = 0;
});

/** Starts a program that measures fifty times a second, each time into a bin of its own. */
async function measure(channel = 0): Promise<void> {
  const waits = 1e9 / shotsASecond / 50_000;
  const text = `
      move 0,R1
      wait_sync 100
shot: acquire 0,R1,50000
      add R1,1,R1
      move ${waits - 1},R0
rest: wait 50000
      loop R0,@rest
      jmp @shot`;
  // The threshold is half of the level, in full scale times ns.
  const settings: Setting[] = [
    ['INPUT', 1 + channel],
    ['INTEGRATION_LENGTH', lengthNs],
    ['THRESHOLD', Math.round((lengthNs * bench.level) / 2 / 2048)],
  ];
  const programs = [sequence('measures', text, settings, 10_000)];
  await pulse.load(programs);
  await pulse.start(programs);
}

/** Lets it measure for so many seconds; the levels in codes, and the share that reached the threshold. */
function levels(seconds: number): { codes: number[]; reached: number } {
  pulse.device.run(seconds * second);
  const taken = pulse.board.sequencers.module.bins(0, 0, bins, 10_000 - bins).filter(({ count }) => count === 1);
  bins += taken.length;
  const codes = taken.map(({ sum0 }) => sum0 / (lengthNs * ReadoutLimit.SUM_SCALE));
  return { codes, reached: taken.reduce((sum, { thresholdCount }) => sum + thresholdCount, 0) / taken.length };
}

const attenuation = async () => (await readoutState(pulse.client)).attenuationDecibels;
const steps = () => pulse.device.events('ATTENUATED').map(({ argument0, argument1 }) => [argument0, argument1]);
const line = Signal.READOUT_RETURN;

describe('gain control', () => {
  test('by clip counters and peaks keeps the level and the threshold right, in and out', async () => {
    await measure();
    const before = levels(4);
    expect(new Set(before.codes.map(Math.round))).toEqual(new Set([700]));
    bench.intruder = 6000;
    levels(5);
    expect(steps()).toEqual([
      [line, 6],
      [line, 12],
    ]);
    const attenuated = levels(4);
    // 700 codes of which a quarter reaches the converter: rounded to whole codes there.
    for (const code of attenuated.codes) expect(Math.abs(code - 700)).toBeLessThan(3);
    bench.intruder = 0;
    const back = levels(25);
    for (const code of back.codes) expect(Math.abs(code - 700)).toBeLessThan(3);
    expect([before.reached, attenuated.reached, back.reached]).toEqual([1, 1, 1]);
    expect(steps().slice(2)).toEqual([
      [line, 6],
      [line, 0],
    ]);
    expect(await attenuation()).toBe(0);
    expect((await sequencerState(pulse.client, 0)).gainSteps).toBe(0);
  }, 120_000);

  test('does not take out at rest what a measurement needs, and takes it out in windows that need it no more', async () => {
    bench.level = 3000;
    await measure(9);
    levels(5);
    expect(await attenuation()).toBe(6);
    await stopSequencers(pulse.client, 1);
    pulse.device.run(60 * second);
    expect(await attenuation()).toBe(6);
    bench.level = 400;
    bins = 0;
    await measure(9);
    levels(15);
    expect(await attenuation()).toBe(0);
    expect(steps()).toHaveLength(2);
  }, 120_000);

  test('begins the statistics anew at each step', async () => {
    await measure();
    levels(4);
    const { module } = pulse.board.readout;
    const counted = module.moments(0, 0).count;
    expect(counted).toBeGreaterThan(3 * shotsASecond);
    bench.intruder = 6000;
    levels(5);
    expect(await attenuation()).toBe(12);
    expect(module.moments(0, 0).count).toBeLessThan(3 * shotsASecond);
  }, 120_000);
});
