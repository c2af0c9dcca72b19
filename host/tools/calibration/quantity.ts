// One calibration: how a quantity is measured, when it is within its limits, and which correction brings it back.
//
//   check       measure. Bad data where the data do not behave; in spec where `off` is at most 1; else out of spec.
//   calibrate   measure wide, correct, store, measure again. If it is not better than before, the old record is stored again: nothing is lost.
//
// What must stay true: a correction is stored only from data that behave; a parameter is checked against what the record can hold before it is sent.

import type { CalibrationRecord } from '../calibration-record.ts';
import type { GraphNode } from './graph.ts';
import type { CalibrationPlan } from './plan.ts';
import type { ReadoutBench } from './readout-bench.ts';
import type { FitReport, RunReport } from './record.ts';

export interface Situation {
  bench: ReadoutBench;
  plan: CalibrationPlan;
  /** The record in force when the run began. */
  record: CalibrationRecord;
  /** Results of the last run of this node that passed, on this device and image. */
  before: Readonly<Record<string, number>> | undefined;
}

export interface Measured {
  inputs: Record<string, number>;
  data: Record<string, number[]>;
  fit?: FitReport;
  results: Record<string, number>;
  /** Why the data mean nothing; undefined where they behave. */
  bad?: string;
  /** How far from right, in parts of the limit: at most 1 is in spec. */
  off: number;
  /** In words, with figures and limits. */
  text: string;
}

export interface Quantity extends GraphNode {
  measure(situation: Situation, width: 'check' | 'calibrate'): Promise<Measured>;
  /** The record with what was measured corrected. Throws a CorrectionRefused where the record cannot hold it. */
  correct(situation: Situation, measured: Measured): CalibrationRecord;
}

/** A correction that is out of the range of the record. */
export class CorrectionRefused extends Error {}

/** `value` if its size is at most `most`. */
export function within(value: number, most: number, what: string): number {
  const rounded = Math.round(value);
  if (Number.isFinite(value) && Math.abs(rounded) <= most) return rounded;
  throw new CorrectionRefused(`${what} would be ${value.toPrecision(4)}; a record holds at most ${most}`);
}

export async function check(quantity: Quantity, situation: Situation): Promise<RunReport> {
  return reportOf(await quantity.measure(situation, 'check'));
}

export async function calibrateOne(quantity: Quantity, situation: Situation): Promise<RunReport> {
  const { bench, record } = situation;
  const first = await quantity.measure(situation, 'calibrate');
  if (first.bad !== undefined) return reportOf(first);
  let corrected: CalibrationRecord;
  try {
    corrected = quantity.correct(situation, first);
  } catch (error) {
    if (!(error instanceof CorrectionRefused)) throw error;
    return { ...reportOf(first), verdict: 'out_of_spec', reason: `${first.text}; ${error.message}` };
  }
  await bench.store(corrected);
  const after = await quantity.measure({ ...situation, record: corrected, before: first.results }, 'check');
  const report = reportOf(after);
  const results = { ...first.results, ...prefixed('after', after.results) };
  const both = { inputs: first.inputs, data: first.data, fit: first.fit, results };
  if (report.verdict === 'in_spec') return { ...report, ...both };
  if (after.bad === undefined && after.off < first.off) return { ...report, ...both };
  await bench.corrections();
  await bench.store(record);
  const reason = `${report.reason}; no better than before (${first.text}), so the former correction is in force again`;
  return { ...report, ...both, reason };
}

function reportOf({ inputs, data, fit, results, bad, off, text }: Measured): RunReport {
  const verdict = bad !== undefined ? 'bad_data' : off <= 1 ? 'in_spec' : 'out_of_spec';
  return { verdict, reason: bad ?? text, inputs, data, fit, results };
}

const prefixed = (word: string, results: Record<string, number>): Record<string, number> =>
  Object.fromEntries(
    Object.entries(results).map(([key, value]) => [`${word}${key[0].toUpperCase()}${key.slice(1)}`, value]),
  );
