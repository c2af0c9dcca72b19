import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cases } from '../../board/testing/cases.ts';
import { mapFirstWatts, mapSecondWatts, PulseTube } from './pulse-tube.ts';

const bare = { count: 1, firstScale: 1, secondScale: 1, firstLinkKelvinPerWatt: 0, secondLinkKelvinPerWatt: 0 };
const tube = (more = {}) => new PulseTube({ ...bare, ...more }, new Float64Array(2));

// The PT415's capacity map: first and second stage in kelvin, by rows of the second stage's load.
const map: [number, number][][] = [
  [[30.6, 2.69], [33.8, 2.64], [39.3, 2.59], [50.2, 2.83], [71.5, 2.53]], // biome-ignore format: a row of the map
  [[30.9, 3.48], [34.0, 3.41], [40.0, 3.36], [51.1, 3.42], [71.5, 3.35]], // biome-ignore format: a row of the map
  [[31.0, 4.51], [34.4, 4.4], [41.3, 4.33], [54.1, 4.18], [71.8, 4.42]], // biome-ignore format: a row of the map
  [[32.4, 8.34], [38.4, 8.29], [51.4, 8.71], [62.0, 8.79], [74.9, 9.38]], // biome-ignore format: a row of the map
  [[34.3, 10.67], [43.5, 10.88], [52.8, 10.83], [64.4, 11.94], [77.4, 14.06]], // biome-ignore format: a row of the map
  [[35.0, 11.97], [44.1, 12.23], [54.2, 13.52], [65.2, 15.08], [78.1, 17.59]], // biome-ignore format: a row of the map
];

describe('the pulse tube', () => {
  test('is the measured one at each of its thirty points', () => {
    for (const [j, row] of map.entries()) {
      for (const [i, [first, second]] of row.entries()) {
        const [t1, t2] = tube().headKelvin(mapFirstWatts[i], mapSecondWatts[j]);
        expect(Math.abs(t1 / first - 1)).toBeLessThan(0.05);
        expect(Math.abs(t2 / second - 1)).toBeLessThan(0.05);
      }
    }
  });

  test('holds 40 W at 45 K with 1.35 W at 4.3 K, near what its data sheet promises', () => {
    const [t1, t2] = tube().headKelvin(40, 1.35);
    expect(t1).toBeLessThan(45);
    expect(t2).toBeLessThan(4.6);
  });

  test('takes from its plates exactly what keeps them where they are, anywhere between base and room temperature', () => {
    const linked = tube({ firstLinkKelvinPerWatt: 0.5, secondLinkKelvinPerWatt: 0.1, firstScale: 0.75, count: 2 });
    const loads = {
      first: fc.double({ min: -5, max: 400, noNaN: true }),
      second: fc.double({ min: -0.3, max: 150, noNaN: true }),
    };
    fc.assert(
      fc.property(loads.first, loads.second, (first, second) => {
        const [head1, head2] = linked.headKelvin(first, second);
        linked.solve(head1 + 0.5 * first, head2 + 0.1 * second);
        expect(linked.watts[0]).toBeCloseTo(first, 5);
        expect(linked.watts[1]).toBeCloseTo(second, 6);
      }),
      cases(2000),
    );
  });
});
