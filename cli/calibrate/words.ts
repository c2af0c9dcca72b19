// What `coldrig calibrate` says: progress, the table at the end, the history of records, a comparison of two.

import type { Comparison, Difference } from '../../host/tools/calibration/compare.ts';
import type { RunRecord } from '../../host/tools/calibration/record.ts';
import { counted } from '../words.ts';

const verdictWords = { in_spec: 'in spec', out_of_spec: 'OUT OF SPEC', bad_data: 'BAD DATA' } as const;

export function runLine({ number, node, kind, verdict, reason }: RunRecord): string {
  return `${String(number).padStart(6)}  ${node.padEnd(14)} ${kind.padEnd(9)} ${verdictWords[verdict].padEnd(11)} ${reason}`;
}

/** The last word on each calibration. */
export function tableText(runs: readonly RunRecord[], folder: string): string {
  if (runs.length === 0)
    return 'nothing had to be measured: every calibration is in its limits, and none has timed out';
  const last = new Map(runs.map((run) => [run.node, run]));
  const lines = [...last.values()].map(runLine);
  const calibrations = runs.filter(({ kind }) => kind === 'calibrate').length;
  return [
    'record  calibration    last run  verdict     figures',
    ...lines,
    `${counted(runs.length - calibrations, 'check')} and ${counted(calibrations, 'calibration')}; records in ${folder}`,
  ].join('\n');
}

export function historyText(records: readonly RunRecord[], folder: string): string {
  if (records.length === 0) return `${folder} holds no calibration records`;
  return [
    'record  calibration    run       verdict     figures',
    ...records.map((record) => `${runLine(record)} (boot ${record.start.boot}, ${record.start.ns / 1e9} s)`),
  ].join('\n');
}

export function comparisonText(a: RunRecord, b: RunRecord, { facts, inputs, results, fit }: Comparison): string {
  const rows = [
    ...facts.map(({ name, a: one, b: other }) => `  ${name}: ${one} | ${other}`),
    ...inputs.map((each) => `  input ${differenceText(each)}`),
    ...results.map((each) => `  ${differenceText(each)}`),
    ...fit.map((each) => `  fit ${differenceText(each)}`),
  ];
  const same = rows.length === 0 ? ['  nothing differs'] : [];
  return [`record ${a.number} (${a.kind} ${a.node}) | record ${b.number} (${b.kind} ${b.node})`, ...rows, ...same].join(
    '\n',
  );
}

function differenceText({ name, a, b, deviations }: Difference): string {
  const apart = deviations === undefined ? '' : `  (${deviations.toFixed(1)} standard errors)`;
  return `${name}: ${shown(a)} | ${shown(b)}${apart}`;
}

const shown = (value: number | undefined): string => (value === undefined ? 'missing' : String(value));
