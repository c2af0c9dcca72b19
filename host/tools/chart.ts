// Draws curves over time as an SVG for a browser, a README or a report: panels one below the other, with one time axis.
//
// It is plain SVG without scripts, and uses the fonts of the viewer. It has its own background, so that it is readable in light and dark viewers.
// What must stay true: the same data give the same bytes.

export interface Series {
  name: string;
  /** With rising x. A NaN is a gap. */
  points: readonly (readonly [x: number, y: number])[];
}

export interface Panel {
  /** With its unit, for instance `temperature (K)`. */
  label: string;
  scale: 'linear' | 'log';
  series: readonly Series[];
  /** Horizontal lines, for instance limits and set points. */
  levels?: readonly { y: number; text: string }[];
}

export interface Chart {
  title: string;
  xLabel: string;
  panels: readonly Panel[];
  /** Moments, for instance faults and trips. */
  marks?: readonly { x: number; text: string }[];
}

const WIDTH = 900;
const PANEL_HEIGHT = 220;
const PANEL_GAP = 34;
const LEFT = 78;
const RIGHT = 150;
/** Below the title: rows of marks, then the name of the first panel. */
const TITLE_FOOT = 34;
const ROW_HEIGHT = 15;
const LABEL_HEIGHT = 28;
const LETTER_WIDTH = 6.8;
const BOTTOM = 44;
/** Colours that people with colour blindness can distinguish (Okabe and Ito). */
const colours = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#555555', '#8a6d00'];
/** With more points than pixels, each pixel keeps its least and its greatest point. */
const POINTS_MOST = 2 * (WIDTH - LEFT - RIGHT);

interface Axis {
  least: number;
  most: number;
  ticks: number[];
  at: (value: number) => number;
}

export function lineChart({ title, xLabel, panels, marks = [] }: Chart): string {
  const xs = panels.flatMap(({ series }) => series.flatMap(({ points }) => [points[0]?.[0], points.at(-1)?.[0]]));
  const known = xs.filter((x): x is number => x !== undefined && Number.isFinite(x));
  const x = linearAxis(Math.min(...known), Math.max(...known), LEFT, WIDTH - RIGHT);
  const placed = placeMarks(marks, x);
  const rows = Math.max(0, ...placed.map(({ row }) => row + 1));
  const top = TITLE_FOOT + rows * ROW_HEIGHT + LABEL_HEIGHT;
  const height = top + panels.length * PANEL_HEIGHT + (panels.length - 1) * PANEL_GAP + BOTTOM;
  const foot = height - BOTTOM;
  const topOf = (i: number) => top + i * (PANEL_HEIGHT + PANEL_GAP);
  const xTicks = x.ticks.map((tick) => text(x.at(tick), foot + 18, number(tick), 'middle')).join('');
  // Lines of marks cross the panels and other labels, so they are drawn first; labels and names of panels are drawn above them.
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="system-ui, sans-serif" font-size="12">
<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>
<text x="${LEFT}" y="26" font-size="15" font-weight="600" fill="#111111">${escaped(title)}</text>
${placed.map((mark) => markLine(mark, foot)).join('\n')}
${placed.map(markLabel).join('\n')}
${panels.map((panel, i) => panelSvg(panel, x, topOf(i))).join('\n')}
${panels.map(({ label }, i) => onWhite(text(LEFT, topOf(i) - 8, label, 'start'))).join('\n')}
${xTicks}
${text((LEFT + WIDTH - RIGHT) / 2, foot + 36, xLabel, 'middle')}
</svg>
`;
}

interface PlacedMark {
  at: number;
  text: string;
  /** Distance from the top. */
  row: number;
  isLeft: boolean;
}

/** Each mark is in the first row in which it touches no earlier one. A text near the right edge is left of its line. */
function placeMarks(marks: NonNullable<Chart['marks']>, x: Axis): PlacedMark[] {
  const rows: (readonly [from: number, to: number])[][] = [];
  const inOrder = marks.filter((mark) => mark.x >= x.least && mark.x <= x.most).sort((a, b) => a.x - b.x);
  return inOrder.map((mark) => {
    const at = x.at(mark.x);
    const width = textWidth(mark.text) + 12;
    const isLeft = at + width > WIDTH && at - width > 0;
    const [from, to] = isLeft ? [at - width, at] : [at, at + width];
    const isFree = (row: (readonly [number, number])[]) => row.every((other) => to <= other[0] || from >= other[1]);
    let row = rows.findIndex(isFree);
    if (row < 0) row = rows.push([]) - 1;
    rows[row].push([from, to]);
    return { at, text: mark.text, row, isLeft };
  });
}

/** The greatest width of a text in the font of the viewer. */
const textWidth = (words: string): number => words.length * LETTER_WIDTH;

function panelSvg(panel: Panel, x: Axis, top: number): string {
  const bottom = top + PANEL_HEIGHT;
  const values = panel.series.flatMap(({ points }) => points.map(([, y]) => y)).filter(Number.isFinite);
  const all = [...values, ...(panel.levels ?? []).map(({ y }) => y)];
  const usable = panel.scale === 'log' ? all.filter((y) => y > 0) : all;
  const [least, most] = usable.reduce(
    ([low, high], y) => [Math.min(low, y), Math.max(high, y)],
    [usable[0], usable[0]],
  );
  const y = panel.scale === 'log' ? logAxis(least, most, bottom, top) : linearAxis(least, most, bottom, top);
  const grid = y.ticks.map(
    (tick) =>
      line(LEFT, y.at(tick), WIDTH - RIGHT, y.at(tick), '#e3e3e3') +
      text(LEFT - 8, y.at(tick) + 4, number(tick), 'end'),
  );
  const verticals = x.ticks.map((tick) => line(x.at(tick), top, x.at(tick), bottom, '#f0f0f0'));
  const levels = (panel.levels ?? []).map(
    ({ y: level, text: words }) =>
      line(LEFT, y.at(level), WIDTH - RIGHT, y.at(level), '#aa0000', '5 4') +
      text(WIDTH - RIGHT - 4, y.at(level) - 4, words, 'end', '#aa0000'),
  );
  const curves = panel.series.map((series, i) => path(series, x, y, colours[i % colours.length]));
  return [
    ...[...verticals, ...grid, ...levels, ...curves, ...names(panel.series, y, top, bottom)],
    `<rect x="${LEFT}" y="${top}" width="${WIDTH - LEFT - RIGHT}" height="${PANEL_HEIGHT}" fill="none" stroke="#888888"/>`,
  ].join('\n');
}

function path({ points }: Series, x: Axis, y: Axis, colour: string): string {
  const runs: Pixel[][] = [[]];
  for (const [at, value] of thinned(points)) {
    if (Number.isFinite(value)) runs[runs.length - 1].push([x.at(at), y.at(value)]);
    else runs.push([]);
  }
  const drawn = runs.map((run) =>
    straightened(run).map(([px, py], i) => `${i ? 'L' : 'M'}${px.toFixed(1)},${py.toFixed(1)}`),
  );
  return `<path d="${drawn.flat().join('')}" fill="none" stroke="${colour}" stroke-width="1.6" stroke-linejoin="round"/>`;
}

type Pixel = readonly [x: number, y: number];

/** Drops the points that a straight line passes within a quarter of a pixel: a cone from the last kept point narrows until a point is outside. */
function straightened(run: readonly Pixel[]): Pixel[] {
  const off = 0.25;
  const kept: Pixel[] = run.slice(0, 1);
  let [low, high] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (let i = 1; i < run.length; i++) {
    const [ax, ay] = kept[kept.length - 1];
    const dx = Math.max(run[i][0] - ax, 1e-6);
    const slope = (run[i][1] - ay) / dx;
    if (slope < low || slope > high) {
      kept.push(run[i - 1]);
      [low, high] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
      i--;
      continue;
    }
    low = Math.max(low, slope - off / dx);
    high = Math.min(high, slope + off / dx);
  }
  return run.length > 1 ? [...kept, run[run.length - 1]] : kept;
}

function thinned(points: Series['points']): Series['points'] {
  if (points.length <= POINTS_MOST) return points;
  const bucket = Math.ceil((2 * points.length) / POINTS_MOST);
  const kept: (readonly [number, number])[] = [];
  for (let i = 0; i < points.length; i += bucket) {
    const some = points.slice(i, i + bucket);
    const least = some.reduce((a, b) => (b[1] < a[1] ? b : a));
    const most = some.reduce((a, b) => (b[1] > a[1] ? b : a));
    kept.push(...[least, most].sort((a, b) => a[0] - b[0]));
  }
  return kept;
}

/** Each label is beside the end of its curve; labels that would overlap are moved apart. */
function names(series: readonly Series[], y: Axis, top: number, bottom: number): string[] {
  const spacing = 15;
  const wanted = series.map(({ name, points }, i) => {
    const last = points.findLast(([, value]) => Number.isFinite(value));
    return { name, colour: colours[i % colours.length], place: last ? y.at(last[1]) + 4 : top };
  });
  wanted.sort((a, b) => a.place - b.place);
  for (let i = 1; i < wanted.length; i++) wanted[i].place = Math.max(wanted[i].place, wanted[i - 1].place + spacing);
  for (let i = wanted.length - 1, most = bottom; i >= 0; i--, most = wanted[i + 1].place - spacing) {
    wanted[i].place = Math.min(wanted[i].place, most);
  }
  return wanted.map(({ name, colour, place }) => text(WIDTH - RIGHT + 8, place, name, 'start', colour));
}

const baseOf = ({ row }: PlacedMark): number => TITLE_FOOT + (row + 1) * ROW_HEIGHT;

const markLine = (mark: PlacedMark, foot: number): string =>
  line(mark.at, baseOf(mark) - 9, mark.at, foot, '#444444', '2 3');

function markLabel(mark: PlacedMark): string {
  const { at, text: words, isLeft } = mark;
  return onWhite(text(isLeft ? at - 4 : at + 4, baseOf(mark), words, isLeft ? 'end' : 'start', '#444444'));
}

/** A text that stays readable when a line crosses it. */
const onWhite = (element: string): string =>
  element.replace('<text ', '<text paint-order="stroke" stroke="#ffffff" stroke-width="4" ');

function linearAxis(from: number, to: number, low: number, high: number): Axis {
  const [least, most] = from === to ? [from - 1, to + 1] : [from, to];
  const rough = (most - least) / 6;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10);
  const ticks: number[] = [];
  for (let i = Math.ceil(least / step); i * step <= most + step * 1e-9; i++) ticks.push(i * step);
  return { least, most, ticks, at: (value) => low + ((value - least) / (most - least)) * (high - low) };
}

function logAxis(from: number, to: number, low: number, high: number): Axis {
  const [least, most] = [10 ** Math.floor(Math.log10(from)), 10 ** Math.ceil(Math.log10(to) + 1e-9)];
  const ticks: number[] = [];
  for (let tick = least; tick <= most * 1.001; tick *= 10) ticks.push(tick);
  const span = Math.log10(most / least);
  return {
    least,
    most,
    ticks,
    at: (value) => low + (Math.log10(Math.max(value, least) / least) / span) * (high - low),
  };
}

function number(value: number): string {
  if (value === 0) return '0';
  const size = Math.abs(value);
  return size >= 1e5 || size < 1e-3 ? value.toExponential(0) : String(Number(value.toPrecision(6)));
}

function line(x1: number, y1: number, x2: number, y2: number, colour: string, dashes = ''): string {
  const pattern = dashes === '' ? '' : ` stroke-dasharray="${dashes}"`;
  return `<path d="M${x1.toFixed(1)},${y1.toFixed(1)}L${x2.toFixed(1)},${y2.toFixed(1)}" stroke="${colour}"${pattern}/>`;
}

function text(x: number, y: number, words: string, anchor: string, colour = '#333333'): string {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}" fill="${colour}">${escaped(words)}</text>`;
}

function escaped(words: string): string {
  return words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
