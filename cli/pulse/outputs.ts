// The output files of a run. Each is written whole or not at all.

import { perfettoTrace } from '../../host/tools/pulse/perfetto.ts';
import { svgPlot } from '../../host/tools/pulse/plot-svg.ts';
import type { PulseRun } from '../../host/tools/pulse/run.ts';
import { csvFile, npyFile, sampleTable } from '../../host/tools/pulse/samples.ts';
import type { Window } from '../../host/tools/pulse/scope.ts';
import { timeBaseOf } from '../../host/tools/pulse/time-base.ts';
import { vcdFile } from '../../host/tools/pulse/vcd.ts';
import { ExitCode, Failure } from '../failure.ts';
import { checkOutput, writeOutput } from '../files.ts';
import { refuseClashes } from '../outputs.ts';

export interface OutputOptions {
  vcd?: string;
  perfetto?: string;
  samples?: string;
  plot?: string;
  from?: number;
  to?: number;
}

/** Length of the samples that are drawn or written without --to: two milliseconds. */
const SAMPLES_MOST_NS = 2_000_000;

/** Records a sequencer keeps for the traces: 32 bytes each. */
const RECORDS_MOST = 1_000_000;

export function recordsToKeep({ vcd, perfetto }: OutputOptions): number {
  return vcd === undefined && perfetto === undefined ? 0 : RECORDS_MOST;
}

/** Up to when outputs are computed: for plots and files, and for the keys of q1simulator's results. */
export function outputsNeededNs({ from = 0, to }: OutputOptions): number {
  return Math.max(SAMPLES_MOST_NS, to ?? from + SAMPLES_MOST_NS);
}

/** Checks the options before anything runs. */
export function checkOptions({ samples, plot, vcd, perfetto, from = 0, to }: OutputOptions, files: string[]): void {
  if (samples !== undefined && !/\.(csv|npy)$/.test(samples)) {
    throw new Failure('OPTION', `--samples ${samples}: expected a name that ends in .csv or .npy`, {
      exitCode: ExitCode.USAGE,
    });
  }
  const named = { '--samples': samples, '--plot': plot, '--vcd': vcd, '--perfetto': perfetto };
  refuseClashes(named, { '<file>': files });
  for (const path of Object.values(named)) if (path !== undefined) checkOutput(path, 'the output');
  if (to !== undefined && to <= from) {
    throw new Failure('OPTION', `--to ${to} is not after --from ${from}`, { exitCode: ExitCode.USAGE });
  }
}

/** The part of the run that is shown and written, and whether something had to be left out. */
export function windowOf(run: PulseRun, { from = 0, to }: OutputOptions): Window & { cut: boolean } {
  const endNs = Math.max(from + 1, Math.min(to ?? Number.POSITIVE_INFINITY, timeBaseOf(run).endNs));
  const toNs = to === undefined ? Math.min(endNs, from + SAMPLES_MOST_NS) : endNs;
  return { fromNs: from, toNs, cut: toNs < endNs };
}

/** Names of the files written, and notes on what they leave out. */
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
  if (cut) notes.push(`plots and samples cover ${fromNs} to ${toNs} ns; choose another range with --from and --to`);
  for (const { name, records } of run.sequencers) {
    if (records.cutNs !== undefined && recordsToKeep(options) > 0) {
      notes.push(`the traces of ${name} end at ${records.cutNs - zeroNs} ns, after ${RECORDS_MOST} events`);
    }
  }
  return notes;
}
