// The present value of every series, as samples have made it: what `/metrics` shows.

import { labelsOfSeries } from '../../protocol/telemetry/metrics.ts';
import type { Sample } from './sample.ts';

export interface Series {
  /** With the suffix of a histogram's part. */
  name: string;
  labels: Readonly<Record<string, string>>;
  value: number;
}

/** A healthy device has some hundred. One that makes names up, or an image that does, cannot fill the memory of whoever keeps series. */
const seriesOfDeviceMost = 5_000;

export class SeriesTable {
  /** Samples that were left out, because their device had too many series. */
  refused = 0;
  private readonly byName = new Map<string, Map<string, Series>>();
  private readonly countOfDevice = new Map<string, number>();

  apply(samples: readonly Sample[]): void {
    for (const sample of samples) this.take(sample);
  }

  /** The series that the sample has set or added to; undefined: its device has too many. */
  take({ name, suffix, labels, value, how }: Sample): Series | undefined {
    if (name.endsWith('_info')) this.replace(name, labels);
    const series = this.of(suffix === undefined ? name : `${name}${suffix}`, labels);
    if (series === undefined) this.refused++;
    else series.value = how === 'set' ? value : series.value + value;
    return series;
  }

  /** A series as it was kept elsewhere. */
  restored(name: string, labels: Series['labels'], value: number): Series {
    const series = this.of(name, labels, true) as Series;
    series.value = value;
    return series;
  }

  /** Whether it was not replaced or forgotten. */
  has(series: Series): boolean {
    return this.byName.get(series.name)?.get(valuesKey(series.name, series.labels)) === series;
  }

  /** All series of a name. */
  all(name: string): Iterable<Series> {
    return this.byName.get(name)?.values() ?? [];
  }

  /** Of every name, in the order in which they came. */
  *everything(): Iterable<Series> {
    for (const series of this.byName.values()) yield* series.values();
  }

  /** Takes out every series of a device. */
  forget(device: string): void {
    for (const named of this.byName.values())
      for (const [key, { labels }] of named) if (labels.device === device) named.delete(key);
    this.countOfDevice.delete(device);
  }

  /** What a device is now takes the place of what it was: another image, for one. */
  private replace(name: string, labels: Series['labels']): void {
    const { cryostat, device } = labels;
    const named = this.byName.get(name);
    for (const [key, { labels: of }] of named ?? []) {
      if (of.cryostat !== cryostat || of.device !== device || key === valuesKey(name, labels)) continue;
      named?.delete(key);
      this.countOfDevice.set(device, (this.countOfDevice.get(device) ?? 1) - 1);
    }
  }

  private of(name: string, labels: Series['labels'], isKept = false): Series | undefined {
    let named = this.byName.get(name);
    if (named === undefined) {
      named = new Map();
      this.byName.set(name, named);
    }
    const key = valuesKey(name, labels);
    let series = named.get(key);
    if (series === undefined) {
      const count = this.countOfDevice.get(labels.device) ?? 0;
      if (count >= seriesOfDeviceMost && labels.device !== undefined && !isKept) return undefined;
      this.countOfDevice.set(labels.device, count + 1);
      series = { name, labels, value: 0 };
      named.set(key, series);
    }
    return series;
  }
}

export function setOrAdd(series: Series, { value, how }: Sample): void {
  series.value = how === 'set' ? value : series.value + value;
}

/** The values of the labels that a series of this name has, in the order of the table: much faster than keyOf. */
function valuesKey(name: string, labels: Series['labels']): string {
  let wanted = labelsByName.get(name);
  if (wanted === undefined) {
    wanted = labelsOfSeries(name) ?? Object.keys(labels).sort();
    labelsByName.set(name, wanted);
  }
  let key = '';
  for (const label of wanted) key += `${labels[label]}\n`;
  return key;
}

const labelsByName = new Map<string, readonly string[]>();

/** Labels as a text: the same for the same labels in any order. */
export const keyOf = (labels: Series['labels']): string =>
  Object.keys(labels)
    .sort()
    .map((label) => `${label}=${JSON.stringify(labels[label])}`)
    .join(',');
