// The two pictures of a run: what they show of triggers, skipped instructions and overlapping windows, and to which scale.

import { describe, expect, it, test } from 'vitest';
import { svgPlot } from './plot-svg.ts';
import { terminalPlot } from './plot-terminal.ts';
import { lanesOf, rowsOf } from './scope.ts';
import { acquire, commit, execute, type HandMade, pulseRun, sequencerRun, stopped, synced } from './testing.ts';

const trigger = (timeNs: number, address: number, lost = 0): HandMade => ({
  ...{ kind: 'TRIGGER', timeNs, words: [address, 8, lost, 0] },
});
const window = { fromNs: 0, toNs: 1000 };

/** One sequencer measures and sends, the other skips what it would have played. */
const feedback = () =>
  pulseRun(
    sequencerRun(
      'wait_sync 4\nacquire 0,0,1000\nstop',
      [
        ...synced(0, 0, 4),
        acquire(4, 1, 0, 0, 300),
        commit(4, 1, 1000),
        trigger(320, 5),
        trigger(600, 5, 1),
        stopped(1004),
      ],
      undefined,
      'measures',
    ),
    sequencerRun(
      'wait_sync 4\nplay 0,0,100\nwait 896\nstop',
      [...synced(0, 0, 4), execute(4, 1, 104, 100, true), execute(108, 2, 896), stopped(1004)],
      undefined,
      'resets',
    ),
  );

interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
  stroke: string;
  title: string;
}

function boxesOf(svg: string): Box[] {
  const pattern =
    /<rect x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)" rx="2" fill="[^"]+" fill-opacity="[\d.]+" stroke="([^"]+)"><title>([^<]*)<\/title>/g;
  return [...svg.matchAll(pattern)].map(([, x, y, width, height, stroke, title]) => ({
    ...{ x: Number(x), y: Number(y), width: Number(width), height: Number(height), stroke, title },
  }));
}

/** Texts in the middle of boxes. */
function namesOf(svg: string): { x: number; y: number; text: string }[] {
  const pattern = /<text x="([\d.]+)" y="([\d.]+)" text-anchor="middle" font-size="10"[^>]*>([^<]*)</g;
  return [...svg.matchAll(pattern)].map(([, x, y, text]) => ({ x: Number(x), y: Number(y), text }));
}

describe('the drawing', () => {
  it('shows a trigger from its send to its arrival, one that was lost in red, and what was skipped', () => {
    const svg = svgPlot(feedback(), window, 'feedback');
    expect(boxesOf(svg).map(({ title }) => title)).toEqual([
      ...['0[0], 0 to 300 ns', 'to 5, 316 to 528 ns', '5 lost, 596 to 624 ns', 'play, 0 to 104 ns'],
    ]);
    const [, sent, lost] = boxesOf(svg);
    expect(lost.stroke).not.toBe(sent.stroke);
    for (const label of ['acquire', 'trigger', 'skipped']) expect(svg).toContain(`>${label}</text>`);
  });

  it('draws the arrival of a trigger through all sequencers', () => {
    const svg = svgPlot(feedback(), window, 'feedback');
    const [line] = svg.match(/<path d="M[\d.]+ [\d.]+V[\d.]+" stroke="[^"]+" stroke-dasharray="2 3"\/>/g) ?? [];
    const [, x, top, bottom] = /M([\d.]+) ([\d.]+)V([\d.]+)/.exec(line ?? '') ?? [];
    const boxes = boxesOf(svg);
    const sent = boxes.find(({ title }) => title.startsWith('to 5'));
    expect(Number(x)).toBeCloseTo((sent?.x ?? 0) + (sent?.width ?? 0), 1);
    for (const { y, height } of boxes) {
      expect(y).toBeGreaterThan(Number(top));
      expect(y + height).toBeLessThan(Number(bottom));
    }
  });

  it('keeps names inside their boxes, the short name where the long one has no room', () => {
    const named = (lengthNs: number) =>
      pulseRun(
        sequencerRun('wait_sync 4\nacquire 31,12345,1000\nstop', [
          ...[...synced(0, 0, 4), acquire(4, 1, 31, 12_345, lengthNs), commit(4, 1, 1000), stopped(1004)],
        ]),
      );
    const texts = (lengthNs: number) => namesOf(svgPlot(named(lengthNs), window, 'named')).map(({ text }) => text);
    expect([texts(300), texts(50), texts(10)]).toEqual([['31[12345]'], ['12345'], []]);
    for (const lengthNs of [300, 50]) {
      const svg = svgPlot(named(lengthNs), window, 'named');
      const [{ x, y, text }] = namesOf(svg);
      const [box] = boxesOf(svg);
      // No common font is wider than 0.62 of its size a digit.
      expect(text.length * 6.2).toBeLessThan(box.width);
      expect(x).toBeCloseTo(box.x + box.width / 2, 1);
      expect(y).toBeLessThan(box.y + box.height);
    }
  });

  it('puts windows that overlap in rows', () => {
    const overlapping = pulseRun(
      sequencerRun('wait_sync 4\nacquire 0,0,1000\nstop', [
        ...synced(0, 0, 4),
        ...[0, 200, 400, 600].map((at) => acquire(4 + at, 1, 0, 0, 300)),
        ...[commit(4, 1, 1000), stopped(1004)],
      ]),
    );
    const tops = boxesOf(svgPlot(overlapping, window, 'rows')).map(({ y }) => y);
    expect(new Set(tops).size).toBe(2);
    const [{ acquisitions }] = lanesOf(overlapping, window);
    expect(rowsOf(acquisitions, 4).map((row) => row.map(({ fromNs }) => fromNs))).toEqual([
      [0, 400],
      [200, 600],
    ]);
  });
});

describe('the view on a terminal', () => {
  const plain = (_: string, text: string) => text;
  const linesOf = (...records: HandMade[]) =>
    terminalPlot(
      pulseRun(
        sequencerRun('wait_sync 4\nset_mrk 1\nupd_param 20\nstop', [...synced(0, 0, 4), ...records, stopped(1004)]),
      ),
      window,
      110,
      plain,
    ).split('\n');
  const lane = (lines: string[], name: string) => lines.find((line) => line.trim().startsWith(name))?.slice(10) ?? '';
  const high = (text: string) => [...text].filter((character) => character === '⠛').length;

  it('has markers to scale: high for a quarter of the time is a quarter of the line', () => {
    const text = lane(linesOf(commit(4, 2, 250, { marker: 1 }), commit(254, 2, 750)), 'marker 1');
    expect([[...text].length, high(text)]).toEqual([100, 25]);
    expect(text).toBe('⠛'.repeat(25) + '⣀'.repeat(75));
  });

  it('keeps a marker of a nanosecond, and does not make it longer than half a character', () => {
    const text = lane(linesOf(commit(4, 2, 501), commit(505, 2, 1, { marker: 1 }), commit(506, 2, 498)), 'marker 1');
    expect([...text].filter((character) => character !== '⣀')).toEqual(['⣇']);
    expect([...text].indexOf('⣇')).toBe(50);
  });

  it('has a line for triggers and one for what was skipped', () => {
    const lines = terminalPlot(feedback(), window, 110, plain).split('\n');
    expect(lane(lines, 'trigger').indexOf('>')).toBe(32);
    expect(lane(lines, 'trigger').lastIndexOf('>')).toBe(52);
    expect(lane(lines, 'trigger').indexOf('!')).toBe(60);
    expect(lane(lines, 'skipped')).toBe('x'.repeat(10) + '·'.repeat(90));
  });

  it('shades windows that overlap twice', () => {
    const lines = linesOf(acquire(4, 2, 0, 0, 400), acquire(204, 2, 0, 0, 400), commit(4, 2, 1000));
    expect(lane(lines, 'acquire')).toBe('▒'.repeat(20) + '▓'.repeat(20) + '▒'.repeat(20) + '·'.repeat(40));
  });
});

test('a picture of many triggers leaves their arrivals out', () => {
  const many = pulseRun(
    sequencerRun('wait_sync 4\nacquire 0,0,1000\nstop', [
      ...synced(0, 0, 4),
      ...Array.from({ length: 60 }, (_, index) => trigger(4 + index * 10, 1)),
      ...[commit(4, 1, 1000), stopped(1004)],
    ]),
  );
  expect(svgPlot(many, window, 'many')).not.toContain('stroke-dasharray="2 3"');
});
