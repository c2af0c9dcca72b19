// The last 24 hours of every series, in memory: a value a step, in typed arrays.
//
//   slot      0    1    2  ...  239 | 240 ...            one each 15 s; its time is kept, because the host's clock may be stepped
//   times     t0   t1   t2 ...      |                    one array for all series
//   a series  NaN  3.1  3.1 ...     | 3.1                NaN: it was not there; a block of one hour in which nothing changed is one number
//
// What must stay true: memory has a bound. When it is reached, the oldest hour of every series goes, and `sinceSeconds` says so.

import type { Series } from '../series.ts';

export interface HistoryOptions {
  stepSeconds?: number;
  keepSeconds?: number;
  bytesMost?: number;
}

export interface HistoryQuery {
  /** Name of a series, with the suffix of a histogram's part. */
  name: string;
  /** Labels that it must have. */
  match?: Readonly<Record<string, string>>;
  fromSeconds: number;
  toSeconds: number;
  /** A point of the answer is made of the samples of so long. */
  stepSeconds: number;
  /** `rate`: growth of a counter a second, a counter that falls counts as begun anew. */
  as?: 'value' | 'rate';
  /** More series than these are refused. */
  seriesMost?: number;
}

/** Of a point without samples, all are null. */
export interface HistorySeries {
  labels: Readonly<Record<string, string>>;
  min: (number | null)[];
  max: (number | null)[];
  mean: (number | null)[];
}

export interface HistoryAnswer {
  /** Where each point begins. */
  times: number[];
  series: HistorySeries[];
}

/** A question that is not answered; the text says why. */
export class HistoryError extends Error {
  override readonly name = 'HistoryError';
}

const slotsOfBlock = 240;
const pointsMost = 11_000;
const usual = { stepSeconds: 15, keepSeconds: 24 * 3600, bytesMost: 256 << 20 };

/** By number of the block. A number stands for a block of that value. */
type Blocks = Map<number, Float64Array | number>;

export class History {
  readonly stepSeconds: number;
  bytes = 0;
  private readonly blocksMost: number;
  private readonly bytesMost: number;
  private readonly times: Blocks = new Map();
  private readonly kept = new Map<Series, Blocks>();
  private slots = 0;
  private firstBlock = 0;

  constructor(options: HistoryOptions = {}) {
    const { stepSeconds, keepSeconds, bytesMost } = { ...usual, ...options };
    this.stepSeconds = stepSeconds;
    this.blocksMost = Math.ceil(keepSeconds / stepSeconds / slotsOfBlock) + 1;
    this.bytesMost = bytesMost;
  }

  /** The oldest time that is kept; undefined: there is none. */
  get sinceSeconds(): number | undefined {
    const block = this.times.get(this.firstBlock);
    return block instanceof Float64Array ? block[0] : undefined;
  }

  /** Takes the present value of all series down. */
  take(nowSeconds: number, all: Iterable<Series>): void {
    const [block, slot] = [Math.floor(this.slots / slotsOfBlock), this.slots % slotsOfBlock];
    if (slot === 0) this.endBlock(block - 1);
    this.blockOf(this.times, block)[slot] = nowSeconds;
    for (const series of all) {
      let blocks = this.kept.get(series);
      if (blocks === undefined) {
        blocks = new Map();
        this.kept.set(series, blocks);
      }
      this.blockOf(blocks, block)[slot] = series.value;
    }
    this.slots++;
    while (this.bytes > this.bytesMost && this.firstBlock < block) this.dropFirst();
  }

  /** Throws a HistoryError. */
  query(query: HistoryQuery): HistoryAnswer {
    const { name, match = {}, fromSeconds, toSeconds, stepSeconds, as = 'value', seriesMost = 2_000 } = query;
    const points = Math.ceil((toSeconds - fromSeconds) / stepSeconds);
    if (!(points >= 1)) throw new HistoryError('the range is empty: expected from before to, and a step above 0');
    if (points > pointsMost)
      throw new HistoryError(`${points} points; at most ${pointsMost} are told: take a longer step`);
    const wanted = Object.entries(match);
    const found = [...this.kept].filter(
      ([series]) => series.name === name && wanted.every(([label, value]) => series.labels[label] === value),
    );
    if (found.length > seriesMost)
      throw new HistoryError(`${found.length} series; at most ${seriesMost} are told: name more labels`);
    const times = Array.from({ length: points }, (_, point) => fromSeconds + point * stepSeconds);
    const samples = as === 'rate' ? this.rates.bind(this) : this.values.bind(this);
    const series = found.map(([{ labels }, blocks]) => {
      const answer = new Points(points);
      for (const [time, value] of samples(blocks))
        if (time >= fromSeconds && time < toSeconds) answer.add(Math.floor((time - fromSeconds) / stepSeconds), value);
      return answer.of(labels);
    });
    return { times, series: series.filter(({ mean }) => mean.some((value) => value !== null)) };
  }

  /** Forgets series that are in the table no more, once nothing is kept of them. */
  private endBlock(block: number): void {
    for (const [series, blocks] of this.kept) {
      this.squeeze(blocks, block);
      if (blocks.size === 0) this.kept.delete(series);
    }
    while (block + 1 - this.firstBlock >= this.blocksMost) this.dropFirst();
  }

  private squeeze(blocks: Blocks, number: number): void {
    const block = blocks.get(number);
    if (!(block instanceof Float64Array) || !block.every((value) => value === block[0])) return;
    blocks.set(number, block[0]);
    this.bytes -= block.byteLength;
  }

  private dropFirst(): void {
    for (const blocks of [this.times, ...this.kept.values()]) {
      const block = blocks.get(this.firstBlock);
      if (block instanceof Float64Array) this.bytes -= block.byteLength;
      blocks.delete(this.firstBlock);
    }
    this.firstBlock++;
  }

  private blockOf(blocks: Blocks, number: number): Float64Array {
    const found = blocks.get(number);
    if (found instanceof Float64Array) return found;
    const block = new Float64Array(slotsOfBlock).fill(Number.NaN);
    blocks.set(number, block);
    this.bytes += block.byteLength;
    return block;
  }

  private *values(blocks: Blocks): Generator<[time: number, value: number]> {
    for (const [number, block] of blocks) {
      const times = this.times.get(number) as Float64Array;
      for (let slot = 0; slot < slotsOfBlock && !Number.isNaN(times[slot]); slot++) {
        const value = typeof block === 'number' ? block : block[slot];
        if (!Number.isNaN(value)) yield [times[slot], value];
      }
    }
  }

  private *rates(blocks: Blocks): Generator<[time: number, value: number]> {
    let before: [number, number] | undefined;
    for (const [time, value] of this.values(blocks)) {
      if (before !== undefined && time > before[0])
        yield [time, (value < before[1] ? value : value - before[1]) / (time - before[0])];
      before = [time, value];
    }
  }
}

/** Least, greatest and mean value of each point. */
class Points {
  private readonly min: Float64Array;
  private readonly max: Float64Array;
  private readonly sum: Float64Array;
  private readonly count: Float64Array;

  constructor(points: number) {
    this.min = new Float64Array(points).fill(Number.POSITIVE_INFINITY);
    this.max = new Float64Array(points).fill(Number.NEGATIVE_INFINITY);
    this.sum = new Float64Array(points);
    this.count = new Float64Array(points);
  }

  add(point: number, value: number): void {
    if (value < this.min[point]) this.min[point] = value;
    if (value > this.max[point]) this.max[point] = value;
    this.sum[point] += value;
    this.count[point]++;
  }

  of(labels: HistorySeries['labels']): HistorySeries {
    const { min, max, sum, count } = this;
    const told = (value: (point: number) => number) =>
      Array.from(count, (samples, point) => {
        const number = samples === 0 ? Number.NaN : value(point);
        return Number.isFinite(number) ? number : null;
      });
    return {
      labels,
      min: told((point) => min[point]),
      max: told((point) => max[point]),
      mean: told((point) => sum[point] / count[point]),
    };
  }
}
