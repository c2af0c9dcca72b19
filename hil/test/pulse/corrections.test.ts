// Corrections of a sequencer's outputs, and its oscillator under a clock whose frequency steps.

import { crc32 } from 'node:zlib';
import { beforeEach, describe, expect, test } from 'vitest';
import type { InputWindow } from '../../../host/board/sequencer/input.ts';
import { SequencerModule } from '../../../host/board/sequencer/sequencer-module.ts';
import { sequencerModule } from '../../../host/tools/sequencer.ts';
import { SequencerLoad } from '../../../protocol/q1/module.ts';
import type { Setting } from '../../rig/pulse/run.ts';
import { program } from './programs.ts';

const one = 2 ** 20;
const turn = 4e9;
const second = 1e9;
let module: SequencerModule;

beforeEach(async () => {
  module = new SequencerModule(await sequencerModule());
});

function start(text: string, settings: Setting[] = []): void {
  const { binary } = program('corrected', text);
  for (const [setting, value, index] of settings) expect(module.configure(0, setting, value, index)).toBe(true);
  expect(module.stage(binary)).toBe(true);
  expect(module.load(0, binary.length, crc32(binary))).toBe(SequencerLoad.GOOD);
  module.arm(1);
  module.start(1);
}

describe('the outputs of a sequencer', () => {
  const [level0, level1] = [8000, -5000];
  const plays = `set_awg_offs ${level0},${level1}\nupd_param 1000\nstop`;

  test.each([
    { gain0: 0, gain1: 0, cross: 0, offset0: 0, offset1: 0 },
    { gain0: 30_000, gain1: -41_000, cross: 0, offset0: 0, offset1: 0 },
    { gain0: -12_345, gain1: 54_321, cross: 77_777, offset0: -120, offset1: 345 },
    { gain0: 500_000, gain1: -500_000, cross: -500_000, offset0: 32_767, offset1: -32_767 },
  ])('are mixed, amplified and shifted as the corrections say: %o', ({ gain0, gain1, cross, offset0, offset1 }) => {
    start(plays, [
      ['CORRECTION_GAIN', gain0, 0],
      ['CORRECTION_GAIN', gain1, 1],
      ['CORRECTION_CROSS', cross],
      ['CORRECTION_OFFSET', offset0, 0],
      ['CORRECTION_OFFSET', offset1, 1],
    ]);
    module.run(5000);
    const within = (value: number) => Math.max(-32_768, Math.min(value, 32_767));
    const expected0 = within((1 + gain0 / one) * (level0 + (cross / one) * level1) + offset0);
    const expected1 = within((1 + gain1 / one) * level1 + offset1);
    expect(Math.abs(module.output(0, 'PATH_0', 500) - expected0)).toBeLessThanOrEqual(0.5);
    expect(Math.abs(module.output(0, 'PATH_1', 500) - expected1)).toBeLessThanOrEqual(0.5);
  });

  test('turn by the phase of the correction', async () => {
    const plain = new SequencerModule(await sequencerModule());
    start(`set_freq 400\n${plays}`, [['CORRECTION_PHASE', 1_234_567_890]]);
    module.run(5000);
    const turned = module.output(0, 'PHASE', 500) >>> 0;
    module = plain;
    start(`set_freq 400\n${plays}`);
    module.run(5000);
    expect(turned).toBe(((module.output(0, 'PHASE', 500) >>> 0) + 1_234_567_890) % turn);
  });

  test('take no correction that is out of range', () => {
    expect(module.configure(0, 'CORRECTION_GAIN', one, 0)).toBe(false);
    expect(module.configure(0, 'CORRECTION_GAIN', 0, 2)).toBe(false);
    expect(module.configure(0, 'CORRECTION_CROSS', -one)).toBe(false);
    expect(module.configure(0, 'CORRECTION_PHASE', turn)).toBe(false);
    expect(module.configure(0, 'CLOCK_DRIFT', 2_000_000)).toBe(false);
    expect(module.configure(0, 'INPUT_GAIN', 65_535, 0)).toBe(false);
    expect(module.configure(0, 'INPUT_GAIN', 65_536, 2)).toBe(false);
  });
});

describe('an oscillator whose clock becomes fast', () => {
  /** 100 MHz, then -37 MHz after three seconds: instructions of at most 65,532 ns, 45,776 of them in three seconds. */
  const [before, after] = [400_000_000, -148_000_000];
  const plays = `
      set_freq ${before}
      upd_param 1000
      move 45776,R0
wait: wait 65532
      loop R0,@wait
      set_freq ${after}
      upd_param 1000
hold: wait 65532
      jmp @hold`;
  const headStartNs = 52;
  const changesAt = headStartNs + 1000 + 45_776 * 65_532;

  /** By how much a phase is behind that of an oscillator whose clock is right. */
  function lag(timeNs: number, ppb: number): number {
    const drift = (to: number) => ppb * 1e-9 * Math.max(0, to - second);
    const atChange = drift(Math.min(timeNs, changesAt));
    return before * atChange + after * (drift(timeNs) - atChange);
  }

  const apart = (one: number, other: number) => {
    const difference = (((one - other) % turn) + turn) % turn;
    return Math.min(difference, turn - difference) / turn;
  };

  test('keeps the phase that it would have had, through a change of its frequency, to a millionth of a turn', async () => {
    start(plays);
    const steady = module;
    module = new SequencerModule(await sequencerModule());
    start(plays);
    module.run(second);
    expect(module.configure(0, 'CLOCK_DRIFT', 120)).toBe(true);
    for (const seconds of [1, 1.507, 2.903, 3.211, 5.03]) {
      const time = seconds * second;
      for (const each of [module, steady]) each.run(time + 1);
      const behind = (steady.output(0, 'PHASE', time) >>> 0) - (module.output(0, 'PHASE', time) >>> 0);
      expect(apart(behind, lag(time, 120)), `${seconds} s`).toBeLessThan(1e-6);
      if (seconds > 1) expect(apart(behind, 0), `${seconds} s`).toBeGreaterThan(0.01);
    }
  });

  test('never jumps when the clock changes again', () => {
    start(plays);
    module.run(second);
    for (const [step, ppb] of [120, -300, 77, 0].entries()) {
      const time = second + step * 0.3 * second;
      module.run(time);
      const was = module.output(0, 'PHASE', time) >>> 0;
      expect(module.configure(0, 'CLOCK_DRIFT', ppb)).toBe(true);
      expect(apart(module.output(0, 'PHASE', time) >>> 0, was)).toBeLessThan(1e-8);
    }
  });
});

describe('the gain of a converter line', () => {
  const shots = 5;
  const apart = 20_000;
  const lengthNs = 3000;
  const plays = JSON.stringify({
    program: `
      move ${shots},R0
      move 0,R1
      wait_sync 100
shot: acquire 0,R1,${apart}
      add R1,1,R1
      loop R0,@shot
      stop`,
    ...{ waveforms: {}, weights: {}, acquisitions: { all: { num_bins: shots, index: 0 } } },
  });
  const sum = 1_000_000;
  const opened: number[] = [];
  const input = {
    measure: (_: unknown, { timeNs }: InputWindow) => {
      opened.push(timeNs);
      return { sums: Int32Array.of(sum, 0, -sum, -1), flags: 0 };
    },
  };
  const gainOf = (decibels: number) => Math.round(65_536 * 10 ** (decibels / 20));

  /** The bins after a run in which the gain becomes 12 dB at a time, and how many windows met that. */
  function stepped(changesAtNs: number, line = 0): { sums: number[]; steps: number } {
    start(plays, [
      ['INPUT', 1],
      ['INTEGRATION_LENGTH', lengthNs],
    ]);
    opened.length = 0;
    for (let time = 0; opened.length === 0; time++) module.run(time, Number.POSITIVE_INFINITY, input);
    module.run(opened[0] + changesAtNs, Number.POSITIVE_INFINITY, input);
    expect(module.configure(0, 'INPUT_GAIN', gainOf(12), line)).toBe(true);
    module.run(1_000_000, Number.POSITIVE_INFINITY, input);
    const sums = module.bins(0, 0, 0, shots).map(({ sum0, sum1 }) => {
      expect(Math.abs(sum0 + sum1)).toBeLessThanOrEqual(1);
      return Math.round(sum0 / sum);
    });
    return { sums, steps: module.figure(0, 'GAIN_STEPS') };
  }

  test('multiplies the sums of the windows that open from then on', () => {
    expect(stepped(apart + 10_000)).toEqual({ sums: [1, 1, 4, 4, 4], steps: 0 });
  });

  test.each([
    ['a window that is open', apart + 1500, 1],
    ['a window that has closed just before', apart + lengthNs + 900, 1],
    ['a window that closed earlier', apart + lengthNs + 1100, 0],
    ['a window that opens just afterwards', 2 * apart - 900, 1],
    ['a window that opens later', 2 * apart - 1100, 0],
  ])('is counted by %s', (_, atNs, steps) => {
    expect(stepped(atNs).steps).toBe(steps);
  });

  test('is not counted by windows on the other line', () => {
    expect(stepped(apart + 1500, 1)).toEqual({ sums: [1, 1, 1, 1, 1], steps: 0 });
  });
});
