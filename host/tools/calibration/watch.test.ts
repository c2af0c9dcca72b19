import { describe, expect, test } from 'vitest';
import { Random } from '../../board/random.ts';
import { seeds } from '../../board/testing/cases.ts';
import { compareRecords } from './compare.ts';
import { Normal } from './drift/testing.ts';
import type { RunRecord } from './record.ts';
import { type Doubt, DriftWatch, type WatchedFigure } from './watch.ts';

const snr: WatchedFigure = { name: 'snr', nodes: ['threshold-0'], limits: { lowest: 20, highest: 100 } };
const level: WatchedFigure = { name: 'level', nodes: ['gain-0'] };
const second = 1e9;

/** Feeds `count` samples of 25 + `shift` with a deviation of 0.3; the doubts with the index at which they came. */
function feed(watch: DriftWatch, seed: number, count: number, shift: (index: number) => number) {
  const normal = new Normal(new Random(seed));
  const doubts: (Doubt & { index: number })[] = [];
  for (let index = 0; index < count; index++) {
    const value = 25 + 0.3 * normal.next() + shift(index);
    for (const doubt of watch.take(index * second, { snr: value })) doubts.push({ ...doubt, index });
  }
  return doubts;
}

describe('the watch', () => {
  test('doubts nothing while nothing changes', () => {
    for (const seed of seeds(20))
      expect(feed(new DriftWatch([snr], { sampleNs: second }), seed, 1000, () => 0)).toEqual([]);
  });

  test('sees a jump at once, and names what is to be looked at', () => {
    const [doubt] = feed(new DriftWatch([snr], { sampleNs: second }), 1, 300, (index) => (index < 200 ? 0 : -3));
    expect(doubt).toMatchObject({ index: 200, kind: 'jump', nodes: ['threshold-0'] });
    expect(doubt.reason).toContain('snr jumped down to 21.');
  });

  test('asks for a calibration before a slow drift passes the limit', () => {
    for (const seed of seeds(20)) {
      const [doubt] = feed(new DriftWatch([snr], { sampleNs: second }), seed, 2000, (index) => -0.005 * index);
      expect(25 - 0.005 * doubt.index).toBeGreaterThan(20);
      expect(doubt.index).toBeGreaterThan(100);
    }
  });

  test('doubts what is outside of its limits without having learnt anything', () => {
    const watch = new DriftWatch([snr], { sampleNs: second });
    expect(watch.take(0, { snr: 12 })).toMatchObject([
      { kind: 'limit', reason: 'snr is 12.00, outside of 20.00 to 100.0' },
    ]);
  });

  describe('of a figure whose small changes its calibrations accept', () => {
    const small = (deviation: number, figure: WatchedFigure, shift: (index: number) => number) => {
      const watch = new DriftWatch([figure], { sampleNs: second });
      const normal = new Normal(new Random(seeds(1)[0]));
      for (let index = 0; index < 1000; index++) {
        const value = shift(index) + deviation * normal.next();
        const [doubt] = watch.take(index * second, { [figure.name]: value });
        if (doubt) return { ...doubt, index, value };
      }
      return undefined;
    };
    const accepting: WatchedFigure = { ...level, change: { beyond: 0.02 } };

    test('doubts none of those, however long they last', () => {
      expect(small(1, accepting, (index) => (index < 200 ? 100 : 98))).toBeUndefined();
    });

    test('doubts larger ones, and those that grow', () => {
      const jumped = small(1, accepting, (index) => (index < 200 ? 100 : 95));
      expect(jumped).toMatchObject({ kind: 'drift', nodes: ['gain-0'] });
      expect(jumped?.index).toBeLessThan(212);
      const crept = small(1, accepting, (index) => 100 - 0.1 * Math.max(0, index - 200));
      expect(crept).toMatchObject({ kind: 'drift' });
      expect(crept?.value).toBeGreaterThan(93);
    });

    test('doubts no change at all inside of the limits when they say all, and asks before they are passed', () => {
      const axis: WatchedFigure = { name: 'axis', nodes: [], limits: { lowest: -5, highest: 5 }, change: 'none' };
      const wandering = (index: number) => 2 * Math.sin(index / 50);
      expect(small(0.2, axis, wandering)).toBeUndefined();
      expect(small(0.2, axis, (index) => (index < 300 ? 0 : 6))).toMatchObject({ kind: 'limit', index: 300 });
      const crept = small(0.2, axis, (index) => 0.01 * Math.max(0, index - 200));
      expect(crept).toMatchObject({ kind: 'prediction' });
      expect(crept?.value).toBeGreaterThan(3);
    });
  });

  test('learns anew after a calibration, and does not judge what never varies', () => {
    const watch = new DriftWatch([snr, level], { sampleNs: second, training: 30 });
    for (let index = 0; index < 40; index++) watch.take(index * second, { level: 7 });
    expect(watch.learnt).toBe(1);
    expect(watch.take(41 * second, { level: 8 })).toEqual([]);
    watch.learn(['gain-0']);
    expect(watch.learnt).toBe(0);
    expect(() => watch.take(42 * second, { levels: 8 })).toThrow('no figure levels; there are snr, level');
  });
});

test('two records are compared by what differs, in standard errors where a fit knows them', () => {
  const a = {
    ...{ node: 'resonator-0', kind: 'check', device: 'd', image: 'i', verdict: 'in_spec', inputs: { shots: 20 } },
    ...{ results: { offHertz: 10, peakCodes: 5 }, fit: { parameters: { centre: 10 }, errors: { centre: 3 } } },
  } as unknown as RunRecord;
  const b = {
    ...{ ...a, image: 'j', results: { offHertz: 20, peakCodes: 5 } },
    fit: { parameters: { centre: 20 }, errors: { centre: 4 } },
  } as unknown as RunRecord;
  expect(compareRecords(a, b)).toEqual({
    facts: [{ name: 'image', a: 'i', b: 'j' }],
    inputs: [],
    results: [{ name: 'offHertz', a: 10, b: 20 }],
    fit: [{ name: 'centre', a: 10, b: 20, deviations: 2 }],
  });
});
