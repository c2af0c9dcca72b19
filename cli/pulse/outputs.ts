// The files a run may leave behind. Each is written whole or not at all.

import { perfettoTrace } from '../../host/tools/pulse/perfetto.ts';
import { svgPlot } from '../../host/tools/pulse/plot-svg.ts';
import type { PulseRun } from '../../host/tools/pulse/run.ts';
import { csvFile, npyFile, sampleTable } from '../../host/tools/pulse/samples.ts';
import type { Window } from '../../host/tools/pulse/scope.ts';
import { timeBaseOf } from '../../host/tools/pulse/time-base.ts';
import { vcdFile } from '../../host/tools/pulse/vcd.ts';
import { ExitCode, Failure } from '../failure.ts';
import { checkOutput, writeOutput } from '../files.ts';

export interface OutputOptions {
  vcd?: string;
  perfetto?: string;
  samples?: string;
  plot?: string;
  from?: number;
  to?: number;
}

/** Samples that are drawn or written unless asked otherwise: two milliseconds. */
const SAMPLES_MOST_NS = 2_000_000;

/** Records a sequencer keeps for the traces: 32 bytes each. */
const RECORDS_MOST = 1_000_000;

export function recordsToKeep({ vcd, perfetto }: OutputOptions): number {
  return vcd === undefined && perfetto === undefined ? 0 : RECORDS_MOST;
}

/** How far outputs are looked at: what is drawn or written, and what q1simulator's results cover. */
export function outputsNeededNs({ from = 0, to }: OutputOptions): number {
  return Math.max(SAMPLES_MOST_NS, to ?? from + SAMPLES_MOST_NS);
}

/** Before anything runs: what is wrong with the options. */
export function checkOutputs({ samples, plot, vcd, perfetto, from = 0, to }: OutputOptions): void {
  if (samples !== undefined && !/\.(csv|npy)$/.test(samples)) {
    throw new Failure('OPTION', `--samples ${samples}: expected a name that ends in .csv or .npy`, {
      exitCode: ExitCode.USAGE,
    });
  }
  for (const path of [samples, plot, vcd, perfetto]) if (path !== undefined) checkOutput(path, 'the output');
  if (to !== undefined && to <= from) {
    throw new Failure('OPTION', `--to ${to} is not after --from ${from}`, { exitCode: ExitCode.USAGE });
  }
}

/** What is shown and written of the run, and whether something had to be left out. */
export function windowOf(run: PulseRun, { from = 0, to }: OutputOptions): Window & { cut: boolean } {
  const endNs = Math.max(from + 1, Math.min(to ?? Number.POSITIVE_INFINITY, timeBaseOf(run).endNs));
  const toNs = to === undefined ? Math.min(endNs, from + SAMPLES_MOST_NS) : endNs;
  return { fromNs: from, toNs, cut: toNs < endNs };
}

/** Names of the files written, with what is in them; and notes on what is not. */
export function writeOutputs(
  run: PulseRun,
  options: OutputOptions,
  title: string,
): { files: string[]; notes: string[] } {
  const window = windowOf(run, options);
  const files: string[] = [];
  const write = (path: string, content: Uint8Array | string, what: string) => {
    writeOutput(path, content, what);
    files.push(path);
  };
  const { vcd, perfetto, samples, plot } = options;
  if (samples !== undefined) {
    const table = sampleTable(run, window.fromNs, window.toNs);
    write(samples, samples.endsWith('.npy') ? npyFile(table) : csvFile(table), 'the samples');
  }
  if (plot !== undefined) write(plot, svgPlot(run, window, title), 'the plot');
  if (vcd !== undefined) write(vcd, vcdFile(run, window.toNs), 'the VCD');
  if (perfetto !== undefined) write(perfetto, perfettoTrace(run), 'the Perfetto trace');
  return { files, notes: notesOn(run, options, window) };
}

function notesOn(run: PulseRun, options: OutputOptions, { fromNs, toNs, cut }: Window & { cut: boolean }): string[] {
  const notes: string[] = [];
  const { zeroNs } = timeBaseOf(run);
  if (cut) notes.push(`plots and samples are of ${fromNs} to ${toNs} ns; --from and --to choose others`);
  for (const { name, records } of run.sequencers) {
    if (records.cutNs !== undefined && recordsToKeep(options) > 0) {
      notes.push(`the traces of ${name} end at ${records.cutNs - zeroNs} ns, after ${RECORDS_MOST} events`);
    }
  }
  return notes;
}
