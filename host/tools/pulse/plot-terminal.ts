// The run on a terminal: paths in Braille dots, two columns and four rows a character; markers and acquisitions a line each.

import type { PulseRun } from './run.ts';
import { columnsOf, type Interval, type Lanes, lanesOf, ruler, scaleFor, type Window } from './scope.ts';

const LABEL_WIDTH = 10;
/** Characters a path is high. */
const PATH_ROWS = 3;
const DOT_ROWS = PATH_ROWS * 4;
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
      lines.push(label(`marker ${index + 1}`) + paint('marker', laneText(intervals, window, columns, '█', '▁')));
  }
  if (lanes.acquisitions.length > 0) {
    lines.push(label('acquire') + paint('acquisition', laneText(lanes.acquisitions, window, columns, '▒', '·')));
  }
  return lines;
}

function pathLines(lanes: Lanes, path: 0 | 1, columns: number, paint: Painter): string[] {
  const scale = scaleFor(lanes.peak);
  const { least, most } = columnsOf(lanes.paths[path], columns * 2);
  const cells = Array.from({ length: PATH_ROWS }, () => new Uint8Array(columns));
  const rowOf = (sample: number) =>
    Math.min(DOT_ROWS - 1, Math.max(0, Math.round(((1 - sample / 32768 / scale) / 2) * (DOT_ROWS - 1))));
  for (let column = 0; column < columns * 2; column += 1) {
    // Reaches to the column before, so that an edge is a line and not two points.
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

/** A character for every column that an interval touches. */
function laneText(
  intervals: Interval[],
  { fromNs, toNs }: Window,
  columns: number,
  inside: string,
  outside: string,
): string {
  const marks: string[] = Array(columns).fill(outside);
  const perColumn = (toNs - fromNs) / columns;
  for (const interval of intervals) {
    const first = Math.max(0, Math.floor((interval.fromNs - fromNs) / perColumn));
    const last = Math.min(columns - 1, Math.ceil((interval.toNs - fromNs) / perColumn) - 1);
    marks.fill(inside, first, Math.max(first, last) + 1);
  }
  return marks.join('');
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
