// Samples are a function of seed, request and slow state: the same again, whatever was asked for before and however a stretch of time is cut.

import { describe, expect, it } from 'vitest';
import { type ReadoutDrive, type ReadoutWindow, TONES_A_LINE } from '../../../host/plant/readout/chain-data.ts';
import {
  FLICKER_LATTICES,
  Flicker,
  NORMALS,
  normalTable,
  tailNormal,
  telegraph,
  wander,
} from '../../../host/plant/readout/chance.ts';
import { openReadout, readoutPresets } from '../../../host/tools/readout/open-readout.ts';
import { chainOf, momentsOf, samplesOf, usualDrive } from './chain-testing.ts';

const uts = openReadout('uts');
const slow = { jitterFemtoseconds: 190, chipWatts: 0.01, returnMillidecibel: 150, sendMillidecibel: 150 };
const hash = (samples: Int32Array) => samples.reduce((sum, each) => (Math.imul(sum, 31) + each) | 0, 7);

function windowAt(startNs: number, lengthNs: number): Partial<ReadoutWindow> {
  return {
    startNs,
    openedNs: startNs,
    lengthNs,
    drive: [usualDrive(uts, 2, 1, lengthNs), usualDrive(uts, 5, 0, lengthNs)],
  };
}

describe('samples', () => {
  it('are the same whenever they are asked for', () => {
    const first = samplesOf(uts, windowAt(123_456_789, 3000), slow);
    for (let other = 0; other < 5; other++) samplesOf(uts, windowAt(other * 7_000_003, 500 + other), slow, other);
    expect(samplesOf(uts, windowAt(123_456_789, 3000), slow)).toEqual(first);
  });

  it('are others for another seed, line or time', () => {
    const base = hash(samplesOf(uts, { lengthNs: 1000 }, slow));
    expect(hash(samplesOf(uts, { lengthNs: 1000 }, slow, 2))).not.toBe(base);
    expect(hash(samplesOf(uts, { lengthNs: 1000, line: 1 }, slow))).not.toBe(base);
    expect(hash(samplesOf(uts, { lengthNs: 1000, startNs: 1000 }, slow))).not.toBe(base);
  });

  it('of a line at rest do not depend on how its time is cut into windows, also across 2^32 ns', () => {
    for (const startNs of [5000, 2 ** 32 - 5000, 4 * 2 ** 32 - 1]) {
      const whole = samplesOf(uts, { startNs, lengthNs: 9000 }, slow);
      const pieces: number[] = [];
      for (const [from, to] of [
        [0, 1],
        [1, 4097],
        [4097, 5000],
        [5000, 9000],
      ])
        pieces.push(...samplesOf(uts, { startNs: startNs + from, lengthNs: to - from }, slow));
      expect(Int32Array.from(pieces)).toEqual(whole);
    }
  });

  it('of a long window go on in its later pieces, once the resonator is full', () => {
    const lengthNs = 32_768;
    const startNs = 7_000_000;
    const drive = usualDrive(uts, 3, 1, lengthNs);
    const whole = samplesOf(uts, { startNs, openedNs: startNs, lengthNs, drive: [drive] }, slow);
    const half = lengthNs / 2;
    const phase = ((drive.frequencyQuarterHertz * half) % 4e9) as number;
    const later: ReadoutDrive = { ...drive, phase, amplitude: drive.amplitude };
    const window = { startNs: startNs + half, openedNs: startNs, lengthNs: half, drive: [later] };
    expect(samplesOf(uts, window, slow)).toEqual(whole.slice(2 * half));
  });

  it('have noise that is white and normal to its tails', () => {
    const samples = samplesOf(chainOf(), { lengthNs: 400_000 });
    const values = Float64Array.from(samples);
    const { mean, deviation } = momentsOf(values);
    expect(Math.abs(mean)).toBeLessThan((4 * deviation) / Math.sqrt(values.length));
    const beyond = (many: number) =>
      values.filter((value) => Math.abs(value - mean) > many * deviation).length / values.length;
    expect(beyond(1)).toBeCloseTo(0.3173, 2);
    expect(beyond(3)).toBeCloseTo(0.0027, 3);
    expect(beyond(4) * values.length).toBeGreaterThan(25);
    expect(beyond(4) * values.length).toBeLessThan(85);
    for (const lag of [1, 2, 3, 64, 128, 8192]) {
      let sum = 0;
      for (let i = 0; i + lag < values.length; i++) sum += values[i] * values[i + lag];
      expect(Math.abs(sum / values.length / deviation ** 2), `lag ${lag}`).toBeLessThan(4.5 / Math.sqrt(values.length));
    }
  });

  it('refuse a line that is not there, and too little room', () => {
    expect(() => samplesOf(chainOf(), { line: 1, lengthNs: 4 })).toThrow(
      /test has no line 1; it has 1, counted from 0/,
    );
    expect(() => samplesOf(uts, { lengthNs: -1 })).toThrow();
  });
});

describe('chance', () => {
  it('the table of normals and its tails have mean 0 and variance 1', () => {
    const table = normalTable();
    let square = 0;
    for (let i = 1; i < NORMALS - 1; i++) square += table[i] ** 2 / NORMALS;
    for (let i = 0; i < 4000; i++) square += tailNormal(0, (i + 0.5) * (2 ** 32 / 4000)) ** 2 / NORMALS / 2000;
    expect(square).toBeCloseTo(1, 5);
    expect(tailNormal(NORMALS - 1, 5)).toBe(-tailNormal(0, 5));
  });

  it('wander has deviation 1 over weeks and hardly changes in a second', () => {
    const values = Float64Array.from({ length: 4000 }, (_, hour) => wander(3, 77, hour * 3.6e12));
    const { mean, deviation } = momentsOf(values);
    expect(Math.abs(mean)).toBeLessThan(0.15);
    expect(Math.abs(deviation - 1)).toBeLessThan(0.1);
    expect(Math.abs(wander(3, 77, 1e15) - wander(3, 77, 1e15 + 1e9))).toBeLessThan(0.1);
  });

  it('flicker noise has the same power in each factor of four of frequency', () => {
    // Differences of means of neighbouring stretches: of 1/f noise they are as large for long stretches as for short ones.
    const steps = 1 << 14;
    const flicker = new Flicker(5, 9);
    const values = Float64Array.from({ length: steps }, (_, i) => flicker.sum(i * 64, 0, FLICKER_LATTICES));
    const allan = [4, 16, 64, 256].map((length) => {
      const means = Array.from({ length: steps / length }, (_, i) =>
        values.subarray(i * length, (i + 1) * length).reduce((sum, each) => sum + each / length, 0),
      );
      return means.slice(1).reduce((sum, each, i) => sum + (each - means[i]) ** 2, 0) / means.length;
    });
    for (const variance of allan) expect(variance / allan[0]).toBeGreaterThan(0.6);
    for (const variance of allan) expect(variance / allan[0]).toBeLessThan(1.7);
  });

  it('flicker noise at a moment is the same, whichever moment was asked for before', () => {
    const kept = new Flicker(5, 9);
    for (const [i, timeNs] of [0, 64, 128, 512, 448, 1 << 20, (1 << 20) + 64, 64, 2 ** 40, 2 ** 40 - 64].entries()) {
      const from = i % 3;
      expect(kept.sum(timeNs, from, FLICKER_LATTICES)).toBe(new Flicker(5, 9).sum(timeNs, from, FLICKER_LATTICES));
    }
  });

  it('a telegraph signal has both levels half of the time and stays for two cells on average', () => {
    const values = Array.from({ length: 40_000 }, (_, i) => telegraph(5, 9, i * 10, 100));
    expect(Math.abs(values.reduce((sum, each) => sum + each, 0)) / values.length).toBeLessThan(0.06);
    const jumps = values.slice(1).filter((value, i) => value !== values[i]).length;
    expect(values.length / jumps / 10).toBeGreaterThan(1.85);
    expect(values.length / jumps / 10).toBeLessThan(2.15);
  });
});

describe('the presets', () => {
  it.each(readoutPresets)('%s fits the converter: neither noise nor eight tones clip it', (name) => {
    const chain = openReadout(name);
    for (const line of chain.lines.keys()) {
      const drive = Array.from({ length: TONES_A_LINE }, (_, tone) => usualDrive(chain, line * 8 + tone, 0, 4000));
      const samples = samplesOf(chain, { line, lengthNs: 4000, drive }, slow);
      const peak = samples.reduce((most, each) => Math.max(most, Math.abs(each)), 0);
      expect(peak).toBeGreaterThan(400);
      expect(peak).toBeLessThan(2047);
      for (const { amplitude } of drive) expect(amplitude[0]).toBeLessThan(0.7);
    }
  });
});
