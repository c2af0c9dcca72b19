// The sine fit of the firmware against that of the host, on the same records.

import { beforeAll, describe, expect, test } from 'vitest';
import { idealSamples } from '../../host/board/samples.ts';
import { normal } from '../../host/plant/cryostat/noise.ts';
import { effectiveBits } from '../../host/plant/readout/formulas.ts';
import { instantiateGuest } from '../../host/tools/guest.ts';
import { fitSine } from '../../host/tools/readout/sine-fit.ts';

interface Fit extends Record<string, unknown> {
  memory: WebAssembly.Memory;
  placeOfSamples(): number;
  beginFit(frequency: number): void;
  feedFit(samples: number, stride: number, count: number): number;
  effectiveBits(): number;
}

const count = 4096;
let guest: Fit;
beforeAll(async () => {
  guest = await instantiateGuest<Fit>('firmware/drive/sine-fit.entry.ts');
});

/** Effective bits by the firmware; fed in pieces of `piece`. */
function fitted(codes: ArrayLike<number>, quarterHertz: number, piece = 128): number {
  const place = guest.placeOfSamples();
  new Int16Array(guest.memory.buffer, place, count).set(Array.from(codes));
  guest.beginFit(quarterHertz);
  for (let at = 0; ; ) {
    const length = Math.min(piece, count - at);
    if (guest.feedFit(place + 2 * at, 2, length) !== 0) return guest.effectiveBits() / 256;
    at = (at + length) % count;
  }
}

const byHost = (codes: ArrayLike<number>, hertz: number): number =>
  effectiveBits(4096, fitSine(codes, hertz / 1e9).residual);

interface Setting {
  hertz: number;
  amplitude: number;
  noise: number;
  third?: number;
  offset?: number;
  /** Hertz by which the tone is beside where it should be. */
  off?: number;
}

function record({ hertz, amplitude, noise, third = 0, offset = 0, off = 0 }: Setting, seed: number): Int16Array {
  return Int16Array.from({ length: count }, (_, n) => {
    const angle = 2 * Math.PI * (((hertz + off) / 1e9) * n + seed / 7);
    const code = amplitude * (Math.cos(angle) + third * Math.cos(3 * angle)) + offset + noise * normal(seed, 5, n);
    return Math.max(-2048, Math.min(2047, Math.round(code)));
  });
}

const settings: Setting[] = [101_318_359, -237_000_001.25, 1_220_703.25, 499_000_000].flatMap((hertz) =>
  [30, 900, 1843, 2047].flatMap((amplitude) =>
    [
      { noise: 0 },
      { noise: 0.4, offset: 31 },
      { noise: 3, third: 0.002 },
      { noise: 40, offset: -150 },
      { noise: 0.7, off: 900 },
    ].map((rest) => ({ hertz, amplitude, ...rest })),
  ),
);

describe('effective bits by the firmware', () => {
  test.each(settings.map((setting, seed) => [JSON.stringify(setting), setting, seed] as const))(
    'are those by the host, within 0.05 bit: %s',
    (_, setting, seed) => {
      const codes = record(setting, seed);
      expect(Math.abs(fitted(codes, 4 * setting.hertz) - byHost(codes, setting.hertz))).toBeLessThan(0.05);
    },
  );

  test('are the same however the record is fed', () => {
    const codes = record({ hertz: 77_000_000, amplitude: 1500, noise: 1 }, 3);
    const whole = fitted(codes, 4 * 77e6);
    for (const piece of [1, 100, 127]) expect(Math.abs(fitted(codes, 4 * 77e6, piece) - whole)).toBeLessThan(0.01);
  });

  test('are those of quantisation alone for the ideal tone of a quiet bench', () => {
    const tone = { frequencyHertz: 101_318_359, amplitude: 0.9 };
    const samples = new Int32Array(2 * count);
    idealSamples(
      {
        line: 0,
        startNs: 12_345,
        openedNs: 12_345,
        lengthNs: count,
        source: 'test-tone',
        attenuationDecibels: 0,
        drive: [],
        tone,
      },
      samples,
    );
    const codes = Int16Array.from({ length: count }, (_, n) => samples[2 * n]);
    expect(fitted(codes, 4 * tone.frequencyHertz)).toBeCloseTo(12, 1);
  });

  test('are none, and the firmware goes on, where there is no tone at all', () => {
    expect(fitted(record({ hertz: 0, amplitude: 0, noise: 600 }, 1), 4 * 101e6)).toBeCloseTo(
      byHost(record({ hertz: 0, amplitude: 0, noise: 600 }, 1), 101e6),
      1,
    );
    expect(fitted(new Int16Array(count), 4 * 101e6)).toBe(16);
    expect(fitted(new Int16Array(count).fill(-2048), 4 * 101e6)).toBeGreaterThan(12);
    expect(
      fitted(
        Int16Array.from({ length: count }, (_, n) => (n % 2 === 0 ? 2047 : -2048)),
        4 * 101e6,
      ),
    ).toBeLessThan(2);
  });
});
