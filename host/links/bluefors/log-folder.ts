// The log folder of a Bluefors-style control system, for dashboards and drivers that read such folders.
//
//   ROOT/YY-MM-DD/CH6 T YY-MM-DD.log     ` 25-11-26,23:05:00,1.953000e-02`     also R (ohms) and P (watts)
//                 Flowmeter, maxigauge, Channels, Status_, heaters_            as in the reference of such logs
//
// One line per minute of the lab's own time. Folders and files are made with the first line of a day, so just after midnight they are missing,
// as with the real system. The date has a leading space, as in older versions; drivers for newer ones accept both. A sensor without a reading
// is logged as 0. A channel that was not measured since the last line (it is off, or the scanner is at another one) gets no line, because an old
// value with a new date would be wrong. What must stay true: lines are appended whole, so that a reader never sees half of one.

import { closeSync, fstatSync, ftruncateSync, mkdirSync, openSync, readSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BlueforsSystem } from './system.ts';

export const LOG_EVERY_NS = 60_000_000_000;

export interface LogFolderOptions {
  root: string;
  system: BlueforsSystem;
  /** The wall time at time 0 of the lab, in milliseconds since 1970. */
  startMs: number;
}

export class BlueforsLogFolder {
  private readonly options: LogFolderOptions;
  private nextNs = 0;
  private lastNs = Number.NEGATIVE_INFINITY;

  constructor(options: LogFolderOptions) {
    this.options = options;
    mkdirSync(options.root, { recursive: true });
  }

  /** Writes the lines that are due. */
  log(): void {
    const { timeNs } = this.options.system.cryostat;
    if (timeNs < this.nextNs) return;
    this.nextNs = (Math.floor(timeNs / LOG_EVERY_NS) + 1) * LOG_EVERY_NS;
    const { day, clock, folder } = momentOf(this.options.startMs + timeNs / 1e6);
    mkdirSync(join(this.options.root, folder), { recursive: true });
    const since = this.lastNs;
    this.lastNs = timeNs;
    for (const [name, words] of this.lines(since)) {
      const space = name.startsWith('CH') || name === 'Flowmeter ' ? ' ' : '';
      appendLine(join(this.options.root, folder, `${name}${folder}.log`), `${space}${day},${clock},${words}`);
    }
  }

  /** File name without its date, and the text after date and time. */
  private lines(sinceNs: number): [string, string][] {
    const { system } = this.options;
    const measured = system.channels().filter(({ measuredNs, isRefreshed }) => isRefreshed && measuredNs > sinceNs);
    const channels = measured.flatMap(({ number, kelvin, ohms, watts }): [string, string][] => [
      [`CH${number} T `, exponential(kelvin, 6)],
      [`CH${number} R `, exponential(ohms, 6)],
      [`CH${number} P `, exponential(watts, 6)],
    ]);
    const gauges = system
      .pressures()
      .map(({ label, millibar }, i) => `CH${i + 1},${label.padEnd(8)},1,${exponential(millibar, 2)},0,1`);
    return [
      ...channels,
      ['Flowmeter ', system.flowMillimolesPerSecond.toFixed(6)],
      ['maxigauge ', `${gauges.join(',')},`],
      ['Channels ', `1,${pairs(system.states(), String)}`],
      ['Status_', pairs(system.compressor(), (value) => exponential(value, 6))],
      ['heaters_', pairs(system.heaters(), (value) => exponential(value, 6))],
    ];
  }
}

/** All of the line, or an error and nothing of it. A line before it that was cut stays one of its own. */
function appendLine(path: string, line: string): void {
  const file = openSync(path, 'a+');
  try {
    const { size } = fstatSync(file);
    const last = Buffer.alloc(1);
    const isCut = size > 0 && readSync(file, last, 0, 1, size - 1) === 1 && last.toString() !== '\n';
    try {
      writeFileSync(file, `${isCut ? '\n' : ''}${line}\n`);
    } catch (error) {
      ftruncateSync(file, size);
      throw Object.assign(error as Error, { path });
    }
  } finally {
    closeSync(file);
  }
}

/** As C prints it: the exponent has two digits at least. */
const exponential = (value: number, digits: number): string =>
  value.toExponential(digits).replace(/\d+$/, (exponent) => exponent.padStart(2, '0'));

const pairs = (values: Record<string, number>, text: (value: number) => string): string =>
  Object.entries(values)
    .map(([key, value]) => `${key},${text(value)}`)
    .join(',');

/** Local time, as the computer of the control system shows it. */
function momentOf(milliseconds: number): { day: string; clock: string; folder: string } {
  const date = new Date(milliseconds);
  const [year, month, day] = [date.getFullYear() % 100, date.getMonth() + 1, date.getDate()].map(two);
  const clock = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':');
  return { day: `${day}-${month}-${year}`, clock, folder: `${year}-${month}-${day}` };
}

const two = (value: number): string => String(value).padStart(2, '0');
