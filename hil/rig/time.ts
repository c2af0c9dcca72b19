// Virtual time in the rig is whole nanoseconds; these are its larger units, and the one way to write a time in words: '200 ms', '30s', '1.5 h'.

export const millisecond = 1_000_000;
export const second = 1_000_000_000;

export const timeUnits: Readonly<Record<string, number>> = {
  ...{ ns: 1, us: 1e3, ms: millisecond, s: second },
  ...{ min: 60 * second, h: 3600 * second, d: 86_400 * second },
};
/** Virtual time is exact up to 104 days. */
export const longestNs = 2 ** 53 - 1;

/** The micro sign and the Greek letter, which look the same, as the `u` of the tables of units. */
export const withPlainMicro = (unit: string): string => unit.replace(/^[\u00b5\u03bc]/, 'u');

/** Nanoseconds of a number with its unit, with or without a space between; undefined for a text that is no time. */
export function parseTime(text: string): number | undefined {
  const [, number, written] = /^(\d+(?:\.\d+)?) ?([a-z\u00b5\u03bc]+)$/.exec(text.trim()) ?? [];
  const unit = withPlainMicro(written ?? '');
  if (!Object.hasOwn(timeUnits, unit)) return undefined;
  return Math.round(Number(number) * timeUnits[unit]);
}

/** As `parseTime`, for a time that a program gives; throws with what a time looks like. */
export function timeOf(text: string): number {
  const ns = parseTime(text);
  if (ns === undefined) {
    const units = Object.keys(timeUnits).join(', ');
    throw new RangeError(`'${text}' is no time; write a number and one of ${units}, for instance '200 ms'`);
  }
  if (ns > longestNs / 2) throw new RangeError(`'${text}' is longer than the clock counts`);
  return ns;
}

/** A time for a person, in the largest unit in which it is at least 1. */
export function timeText(ns: number): string {
  const [unit, perUnit] = Object.entries(timeUnits).findLast(([, size]) => Math.abs(ns) >= size) ?? ['ns', 1];
  return `${Number((ns / perUnit).toPrecision(6))} ${unit}`;
}
