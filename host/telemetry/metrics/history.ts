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
  /** By name, because a question is of one. */
  private readonly kept = new Map<string, Map<Series, Blocks>>();
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
      let named = this.kept.get(series.name);
      if (named === undefined) {
        named = new Map();
        this.kept.set(series.name, named);
      }
      let blocks = named.get(series);
      if (blocks === undefined) {
        blocks = new Map();
        named.set(series, blocks);
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
    const found = [...(this.kept.get(name) ?? [])].filter(([{ labels }]) =>
      wanted.every(([label, value]) => labels[label] === value),
    );
    if (found.length > seriesMost)
      throw new HistoryError(`${found.length} series; at most ${seriesMost} are told: name more labels`);
    const times = Array.from({ length: points }, (_, point) => fromSeconds + point * stepSeconds);
    const looked = this.looked(query);
    const series = found.flatMap(([{ labels }, blocks]) => {
      const answer = new Points(points);
      if (as === 'rate') addRates(answer, looked, blocks);
      else addValues(answer, looked, blocks);
      return answer.isEmpty ? [] : [answer.of(labels)];
    });
    return { times, series };
  }

  /** Which point each slot belongs to, worked out once for all series; blocks that have nothing to say are left out, but for the one before. */
  private looked({ fromSeconds, toSeconds, stepSeconds }: HistoryQuery): LookedBlock[] {
    const looked: LookedBlock[] = [];
    let before: LookedBlock | undefined;
    for (const [number, block] of this.times) {
      const times = block as Float64Array;
      const points = new Int32Array(slotsOfBlock).fill(NONE);
      let isAsked = false;
      let slots = 0;
      for (; slots < slotsOfBlock && !Number.isNaN(times[slots]); slots++) {
        if (times[slots] < fromSeconds || times[slots] >= toSeconds) continue;
        points[slots] = Math.floor((times[slots] - fromSeconds) / stepSeconds);
        isAsked = true;
      }
      const one = { number, times, points, slots };
      if (isAsked && looked.length === 0 && before !== undefined) looked.push(before);
      if (isAsked) looked.push(one);
      before = one;
    }
    return looked;
  }

  /** Forgets series that are in the table no more, once nothing is kept of them. */
  private endBlock(block: number): void {
    for (const named of this.kept.values())
      for (const [series, blocks] of named) {
        this.squeeze(blocks, block);
        if (blocks.size === 0) named.delete(series);
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
    for (const blocks of [this.times, ...[...this.kept.values()].flatMap((named) => [...named.values()])]) {
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
}

interface LookedBlock {
  number: number;
  times: Float64Array;
  /** The point that each slot belongs to, or NONE. */
  points: Int32Array;
  slots: number;
}

const NONE = -1;

function addValues(to: Points, looked: readonly LookedBlock[], blocks: Blocks): void {
  for (const { number, points, slots } of looked) {
    const block = blocks.get(number);
    if (block === undefined) continue;
    for (let slot = 0; slot < slots; slot++) {
      const value = typeof block === 'number' ? block : block[slot];
      if (points[slot] !== NONE && !Number.isNaN(value)) to.add(points[slot], value);
    }
  }
}

function addRates(to: Points, looked: readonly LookedBlock[], blocks: Blocks): void {
  let [beforeSeconds, before] = [Number.NaN, Number.NaN];
  for (const { number, times, points, slots } of looked) {
    const block = blocks.get(number);
    if (block === undefined) continue;
    for (let slot = 0; slot < slots; slot++) {
      const value = typeof block === 'number' ? block : block[slot];
      if (Number.isNaN(value)) continue;
      const seconds = times[slot];
      if (points[slot] !== NONE && seconds > beforeSeconds)
        to.add(points[slot], (value < before ? value : value - before) / (seconds - beforeSeconds));
      [beforeSeconds, before] = [seconds, value];
    }
  }
}

/** Least, greatest and mean value of each point. */
class Points {
  isEmpty = true;
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
    this.isEmpty = false;
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
