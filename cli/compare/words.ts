// The report of `coldrig compare` in words and as JSON.

import { FOUR, stageNames } from '../../host/plant/cryostat/stages.ts';
import type { Outcome, Workload } from '../../host/tools/compare/model.ts';

export function compareText(outcomes: readonly Outcome[], workload: Omit<Workload, 'channels'>): string {
  const sizes = [...new Set(outcomes.map(({ channels }) => channels))];
  const rate = `${workload.shotsPerSecond.toLocaleString('en-US')} shots of ${workload.windowNs} ns a second on each channel`;
  return [
    `${rate}; heat with every stage at its limit`,
    ...sizes.flatMap((size) => tableOf(outcomes.filter(({ channels }) => channels === size))),
    '',
    ...leverLines(outcomes),
  ].join('\n');
}

const head = [
  'architecture',
  'readout leaves as',
  'lines',
  'to the rack',
  ...stageNames,
  '4K at',
  'SNR',
  'latency',
  'too much for',
];

function tableOf(outcomes: readonly Outcome[]): string[] {
  const rows = [
    head,
    ['', 'room for it', '', '', ...outcomes[0].roomWatts.map(watts), '', '', '', ''],
    ...outcomes.map(rowOf),
  ];
  const widths = head.map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const isText = (column: number) => column < 2 || column === head.length - 1;
  const lines = rows.map((row) =>
    row
      .map((cell, column) => (isText(column) ? cell.padEnd(widths[column]) : cell.padStart(widths[column])))
      .join('  ')
      .trimEnd(),
  );
  return ['', `${outcomes[0].channels.toLocaleString('en-US')} channels`, ...lines.map((line) => `  ${line}`)];
}

function rowOf(outcome: Outcome): string[] {
  const { architecture, compression, lines, bitsPerSecond, analogHertz, totalWatts, overloaded } = outcome;
  const { plateKelvin, snrDecibels, latencyNs } = outcome;
  return [
    architecture,
    analogHertz > 0 ? 'analogue signal' : compression,
    String(lines),
    analogHertz > 0 ? `${analogHertz / 1e9} GHz` : bitsText(bitsPerSecond),
    ...totalWatts.map(watts),
    plateKelvin === undefined ? 'no rest' : `${plateKelvin.toFixed(2)} K`,
    snrDecibels === undefined ? '-' : `${snrDecibels.toFixed(1)} dB`,
    `${Math.round(latencyNs)} ns`,
    overloaded.join(', '),
  ];
}

/** What compression saves and costs, for every architecture that may choose. */
function leverLines(outcomes: readonly Outcome[]): string[] {
  return outcomes.flatMap((outcome) => {
    if (outcome.compression === 'raw') return [];
    const raw = outcomes.find(
      ({ architecture, compression, channels }) =>
        architecture === outcome.architecture && compression === 'raw' && channels === outcome.channels,
    );
    if (!raw) return [];
    const saved = partWatts(raw, ['link']) - partWatts(outcome, ['link']) + cableWatts(raw) - cableWatts(outcome);
    const spent = partWatts(outcome, ['demodulation', 'thresholds']);
    const less = Number((raw.bitsPerSecond / outcome.bitsPerSecond).toPrecision(3)).toLocaleString('en-US');
    const size = outcome.channels.toLocaleString('en-US');
    return [
      `${outcome.architecture}, ${size} channels: ${outcome.compression} instead of raw is ${less} times less to send; ` +
        `at 4K it saves ${watts(saved)} of link and cables and costs ${watts(spent)} of arithmetic`,
    ];
  });
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
