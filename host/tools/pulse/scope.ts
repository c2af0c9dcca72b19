// The data of both pictures of a run, the SVG and the one on the terminal: least and greatest sample of every column, markers, acquisition
// windows, triggers from sending to arrival, skipped instructions, and a ruler whose marks are round numbers.

import { TriggerNetwork } from '../../../protocol/q1/network.ts';
import type { PulseRun, SequencerRun } from './run.ts';
import { type TimeBase, timeBaseOf } from './time-base.ts';

export interface Window {
  fromNs: number;
  toNs: number;
}

export interface Columns {
  least: Int16Array;
  most: Int16Array;
}

export interface Interval {
  fromNs: number;
  toNs: number;
  label: string;
  /** Shown when there is no room for the label. */
  short?: string;
  /** It had no effect: a trigger that was lost. */
  wrong?: boolean;
}

/** One sequencer in a window; times are on the clock of the run. */
export interface Lanes {
  run: SequencerRun;
  name: string;
  paths: [Int16Array, Int16Array];
  /** Largest absolute sample of both paths. */
  peak: number;
  /** By marker, the intervals in which it is high. */
  markers: Interval[][];
  acquisitions: Interval[];
  /** Sent by this sequencer, from sending to arrival at all of them. A lost one is `wrong` and ends where it was lost. */
  triggers: Interval[];
  /** Instructions whose condition was false, and the waits in their place. */
  skips: Interval[];
  underflowNs: number | undefined;
  endNs: number;
}

export function lanesOf(run: PulseRun, window: Window): Lanes[] {
  const base = timeBaseOf(run);
  return run.sequencers.map((sequencer) => lanesOfOne(sequencer, base, window));
}

function lanesOfOne(run: SequencerRun, base: TimeBase, window: Window): Lanes {
  const shiftNs = base.shiftNs(run);
  const length = window.toNs - window.fromNs;
  const rendered = run.paths(Math.max(0, window.fromNs - shiftNs), Math.max(0, window.toNs - shiftNs));
  const offset = Math.max(0, rendered.fromNs + shiftNs - window.fromNs);
  const paths = [rendered.path0, rendered.path1].map((samples) => {
    const placed = new Int16Array(length);
    placed.set(samples.subarray(0, Math.max(0, length - offset)), Math.min(offset, length));
    return placed;
  }) as [Int16Array, Int16Array];
  const { tally } = run;
  const runNs = (timeNs: number) => timeNs - base.zeroNs;
  const names = new Map(run.sequence.parts.acquisitions.map(({ index, name }) => [index, name]));
  const acquisitions = tally.acquisitions.map(({ timeNs, lengthNs, acquisition, bin }) => ({
    fromNs: runNs(timeNs),
    toNs: runNs(timeNs) + lengthNs,
    label: `${names.get(acquisition) ?? acquisition}[${bin}]`,
    short: String(bin),
  }));
  const endNs = shiftNs + run.endNs;
  return {
    ...{ run, name: run.name, paths, peak: Math.max(...paths.map(peakOf)), endNs },
    markers: [0, 1, 2, 3].map((marker) =>
      highIntervals(run, marker, base.zeroNs, endNs).filter((one) => overlaps(one, window)),
    ),
    acquisitions: acquisitions.filter((one) => overlaps(one, window)),
    triggers: triggerIntervals(run, base.zeroNs).filter((one) => overlaps(one, window)),
    skips: skipIntervals(run, base.zeroNs).filter((one) => overlaps(one, window)),
    underflowNs: tally.underflow === undefined ? undefined : runNs(tally.underflow.timeNs),
  };
}

const overlaps = (interval: Interval, window: Window): boolean =>
  interval.fromNs < window.toNs && interval.toNs > window.fromNs;

function peakOf(samples: Int16Array): number {
  let peak = 0;
  for (const sample of samples) peak = Math.max(peak, Math.abs(sample));
  return peak;
}

function highIntervals({ tally }: SequencerRun, marker: number, zeroNs: number, endNs: number): Interval[] {
  const intervals: Interval[] = [];
  let since: number | undefined;
  for (const { timeNs, after } of tally.markers) {
    const high = ((after >> marker) & 1) !== 0;
    if (high && since === undefined) since = timeNs - zeroNs;
    if (!high && since !== undefined) {
      intervals.push({ fromNs: since, toNs: timeNs - zeroNs, label: '' });
      since = undefined;
    }
  }
  // A marker that is still high at the end is drawn until the sequencer stopped.
  if (since !== undefined) intervals.push({ fromNs: since, toNs: Math.max(endNs, since + 1), label: '' });
  return intervals;
}

function triggerIntervals({ tally }: SequencerRun, zeroNs: number): Interval[] {
  return tally.triggers.map(({ timeNs, address, lost }) => {
    const fromNs = timeNs - zeroNs;
    if (lost === 'no')
      return { fromNs, toNs: fromNs + TriggerNetwork.LATENCY_NS, label: `to ${address}`, short: String(address) };
    return { fromNs, toNs: fromNs + TriggerNetwork.GRID_NS, label: `${address} lost`, short: '×', wrong: true };
  });
}

function skipIntervals({ tally, sequence: { program } }: SequencerRun, zeroNs: number): Interval[] {
  return tally.skips.map(({ timeNs, instruction, durationNs }) => ({
    fromNs: timeNs - zeroNs,
    toNs: timeNs - zeroNs + durationNs,
    label: program.instructions[instruction]?.instruction.mnemonic ?? '',
  }));
}

/** Puts intervals into rows so that none overlap in a row. When `most` rows are not enough, the rest is in the last one. */
export function rowsOf(intervals: Interval[], most: number): Interval[][] {
  const rows: Interval[][] = [];
  const free: number[] = [];
  for (const interval of intervals) {
    const found = free.findIndex((timeNs) => timeNs <= interval.fromNs);
    const row = found >= 0 ? found : Math.min(free.length, most - 1);
    rows[row] ??= [];
    rows[row].push(interval);
    free[row] = Math.max(free[row] ?? 0, interval.toNs);
  }
  return rows;
}

/** Least and greatest sample of each of `count` columns; even a pulse of one nanosecond is kept. */
export function columnsOf(samples: Int16Array, count: number): Columns {
  const least = new Int16Array(count);
  const most = new Int16Array(count);
  for (let column = 0; column < count; column += 1) {
    const from = Math.floor((column * samples.length) / count);
    const to = Math.max(from + 1, Math.floor(((column + 1) * samples.length) / count));
    let low = samples[from] ?? 0;
    let high = low;
    for (let index = from + 1; index < to && index < samples.length; index += 1) {
      low = Math.min(low, samples[index]);
      high = Math.max(high, samples[index]);
    }
    least[column] = low;
    most[column] = high;
  }
  return { least, most };
}

/** About `wanted` moments at round numbers, with a fitting unit. */
export function ruler({ fromNs, toNs }: Window, wanted: number): { marks: number[]; unit: string; unitNs: number } {
  const rough = Math.max(1, (toNs - fromNs) / Math.max(1, wanted));
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= rough) ?? rough;
  const marks: number[] = [];
  for (let mark = Math.ceil(fromNs / step) * step; mark <= toNs; mark += step) marks.push(mark);
  const [unitNs, unit] = (
    [
      [1e6, 'ms'],
      [1e3, 'µs'],
      [1, 'ns'],
    ] as const
  ).find(([size]) => toNs >= size * 10) ?? [1, 'ns'];
  return { marks, unit, unitNs };
}

/** A limit of full scale that is a round number and not below the peak. */
export function scaleFor(peak: number): number {
  const limits = [0.01, 0.02, 0.05, 0.1, 0.2, 0.25, 0.5, 1];
  return limits.find((limit) => peak <= limit * 32768) ?? 1;
}
