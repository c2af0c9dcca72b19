// The present value of every series, as samples have made it: what `/metrics` shows.

import type { Sample } from './samples.ts';

export interface Series {
  /** With the suffix of a histogram's part. */
  name: string;
  labels: Readonly<Record<string, string>>;
  value: number;
}

export class SeriesTable {
  private readonly byName = new Map<string, Map<string, Series>>();

  apply(samples: readonly Sample[]): void {
    for (const { name, suffix, labels, value, how } of samples) {
      const series = this.of(`${name}${suffix ?? ''}`, labels);
      series.value = how === 'set' ? value : series.value + value;
    }
  }

  /** All series of a name. */
  all(name: string): Iterable<Series> {
    return this.byName.get(name)?.values() ?? [];
  }

  /** Of every name, in the order in which they came. */
  *everything(): Iterable<Series> {
    for (const series of this.byName.values()) yield* series.values();
  }

  /** Takes out every series that has this label. */
  forget(label: string, value: string): void {
    for (const named of this.byName.values())
      for (const [key, { labels }] of named) if (labels[label] === value) named.delete(key);
  }

  private of(name: string, labels: Series['labels']): Series {
    let named = this.byName.get(name);
    if (named === undefined) {
      named = new Map();
      this.byName.set(name, named);
    }
    const key = keyOf(labels);
    let series = named.get(key);
    if (series === undefined) {
      series = { name, labels, value: 0 };
      named.set(key, series);
    }
    return series;
  }
}

/** Labels as a text: the same for the same labels in any order. */
export const keyOf = (labels: Series['labels']): string =>
  Object.keys(labels)
    .sort()
    .map((label) => `${label}=${JSON.stringify(labels[label])}`)
    .join(',');
