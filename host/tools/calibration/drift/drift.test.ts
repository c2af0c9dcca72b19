import { describe, expect, test } from 'vitest';
import { Random } from '../../../board/random.ts';
import { seeds } from '../../../board/testing/cases.ts';
import { Cusum, Shewhart } from './cusum.ts';
import { DriftDetector, limitsFor } from './detector.ts';
import { DriftPredictor } from './predict.ts';
import { cusumLimitFor, cusumRunLength, normalBelow, shewhartLimitFor } from './run-length.ts';
import { Normal, Resembling } from './testing.ts';
import { normalOfStudent, trainNoise, Whitener } from './whiten.ts';

const RUNS = 10_000;

/** Average number of values until `take` raises an alarm, over seeded runs, and its standard error. */
function averageRun(make: (seed: number) => () => boolean, runs = RUNS) {
  const lengths = seeds(runs).map((seed) => {
    const isRaised = make(seed);
    let length = 1;
    while (!isRaised()) length++;
    return length;
  });
  const mean = lengths.reduce((sum, length) => sum + length, 0) / lengths.length;
  const variance = lengths.reduce((sum, length) => sum + (length - mean) ** 2, 0) / lengths.length;
  return { mean, error: Math.sqrt(variance / lengths.length) };
}

function cusumOn(h: number, shift: number) {
  return (seed: number) => {
    const normal = new Normal(new Random(seed));
    const cusum = new Cusum(h);
    return () => cusum.take(normal.next() + shift) !== undefined;
  };
}

/** Values of textbooks for k = 0.5, both sides: Montgomery, Introduction to Statistical Quality Control, and Siegmund's formula. */
const published: [h: number, shift: number, runLength: number][] = [
  [4, 0, 168],
  [5, 0, 465],
  [4, 1, 8.38],
  [5, 1, 10.4],
  [4, 0.5, 26.6],
  [5, 0.5, 38],
  [4, 2, 3.34],
  [5, 2, 4.01],
];

describe('the run length of a CUSUM', () => {
  test.each(published)(
    'h = %f at a shift of %f is the published %f by the integral equation',
    (h, shift, runLength) => {
      expect(cusumRunLength(h, shift) / runLength).toBeCloseTo(1, 2);
    },
  );

  test.each(published)('h = %f at a shift of %f is the published %f in 10,000 seeded runs', (h, shift, runLength) => {
    const { mean, error } = averageRun(cusumOn(h, shift));
    // The published figures are rounded to three digits.
    expect(Math.abs(mean - runLength)).toBeLessThan(4 * error + 0.005 * runLength);
  });

  test('of a limit that was found for it is what was asked for', () => {
    for (const samples of [100, 10_000, 604_800, 6_048_000]) {
      const h = cusumLimitFor(samples);
      expect(cusumRunLength(h) / samples).toBeCloseTo(1, 3);
    }
    // A week of samples, one a second, by Siegmund's formula: exp(h + 1.166) - (h + 1.166) - 1 = 2 * 604,800 / 2 for each side.
    const siegmund = (h: number) => 2 * (Math.exp(h + 1.166) - (h + 1.166) - 1) * 0.5;
    expect(siegmund(cusumLimitFor(604_800)) / 604_800).toBeCloseTo(1, 1);
  });

  test('of a Shewhart limit of 3 is 370', () => {
    expect(shewhartLimitFor(370.4)).toBeCloseTo(3, 3);
    const { mean, error } = averageRun((seed) => {
      const normal = new Normal(new Random(seed));
      const shewhart = new Shewhart(3);
      return () => shewhart.take(normal.next()) !== undefined;
    });
    expect(Math.abs(mean - 370.4)).toBeLessThan(4 * error);
  });
});

test('the normal distribution is that of the tables', () => {
  const table: [number, number][] = [
    ...([
      [0, 0.5],
      [-1, 0.158655253931457],
      [-3, 1.349898031630095e-3],
      [-6, 9.865876450376981e-10],
    ] as const),
    ...([
      [-4.5, 3.3976731247300535e-6],
      [1.96, 0.9750021048517795],
    ] as const),
  ].map(([x, below]) => [x, below]);
  for (const [x, below] of table) expect(normalBelow(x) / below).toBeCloseTo(1, 10);
});

const known = (phi: number) => ({ level: 0, phi, processVariance: 1 - phi * phi, noiseVariance: 0 });

describe('a series whose neighbours resemble each other', () => {
  test.each([
    [0.5, 34],
    [0.9, 23],
  ])('with phi = %f raises false alarms far more often when it is not whitened', (phi, runLength) => {
    const raw = averageRun((seed) => {
      const series = new Resembling(new Random(seed), phi);
      const cusum = new Cusum(4);
      return () => cusum.take(series.next()) !== undefined;
    });
    expect(Math.abs(raw.mean - runLength)).toBeLessThan(4 * raw.error + 0.03 * runLength);
  });

  test.each([0.5, 0.9])('with phi = %f keeps the rate of false alarms when it is', (phi) => {
    const { mean, error } = averageRun((seed) => {
      const series = new Resembling(new Random(seed), phi);
      const whitener = new Whitener(known(phi));
      const cusum = new Cusum(4);
      return () => cusum.take(whitener.take(series.next())) !== undefined;
    });
    expect(Math.abs(mean - 168)).toBeLessThan(4 * error + 1);
  });

  test.each([0.5, 0.9])('with phi = %f keeps it with white noise on top as well', (phi) => {
    const { mean, error } = averageRun((seed) => {
      const series = new Resembling(new Random(seed), phi, 0.7);
      const whitener = new Whitener({ ...known(phi), noiseVariance: 0.49 });
      const cusum = new Cusum(4);
      return () => cusum.take(whitener.take(series.next())) !== undefined;
    });
    expect(Math.abs(mean - 168)).toBeLessThan(4 * error + 1);
  });

  test('is learnt from samples', () => {
    const learn = (seed: number, phi: number, noise: number) => {
      const series = new Resembling(new Random(seed), phi, noise);
      return trainNoise(Array.from({ length: 4000 }, () => 5 + 2 * series.next()));
    };
    const white = learn(1, 0, 0);
    expect(white.processVariance / (1 - white.phi ** 2) + white.noiseVariance).toBeCloseTo(4, 0);
    const slow = learn(2, 0.9, 0);
    expect(slow.phi).toBeCloseTo(0.9, 1);
    expect(slow.noiseVariance).toBeLessThan(0.2);
    const noisy = learn(3, 0.9, 1);
    expect(noisy.phi).toBeCloseTo(0.9, 1);
    expect(noisy.noiseVariance / 4).toBeCloseTo(1, 0);
    expect(noisy.level).toBeCloseTo(5, 0);
  });

  test('that is too short or constant is refused', () => {
    expect(() => trainNoise([1, 2, 3])).toThrow('3 samples to learn from; at least 30');
    expect(() => trainNoise(Array(100).fill(7))).toThrow('all 100 samples are 7');
  });
});

describe('the detector', () => {
  // Tests run at one false alarm in 1,000 samples: at one a week nothing would happen in the time of a test.
  const every = 1000;
  const limits = limitsFor(1e9, every * 1e9);

  function detectorOn(phi: number, shift: (index: number) => number, trainedOn?: number) {
    return (seed: number) => {
      const series = new Resembling(new Random(seed), phi);
      const model = trainedOn ? trainNoise(Array.from({ length: trainedOn }, () => series.next())) : known(phi);
      const detector = new DriftDetector(model, limits);
      let index = 0;
      return () => detector.take(series.next() + shift(index++)) !== undefined;
    };
  }

  test.each([0, 0.5, 0.9])('raises one false alarm in 1,000 samples, as it was tuned, at phi = %f', (phi) => {
    const { mean, error } = averageRun(detectorOn(phi, () => 0));
    expect(mean).toBeGreaterThan(every - 4 * error);
    expect(mean).toBeLessThan(1.15 * every);
  });

  test.each([
    [0, 1000],
    [0.5, 1000],
    [0, 100],
  ])('raises no more of them at phi = %f with a model that was learnt from %i samples', (phi, samples) => {
    const { mean, error } = averageRun(
      detectorOn(phi, () => 0, samples),
      1000,
    );
    expect(mean).toBeGreaterThan(every - 4 * error);
  });

  test.each([
    [2.2622, 9, 1.96],
    [-3.6594, 29, -3.2905],
    [5.0443, 99, 4.7469],
  ])('knows that %f of Student with %i degrees of freedom is as improbable as %f', (student, freedom, normal) => {
    expect(normalOfStudent(student, freedom)).toBeCloseTo(normal, 2);
  });

  test('finds a shift of 1 standard deviation in white noise after 11 samples, of 2 after 5, and a jump of 6 at once', () => {
    const delay = (size: number) => averageRun(detectorOn(0, () => size)).mean;
    expect(delay(1)).toBeLessThan(13.5);
    expect(delay(2)).toBeLessThan(5.5);
    expect(delay(6)).toBeLessThan(1.02);
  });

  describe('with a tolerance', () => {
    /** Values until an alarm of a series that is off by `size` from its beginning, when `tolerance` is no change. */
    const toleratingRun = (phi: number, tolerance: number, size: number, trainedOn?: number) =>
      averageRun((seed) => {
        const series = new Resembling(new Random(seed), phi);
        const model = trainedOn ? trainNoise(Array.from({ length: trainedOn }, () => series.next())) : known(phi);
        const detector = new DriftDetector(model, limits, tolerance);
        return () => detector.take(series.next() + size) !== undefined;
      }, 300);

    test.each([0, 0.5])('raises no more false alarms while the series is off by it, at phi = %f', (phi) => {
      const { mean, error } = toleratingRun(phi, 2, 2);
      expect(mean).toBeGreaterThan(every - 4 * error);
    });

    test('finds what is larger as soon as a detector without one finds the rest, also when it has learnt from 100 samples', () => {
      const found = toleratingRun(0, 2, 4, 100).mean;
      expect(found).toBeLessThan(6.5);
      expect(found).toBeGreaterThan(2);
    });

    test('finds what creeps', () => {
      const detector = new DriftDetector(known(0), limits, 2);
      const normal = new Normal(new Random(seeds(1)[0]));
      let at = 0;
      while (!detector.take(normal.next() + at)) at += 0.05;
      expect(at).toBeGreaterThan(2);
      expect(at).toBeLessThan(4);
    });
  });

  test('says which side, which kind and since when', () => {
    const detector = new DriftDetector(known(0), limits);
    const normal = new Normal(new Random(seeds(1)[0]));
    for (let i = 0; i < 20; i++) expect(detector.take(0.3 * normal.next())).toBeUndefined();
    expect(detector.take(-9)).toMatchObject({ kind: 'jump', side: 'down', age: 0 });
    expect(detector.take(-9)).toBeUndefined();
    const creeping = new DriftDetector(known(0), limits);
    let alarm: ReturnType<DriftDetector['take']>;
    for (let i = 0; !alarm; i++) alarm = creeping.take(i < 20 ? 0 : 1.5);
    expect(alarm).toMatchObject({ kind: 'drift', side: 'up' });
    expect(alarm.age).toBeLessThan(10);
  });
});

describe('the predictor', () => {
  const limits = { lowest: -10, highest: 10 };

  /** Drifts at `slope` a sample with noise of 1 until the predictor asks for a calibration with `lead` samples to go; where the figure is then. */
  function valueWhenScheduled(seed: number, slope: number, phi: number, lead: number): number {
    const series = new Resembling(new Random(seed), phi);
    const predictor = new DriftPredictor(limits);
    for (let i = 0; ; i++) {
      predictor.take(i * 1e9, slope * i + series.next());
      const passesAtNs = predictor.predict(1000e9)?.passesAtNs;
      if (passesAtNs !== undefined && passesAtNs <= (i + lead) * 1e9) return slope * i;
      if (Math.abs(slope * i) > 10) return Number.POSITIVE_INFINITY;
    }
  }

  test.each([0, 0.5])('asks for a calibration before the limit is passed, and not at once, at phi = %f', (phi) => {
    const lead = 10;
    const values = seeds(2000).map((seed) => {
      const slope = (seed % 2 === 0 ? 1 : -1) * (0.01 + 0.09 * ((seed % 97) / 97));
      return { at: Math.abs(valueWhenScheduled(seed, slope, phi, lead)), slope: Math.abs(slope) };
    });
    // What is asked for is in time when the lead is still there.
    const late = values.filter(({ at, slope }) => at + slope * lead > 10).length;
    expect(late / values.length).toBeLessThan(0.01);
    const average = values.reduce((sum, { at }) => sum + at, 0) / values.length;
    expect(average).toBeGreaterThan(4);
  });

  test('does not ask while nothing drifts, and not before it has enough values', () => {
    const predictor = new DriftPredictor(limits);
    const normal = new Normal(new Random(seeds(1)[0]));
    for (let i = 0; i < 200; i++) {
      predictor.take(i * 1e9, 0.5 * normal.next());
      const prediction = predictor.predict(20e9);
      if (i < 29) expect(prediction).toBeUndefined();
      if (i > 60) expect(prediction?.passesAtNs).toBeUndefined();
    }
    expect(() => predictor.take(0, 1)).toThrow('after one at');
  });
});
