// The picture of `coldrig readout`: a cloud for each channel, SNR with its formula, effective bits of the converters. Plain SVG, without
// scripts.
//
// What must stay true: the same report gives the same bytes; colours can be told apart by people with colour blindness (Okabe and Ito).

import type { ChannelReport, LineReport, ReadoutReport, ShotOptions } from './measure.ts';
import { GOOD_DECIBELS } from './words.ts';

const WIDTH = 960;
const MARGIN = 40;
const COLUMNS = 4;
const CELL = 200;
const GAP = 20;
const CELL_HEAD = 38;
const BARS_HEIGHT = 150;
const LEFT = MARGIN + 20;
/** More points in a cloud only make the file larger. */
const POINTS_MOST = 400;
const [blue, orange, ink, grey, light] = ['#0072b2', '#d55e00', '#222222', '#666666', '#dddddd'];

const text = (x: number, y: number, words: string, more = '') =>
  `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" fill="${ink}"${more}>${escaped(words)}</text>`;
const line = (x1: number, y1: number, x2: number, y2: number, colour: string, more = '') =>
  `<path d="M${x1.toFixed(1)},${y1.toFixed(1)}L${x2.toFixed(1)},${y2.toFixed(1)}" stroke="${colour}" fill="none"${more}/>`;
const escaped = (words: string) => words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

export function readoutPlot(
  { channels, lines }: ReadoutReport,
  { chain, where, shots, lengthNs }: ShotOptions,
): string {
  const rows = Math.ceil(channels.length / COLUMNS);
  const cloudsTop = 72;
  const barsTop = cloudsTop + rows * (CELL + CELL_HEAD + GAP) + 40;
  const bitsTop = barsTop + BARS_HEIGHT + 90;
  const height = bitsTop + BARS_HEIGHT + 60;
  const clouds = channels.map((channel, i) => {
    const x = MARGIN + (i % COLUMNS) * (CELL + GAP);
    return cloudSvg(channel, x, cloudsTop + Math.floor(i / COLUMNS) * (CELL + CELL_HEAD + GAP));
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="system-ui, sans-serif" font-size="12">
<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>
${text(MARGIN, 28, `Readout chain ${chain.name} ${where}: ${shots} shots of each state, windows of ${lengthNs} ns`, ' font-size="15" font-weight="600"')}
<circle cx="${MARGIN + 4}" cy="48" r="4" fill="${blue}"/>${text(MARGIN + 14, 52, 'state 0')}
<circle cx="${MARGIN + 84}" cy="48" r="4" fill="${orange}"/>${text(MARGIN + 94, 52, 'state 1')}
${line(MARGIN + 164, 48, MARGIN + 184, 48, grey, ' stroke-dasharray="4 3"')}${text(MARGIN + 190, 52, 'threshold. Circles: two deviations around the medians. Codes of the converter')}
${clouds.join('\n')}
${snrSvg(channels, barsTop)}
${bitsSvg(lines, bitsTop)}
</svg>
`;
}

function cloudSvg({ plan, name, clouds, measured }: ChannelReport, left: number, top: number): string {
  const { centres, deviation, errorRate, snrDecibels } = measured;
  const [zero, one] = centres;
  const middle = { i: (zero.i + one.i) / 2, q: (zero.q + one.q) / 2 };
  const half = Math.hypot(one.i - zero.i, one.q - zero.q) / 2 + 4.5 * deviation;
  const scale = CELL / 2 / half;
  const box = top + CELL_HEAD;
  const x = (i: number) => left + CELL / 2 + (i - middle.i) * scale;
  const y = (q: number) => box + CELL / 2 - (q - middle.q) * scale;
  const isInside = (i: number, q: number) => Math.abs(i - middle.i) < half && Math.abs(q - middle.q) < half;
  const dots = ([blue, orange] as const).map((colour, state) => {
    const shots = clouds[state];
    const step = Math.max(1, Math.ceil(shots.length / 2 / POINTS_MOST));
    const points: string[] = [];
    for (let n = 0; n < shots.length / 2; n += step)
      if (isInside(shots[2 * n], shots[2 * n + 1]))
        points.push(`M${x(shots[2 * n]).toFixed(1)},${y(shots[2 * n + 1]).toFixed(1)}h0`);
    return `<path d="${points.join('')}" stroke="${colour}" stroke-opacity="0.45" stroke-width="2.4" stroke-linecap="round"/>`;
  });
  const rings = centres.map(
    ({ i, q }) =>
      `<circle cx="${x(i).toFixed(1)}" cy="${y(q).toFixed(1)}" r="${(2 * deviation * scale).toFixed(1)}" fill="none" stroke="${ink}"/>`,
  );
  const size = Math.hypot(one.i - zero.i, one.q - zero.q);
  const [ui, uq] = [-(one.q - zero.q) / size, (one.i - zero.i) / size];
  const reach = half * 0.95;
  const border = [-reach, reach].map((by) => [x(middle.i + ui * by), y(middle.q + uq * by)] as const);
  return [
    text(
      left,
      top + 14,
      `${plan.channel} ${name}, ${(plan.frequencyHertz / 1e6).toFixed(1)} MHz`,
      ' font-weight="600"',
    ),
    text(left, top + 30, `${snrDecibels.toFixed(1)} dB, error ${(100 * errorRate).toPrecision(2)} %`),
    `<rect x="${left}" y="${box}" width="${CELL}" height="${CELL}" fill="none" stroke="${light}"/>`,
    ...dots,
    line(border[0][0], border[0][1], border[1][0], border[1][1], grey, ' stroke-dasharray="4 3"'),
    ...rings,
    text(left + CELL - 4, box + CELL - 6, `${(2 * half).toFixed(0)} codes wide`, ` text-anchor="end" font-size="10"`),
  ].join('\n');
}

/** A bar for what was measured, a mark for the formula. */
function snrSvg(channels: readonly ChannelReport[], top: number): string {
  const most = 5 * Math.ceil(Math.max(25, ...channels.map(({ measured }) => measured.snrDecibels)) / 5);
  const foot = top + BARS_HEIGHT;
  const y = (decibels: number) => foot - (Math.max(0, decibels) / most) * BARS_HEIGHT;
  const step = (WIDTH - LEFT - MARGIN) / channels.length;
  const width = Math.min(46, step * 0.6);
  const hasFormula = channels.some(({ formula }) => formula);
  const bars = channels.map(({ plan, measured, formula }, i) => {
    const x = LEFT + (i + 0.5) * step;
    return [
      `<rect x="${(x - width / 2).toFixed(1)}" y="${y(measured.snrDecibels).toFixed(1)}" width="${width.toFixed(1)}" height="${(foot - y(measured.snrDecibels)).toFixed(1)}" fill="#9cc7e0"/>`,
      formula
        ? line(
            x - width * 0.65,
            y(formula.snrDecibels),
            x + width * 0.65,
            y(formula.snrDecibels),
            orange,
            ' stroke-width="2.5"',
          )
        : '',
      text(x, foot + 16, String(plan.channel), ' text-anchor="middle"'),
    ].join('');
  });
  return [
    text(
      MARGIN,
      top - 12,
      `SNR (dB) by channel: bars are shots${hasFormula ? ', marks the closed formula' : ''}`,
      ' font-weight="600"',
    ),
    ...axis(foot, most, 5, y),
    ...bars,
    line(LEFT, y(GOOD_DECIBELS), WIDTH - MARGIN, y(GOOD_DECIBELS), '#aa0000', ' stroke-dasharray="5 4"'),
  ].join('\n');
}

const BIT_STEP = 0.01;

/** How many records have so many effective bits, a line beside the other. */
function bitsSvg(lines: readonly LineReport[], top: number): string {
  const foot = top + BARS_HEIGHT;
  const share = (WIDTH - LEFT - MARGIN) / lines.length;
  const drawn = lines.map(({ line: number, name, bits, state }, i) => {
    const marked = state ? [state.bitsFormula] : [];
    const left = LEFT + i * share;
    const width = share - 40;
    const first = Math.floor((Math.min(...marked, ...bits) - 0.06) / BIT_STEP);
    const last = Math.ceil((Math.max(...marked, ...bits) + 0.06) / BIT_STEP);
    const counts = Array.from(
      { length: last - first },
      (_, bin) => bits.filter((each) => Math.floor(each / BIT_STEP) === first + bin).length,
    );
    const most = Math.max(...counts);
    const x = (value: number) => left + ((value / BIT_STEP - first) / (last - first)) * width;
    const bars = counts.map((count, bin) => {
      const high = (count / most) * BARS_HEIGHT;
      const [from, to] = [x((first + bin) * BIT_STEP), x((first + bin + 1) * BIT_STEP)];
      return `<rect x="${from.toFixed(1)}" y="${(foot - high).toFixed(1)}" width="${(to - from - 1).toFixed(1)}" height="${high.toFixed(1)}" fill="#9cc7e0"/>`;
    });
    const ticks = Array.from({ length: 5 }, (_, tick) => (first + ((last - first) * tick) / 4) * BIT_STEP);
    return [
      text(
        left,
        top - 12,
        `line ${number} ${name}: effective bits of ${bits.length} records${state ? '; mark: the closed formula' : ''}`,
        ' font-weight="600"',
      ),
      ...bars,
      ...marked.map((mark) => line(x(mark), top - 4, x(mark), foot, orange, ' stroke-width="2.5"')),
      line(left, foot, left + width, foot, grey),
      ...ticks.map((tick) => text(x(tick), foot + 16, tick.toFixed(2), ' text-anchor="middle"')),
      text(left - 6, top + 10, String(most), ' text-anchor="end"'),
    ].join('\n');
  });
  return drawn.join('\n');
}

function axis(foot: number, most: number, step: number, y: (value: number) => number): string[] {
  const ticks = Array.from({ length: Math.floor(most / step) + 1 }, (_, i) => i * step);
  return [
    ...ticks.map(
      (tick) =>
        line(LEFT, y(tick), WIDTH - MARGIN, y(tick), light) +
        text(LEFT - 8, y(tick) + 4, String(tick), ' text-anchor="end"'),
    ),
    line(LEFT, foot, WIDTH - MARGIN, foot, grey),
  ];
}
