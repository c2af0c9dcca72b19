// The report of `coldrig compare` in words and as JSON.
//
// What must stay true: no table is wider than 80 columns, so that it can be read in any terminal; so each number of channels has several tables.

import { FOUR, stageNames } from '../../host/plant/cryostat/stages.ts';
import type { Outcome, Workload } from '../../host/tools/compare/model.ts';

export function compareText(outcomes: readonly Outcome[], workload: Omit<Workload, 'channels'>): string {
  const sizes = [...new Set(outcomes.map(({ channels }) => channels))];
  const rate = `${workload.shotsPerSecond.toLocaleString('en-US')} shots of ${workload.windowNs} ns a second on each channel`;
  return [
    rate,
    'each row: the architecture, and what of the readout leaves the fridge',
    ...sizes.flatMap((size) => sectionOf(outcomes.filter(({ channels }) => channels === size))),
  ].join('\n');
}

function sectionOf(outcomes: readonly Outcome[]): string[] {
  const compressed = outcomes.flatMap((outcome) => leverRow(outcome, outcomes));
  return [
    '',
    `${outcomes[0].channels.toLocaleString('en-US')} channels`,
    ...tableOf(['', 'lines', 'to the rack', '4K at', 'SNR', 'latency'], outcomes.map(resultRow)),
    'heat, with every stage at its limit',
    ...tableOf(
      ['', ...stageNames, 'exceeds'],
      [['room for it', ...outcomes[0].roomWatts.map(watts), ''], ...outcomes.map(heatRow)],
    ),
    ...(compressed.length === 0 ? [] : ['compression against raw: heat at 4K saved in link and cables, and added']),
    ...(compressed.length === 0 ? [] : tableOf(['', 'less to send', 'saved', 'added'], compressed)),
  ];
}

/** The first column is text, and the last of a row that ends with it. */
function tableOf(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column].length)));
  const isText = (column: number) => column === 0 || head[column] === 'exceeds';
  return all.map((row) =>
    row
      .map((cell, column) => (isText(column) ? cell.padEnd(widths[column]) : cell.padStart(widths[column])))
      .join('  ')
      .replace(/^/, '  ')
      .trimEnd(),
  );
}

const nameOf = ({ architecture, compression, analogHertz }: Outcome): string =>
  `${architecture} ${analogHertz > 0 ? 'analogue' : compression}`;

function resultRow(outcome: Outcome): string[] {
  const { lines, bitsPerSecond, analogHertz, plateKelvin, snrDecibels, latencyNs } = outcome;
  return [
    nameOf(outcome),
    String(lines),
    analogHertz > 0 ? `${analogHertz / 1e9} GHz` : bitsText(bitsPerSecond),
    plateKelvin === undefined ? 'no rest' : `${plateKelvin.toFixed(2)} K`,
    snrDecibels === undefined ? '-' : `${snrDecibels.toFixed(1)} dB`,
    `${Math.round(latencyNs)} ns`,
  ];
}

const heatRow = (outcome: Outcome): string[] => [
  nameOf(outcome),
  ...outcome.totalWatts.map(watts),
  outcome.overloaded.join(', '),
];

/** What compression saves and costs, for an architecture that may choose. */
function leverRow(outcome: Outcome, all: readonly Outcome[]): string[][] {
  const { architecture, compression, bitsPerSecond } = outcome;
  if (compression === 'raw') return [];
  const raw = all.find((each) => each.architecture === architecture && each.compression === 'raw');
  if (!raw) return [];
  const saved = partWatts(raw, ['link']) - partWatts(outcome, ['link']) + cableWatts(raw) - cableWatts(outcome);
  const spent = partWatts(outcome, ['demodulation', 'thresholds']);
  const less = Number((raw.bitsPerSecond / bitsPerSecond).toPrecision(3)).toLocaleString('en-US');
  return [[nameOf(outcome), `${less} times`, watts(saved), watts(spent)]];
}

const partWatts = ({ heat }: Outcome, names: readonly string[]): number =>
  heat.filter(({ what }) => names.includes(what)).reduce((sum, part) => sum + part.watts[FOUR], 0);
const cableWatts = (outcome: Outcome): number => partWatts(outcome, ['cables']);

function watts(value: number): string {
  const size = Math.abs(value);
  const [unit, factor] = size >= 1 ? ['W', 1] : size >= 1e-3 ? ['mW', 1e3] : size >= 1e-6 ? ['uW', 1e6] : ['nW', 1e9];
  return size === 0 ? '0' : `${Number((value * factor).toPrecision(3))} ${unit}`;
}

function bitsText(bits: number): string {
  const [unit, factor] = bits >= 1e9 ? ['Gb/s', 1e9] : ['Mb/s', 1e6];
  return `${Number((bits / factor).toPrecision(3))} ${unit}`;
}

const byStage = (values: readonly number[]) => Object.fromEntries(values.map((value, i) => [stageNames[i], value]));

export function compareJson(outcomes: readonly Outcome[], workload: Omit<Workload, 'channels'>): object {
  return {
    ...workload,
    outcomes: outcomes.map(({ heat, totalWatts, roomWatts, plateKelvin, snrDecibels, assignmentError, ...rest }) => ({
      ...rest,
      heatWatts: byStage(totalWatts),
      roomWatts: byStage(roomWatts),
      parts: heat.map((part) => ({ what: part.what, watts: byStage(part.watts) })),
      plateKelvin: plateKelvin ?? null,
      snrDecibels: snrDecibels ?? null,
      assignmentError: assignmentError ?? null,
    })),
  };
}
