// Numbers and times as people read them.

import type { Unit } from '../../monitoring/panel.ts';

const prefixes: readonly (readonly [from: number, sign: string])[] = [
  [1, ''],
  [1e-3, 'm'],
  [1e-6, 'µ'],
  [1e-9, 'n'],
];

function scaled(value: number, unit: string): string {
  if (value === 0) return `0 ${unit}`;
  const [from, sign] = prefixes.find(([least]) => Math.abs(value) >= least) ?? prefixes[prefixes.length - 1];
  return `${digits(value / from)} ${sign}${unit}`;
}

const digits = (value: number): string =>
  Math.abs(value) >= 1e6 ? value.toExponential(2) : `${Number(value.toPrecision(4))}`;

/** `3 h 20 min`: the two largest parts. */
export function duration(seconds: number): string {
  if (seconds < 60) return `${digits(Math.round(seconds * 10) / 10)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
  return `${Math.floor(seconds / 86_400)} d ${Math.floor((seconds % 86_400) / 3600)} h`;
}

export function amount(value: number | null | undefined, unit: Unit): string {
  if (value === null || value === undefined) return 'not known';
  switch (unit) {
    case 'kelvin':
      return scaled(value, 'K');
    case 'watt':
      return scaled(value, 'W');
    case 's':
      return Math.abs(value) < 1 ? scaled(value, 's') : duration(value);
    case 'm':
      return `${digits(value)} min`;
    case 'dB':
      return `${digits(value)} dB`;
    case 'cps':
      return `${digits(value)} /s`;
    case 'percentunit':
      return `${Number((value * 100).toPrecision(6))} %`;
    case 'short':
      return digits(value);
  }
}

export type Zone = 'local' | 'UTC';

export const zoneName = (zone: Zone): string =>
  zone === 'UTC' ? 'UTC' : (Intl.DateTimeFormat().resolvedOptions().timeZone ?? 'local time');

/** Time of the day, and the day where it is not today's. `seconds`: since 1970. */
export function moment(seconds: number, nowSeconds: number, zone: Zone): string {
  const timeZone = zone === 'UTC' ? 'UTC' : undefined;
  const day = (of: number) => new Intl.DateTimeFormat('en-CA', { timeZone, dateStyle: 'short' }).format(of * 1000);
  const time = new Intl.DateTimeFormat('en-GB', { timeZone, timeStyle: 'medium' }).format(seconds * 1000);
  return day(seconds) === day(nowSeconds) ? time : `${day(seconds)} ${time}`;
}

/** Short: beside a line of a chart. */
export function axisText(value: number, unit: Unit): string {
  if (unit !== 's' || Math.abs(value) < 60) return amount(value, unit);
  const [from, sign] = value < 3600 ? [60, 'min'] : value < 86_400 ? [3600, 'h'] : [86_400, 'd'];
  return `${digits(value / from)} ${sign}`;
}
