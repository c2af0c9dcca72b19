import { describe, expect, test } from 'vitest';
import { type Chart, lineChart } from './chart.ts';

const ramp = Array.from({ length: 20_000 }, (_, i) => [i, i === 777 ? 1e6 : 1 + (i % 100)] as const);
const chart = (more: Partial<Chart> = {}): Chart => ({
  title: 'a < b & c',
  xLabel: 'time (s)',
  panels: [
    { label: 'temperature (K)', scale: 'log', series: [{ name: '4K', points: [[0, 300], [10, 4], [20, 0]] }] }, // biome-ignore format: one curve
    {
      label: 'load (W)',
      scale: 'linear',
      series: [{ name: 'heat', points: ramp }],
      levels: [{ y: 50, text: 'limit' }],
    },
  ],
  marks: [{ x: 5, text: 'fault' }],
  ...more,
});

describe('a chart', () => {
  test('is the same bytes for the same data, and has every name on it', () => {
    const svg = lineChart(chart());
    expect(svg).toBe(lineChart(chart()));
    for (const name of [
      'temperature (K)',
      '4K',
      'load (W)',
      'heat',
      'limit',
      'fault',
      'time (s)',
      'a &lt; b &amp; c',
    ]) {
      expect(svg).toContain(`>${name}</text>`);
    }
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
  });

  test('of many points is small, and still shows the one that sticks out', () => {
    const svg = lineChart(chart());
    expect(svg.length).toBeLessThan(60_000);
    // The spike is the top of its panel.
    expect(svg).toContain('1e+6');
    const ys = [...svg.matchAll(/[ML][\d.]+,([\d.]+)/g)].map(([, y]) => Number(y));
    // Panels: 77 to 297, and 331 to 551.
    expect(Math.min(...ys.filter((y) => y > 300))).toBeLessThan(332);
  });

  test('leaves a gap where a value is missing', () => {
    const points = [[0, 1], [1, 2], [2, Number.NaN], [3, 4]] as const; // biome-ignore format: one curve
    const svg = lineChart(chart({ panels: [{ label: 'x', scale: 'linear', series: [{ name: 'y', points }] }] }));
    expect(svg).toMatch(/d="M[\d.]+,[\d.]+L[\d.]+,[\d.]+M[\d.]+,[\d.]+"/);
  });

  test('of a constant, or of one point, is drawn all the same', () => {
    for (const points of [
      [
        [0, 5],
        [1, 5],
      ],
      [[3, 5]],
    ] as const) {
      // biome-ignore format: two cases
      const svg = lineChart(chart({ marks: [], panels: [{ label: 'x', scale: 'linear', series: [{ name: 'y', points }] }] }));
      expect(svg).not.toMatch(/NaN|Infinity/);
    }
  });

  test('draws the lines of all marks below the labels of all, so that no line hides a letter', () => {
    const marks = [1, 2, 3].map((x) => ({ x, text: `a long label of mark ${x}` }));
    const svg = lineChart(chart({ marks }));
    expect(svg.lastIndexOf('stroke-dasharray="2 3"')).toBeLessThan(svg.indexOf('a long label'));
  });

  test('has no two labels on each other: marks close together, at the right end, under a title of its panel', () => {
    const marks = [1, 10, 10.1, 10.2, 10.3, 18, 19.5, 19.9].map((x, i) => ({
      x,
      text: `something at place ${i} 200mW`,
    }));
    const svg = lineChart(chart({ marks }));
    const boxes = [...svg.matchAll(/<text [^>]*?x="([\d.]+)" y="([\d.]+)"[^>]*?>([^<]*)</g)].map(
      ([element, x, y, words]) => {
        const width = words.length * 6;
        const anchor = /text-anchor="(\w+)"/.exec(element)?.[1] ?? 'start';
        const left = Number(x) - (anchor === 'end' ? width : anchor === 'middle' ? width / 2 : 0);
        return { words, left, right: left + width, top: Number(y) - 10, bottom: Number(y) + 2 };
      },
    );
    expect(boxes.filter(({ words }) => words.startsWith('something')).length).toBe(marks.length);
    for (const [i, a] of boxes.entries()) {
      expect(a.left, a.words).toBeGreaterThanOrEqual(0);
      expect(a.right, a.words).toBeLessThanOrEqual(900);
      for (const b of boxes.slice(i + 1)) {
        const isApart = a.right <= b.left || b.right <= a.left || a.bottom <= b.top || b.bottom <= a.top;
        expect(isApart, `'${a.words}' on '${b.words}'`).toBe(true);
      }
    }
  });
});
