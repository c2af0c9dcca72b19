// Draws the run on a terminal. Paths are in Braille dots, two columns and four rows per character, and so are markers, as logic levels.
// Acquisitions, triggers (from sending to arrival, `!` where one was lost) and skipped instructions have one line each. The ruler holds for all.

import type { PulseRun } from './run.ts';
import { columnsOf, type Interval, type Lanes, lanesOf, ruler, scaleFor, type Window } from './scope.ts';

const LABEL_WIDTH = 10;
/** Height of a path in characters. */
const PATH_ROWS = 3;
const DOT_ROWS = PATH_ROWS * 4;
/** The characters for no box, one box, and boxes that overlap. */
const NOTHING = '·';
const SHADED = '▒';
const SHADED_TWICE = '▓';
/** A part of a column that is taken as zero. */
const ALMOST = 1e-6;
/** Bits of a Braille character by row and column of its dots (Unicode 2800). */
const dots = [
  [0x01, 0x08],
  [0x02, 0x10],
  [0x04, 0x20],
  [0x40, 0x80],
];

/** `paintPath` colours what belongs to a path; identity where there are no colours. */
export type Painter = (what: 'path0' | 'path1' | 'marker' | 'acquisition' | 'faint', text: string) => string;

export function terminalPlot(run: PulseRun, window: Window, width: number, paint: Painter): string {
  const columns = Math.max(20, width - LABEL_WIDTH);
  const blocks = lanesOf(run, window).map((lanes) =>
    sequencerLines(lanes, window, columns, paint, run.sequencers.length > 1),
  );
  return [...blocks.flat(), ...rulerLines(window, columns, paint)].join('\n');
}

function sequencerLines(lanes: Lanes, window: Window, columns: number, paint: Painter, named: boolean): string[] {
  const lines = named ? [lanes.name] : [];
  for (const path of [0, 1] as const) {
    const silent = lanes.paths[path].every((sample) => sample === 0);
    if (silent) lines.push(label(`path ${path}`) + paint('faint', '─'.repeat(columns)));
    else lines.push(...pathLines(lanes, path, columns, paint));
  }
  for (const [index, intervals] of lanes.markers.entries()) {
    if (intervals.length > 0)
      lines.push(label(`marker ${index + 1}`) + paint('marker', levelText(intervals, window, columns)));
  }
  const lane = (name: string, what: Parameters<Painter>[0], intervals: Interval[], inside: string, wrong?: string) => {
    if (intervals.length > 0)
      lines.push(label(name) + paint(what, laneText(intervals, window, columns, inside, wrong)));
  };
  lane('acquire', 'acquisition', lanes.acquisitions, SHADED);
  lane('trigger', 'marker', lanes.triggers, '>', '!');
  lane('skipped', 'faint', lanes.skips, 'x');
  return lines;
}

function pathLines(lanes: Lanes, path: 0 | 1, columns: number, paint: Painter): string[] {
  const scale = scaleFor(lanes.peak);
  const { least, most } = columnsOf(lanes.paths[path], columns * 2);
  const cells = Array.from({ length: PATH_ROWS }, () => new Uint8Array(columns));
  const rowOf = (sample: number) =>
    Math.min(DOT_ROWS - 1, Math.max(0, Math.round(((1 - sample / 32768 / scale) / 2) * (DOT_ROWS - 1))));
  for (let column = 0; column < columns * 2; column += 1) {
    // Connected to the column before, so that an edge is a line and not two points.
    const before = Math.max(0, column - 1);
    const top = rowOf(Math.max(most[column], least[before]));
    const bottom = rowOf(Math.min(least[column], most[before]));
    for (let row = top; row <= bottom; row += 1) cells[row >> 2][column >> 1] |= dots[row & 3][column & 1];
  }
  const labels = [`+${scale}`, `path ${path}`, `-${scale}`];
  return cells.map((row, index) => {
    const text = Array.from(row, (bits) => (bits === 0 ? ' ' : String.fromCodePoint(0x2800 + bits))).join('');
    return (label(labels[index]) + paint(path === 0 ? 'path0' : 'path1', text.trimEnd())).trimEnd();
  });
}

/** How much of each column is covered by intervals, 0 to 1. Every interval is in one column at least, so that no short one is lost. */
function coverOf(intervals: Interval[], { fromNs, toNs }: Window, columns: number): Float64Array {
  const cover = new Float64Array(columns);
  const perColumn = (toNs - fromNs) / columns;
  for (const interval of intervals) {
    const from = Math.max(0, (interval.fromNs - fromNs) / perColumn);
    const to = Math.min(columns, (interval.toNs - fromNs) / perColumn);
    for (let column = Math.floor(from); column < Math.min(columns, Math.ceil(to)); column += 1)
      cover[column] += Math.max(0, Math.min(to, column + 1) - Math.max(from, column));
  }
  return cover;
}

/** A logic level, with two columns per character as for the paths: high above, low below, both when it changes within the column. */
function levelText(intervals: Interval[], window: Window, columns: number): string {
  const cover = coverOf(intervals, window, columns * 2);
  const bits = (column: number, side: 0 | 1) => {
    const high = dots[0][side] | dots[1][side];
    const low = dots[3][side];
    if (cover[column] > 1 - ALMOST) return high;
    return cover[column] < ALMOST ? low : high | dots[2][side] | low;
  };
  const character = (column: number) => String.fromCodePoint(0x2800 + (bits(column * 2, 0) | bits(column * 2 + 1, 1)));
  return Array.from({ length: columns }, (_, column) => character(column)).join('');
}

/** One character for every column that is at least half covered, a darker one for several boxes, and at least one for every interval. */
function laneText(intervals: Interval[], window: Window, columns: number, inside: string, wrong = inside): string {
  const marks: string[] = Array(columns).fill(NOTHING);
  markLane(
    marks,
    intervals.filter((one) => !one.wrong),
    window,
    inside,
  );
  markLane(
    marks,
    intervals.filter((one) => one.wrong),
    window,
    wrong,
  );
  return marks.join('');
}

function markLane(marks: string[], intervals: Interval[], window: Window, mark: string): void {
  const columns = marks.length;
  for (const [column, cover] of coverOf(intervals, window, columns).entries())
    if (cover >= 0.5) marks[column] = mark === SHADED && cover > 1 + ALMOST ? SHADED_TWICE : mark;
  const perColumn = (window.toNs - window.fromNs) / columns;
  for (const { fromNs, toNs } of intervals) {
    const middle = Math.floor(((fromNs + toNs) / 2 - window.fromNs) / perColumn);
    const column = Math.max(0, Math.min(columns - 1, middle));
    if (marks[column] !== SHADED_TWICE) marks[column] = mark;
  }
}

function rulerLines(window: Window, columns: number, paint: Painter): string[] {
  const { marks, unit, unitNs } = ruler(window, Math.max(3, Math.floor(columns / 14)));
  const line = Array(columns).fill('─');
  let numbers = '';
  for (const mark of marks) {
    const column = Math.round(((mark - window.fromNs) / (window.toNs - window.fromNs)) * columns);
    const text = String(Math.round((mark / unitNs) * 1000) / 1000);
    if (column >= columns || numbers.length > column || column + text.length > columns) continue;
    line[column] = '┴';
    numbers = numbers.padEnd(column) + text;
  }
  return [label('') + paint('faint', line.join('')), label(unit) + paint('faint', numbers)];
}

function label(text: string): string {
  return `${text.padStart(LABEL_WIDTH - 1)} `;
}
