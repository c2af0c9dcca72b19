// Draws samples as SVG paths (plot-svg.ts): a line from sample to sample when there is room, else the band between least and greatest sample.

import { columnsOf } from './scope.ts';

export const WIDTH = 1200;
export const LEFT = 92;
const RIGHT = 24;
export const INNER = WIDTH - LEFT - RIGHT;
export const LINE_WIDTH = 1.4;

/** Two decimals are finer than any screen. */
export const round = (value: number): number => Math.round(value * 100) / 100;

/** A constant level from each sample to the next, as a converter gives it out. */
export function steps(samples: Int16Array, y: (sample: number) => number): string {
  const width = INNER / samples.length;
  let path = `M${LEFT} ${y(samples[0] ?? 0)}`;
  for (let index = 1; index < samples.length; index += 1) {
    if (samples[index] !== samples[index - 1]) path += `H${round(LEFT + index * width)}V${y(samples[index])}`;
  }
  return `${path}H${LEFT + INNER}`;
}

/** One bar per column, from its least to its greatest sample, connected to the column before. Equal columns are one bar. */
export function band(samples: Int16Array, y: (sample: number) => number): string {
  const { least, most } = columnsOf(samples, INNER);
  const half = LINE_WIDTH / 2;
  let path = '';
  for (let column = 0; column < INNER; ) {
    const before = Math.max(0, column - 1);
    const top = y(Math.max(most[column], least[before])) - half;
    const bottom = y(Math.min(least[column], most[before])) + half;
    let end = column + 1;
    const flat = least[column] === most[column] && bottom - top <= LINE_WIDTH + 0.01;
    while (flat && end < INNER && least[end] === most[end] && most[end] === most[column]) end += 1;
    path += `M${LEFT + column} ${round(top)}H${LEFT + end}V${round(bottom)}H${LEFT + column}Z`;
    column = end;
  }
  return path;
}
