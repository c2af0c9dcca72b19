// `coldrig mux`: plans the refreshing of a multiplexer's cells, and checks plans. Thin over host/tools/multiplexer.

import { Command, InvalidArgumentError } from 'commander';
import type { PulseProgram } from '../../hil/rig/pulse/run.ts';
import { chooser } from '../../host/board/random.ts';
import { FridgeError } from '../../host/plant/cryostat/field.ts';
import { buildAll } from '../../host/tools/build.ts';
import { muxPresets, openProblem } from '../../host/tools/multiplexer/open-problem.ts';
import { densityOfProblem, planProblem, STEPS_A_SECOND } from '../../host/tools/multiplexer/planner.ts';
import { tablePlot } from '../../host/tools/multiplexer/plot.ts';
import type { MuxProblem } from '../../host/tools/multiplexer/problem.ts';
import { inSlots, ProblemError } from '../../host/tools/multiplexer/slots.ts';
import { tableBytes, tableJson } from '../../host/tools/multiplexer/table.ts';
import { readTable, TableError } from '../../host/tools/multiplexer/verify/read.ts';
import { verifyTable } from '../../host/tools/multiplexer/verify/verify.ts';
import type { AssembledSequence } from '../../host/tools/q1/index.ts';
import { Mux } from '../../protocol/multiplexer/module.ts';
import { ExitCode, Failure } from '../failure.ts';
import { readInput, writeOutput } from '../files.ts';
import { inSteps } from '../interruption.ts';
import { runPlan, runText } from '../mux/run.ts';
import { type Ending, type SearchResult, searchUntilStopped } from '../mux/search.ts';
import { planJson, planText, refusalText, verdictText } from '../mux/words.ts';
import { parseSeconds, parseWord } from '../options.ts';
import { checkOutputs, unlessPreset } from '../outputs.ts';
import { loadFiles } from '../pulse/sources.ts';
import { type GlobalOptions, printing, type Result } from '../result.ts';
import { buildNotes } from '../run/new-device.ts';
import { systemReason } from '../system-error.ts';

const PROBLEM = `name of a preset (${muxPresets.join(', ')}) or a YAML file (docs/multiplexer.md has its keys)`;
/** The limit is counted in steps; the clock ends a search only on a machine that is slower than this many times. */
const CLOCK_FACTOR = 10;
/** Virtual seconds of a run. A readout has some ten million services a second. */
const RUN_SECONDS = { voltages: 10, samples: 0.01 } as const;

export function addMuxCommands(program: Command): void {
  const mux = new Command('mux').description('plan and check the refreshing of sample-and-hold cells');
  mux.addCommand(planCommand());
  mux.addCommand(verifyCommand());
  mux.addCommand(runCommand());
  program.addCommand(mux);
}

interface PlanCommandOptions {
  plot?: string;
  out?: string;
  timeLimit: number;
  seed: number;
}

function planCommand(): Command {
  return new Command('plan')
    .description('make a cyclic table that serves every cell in time, or say why there is none')
    .argument('<problem>', PROBLEM)
    .option('--out <table>', 'write the table: JSON where the name ends in .json, else as the device takes it')
    .option('--plot <svg>', 'draw the table')
    .option(
      '--time-limit <seconds>',
      'how long to search on a usual machine; it is counted in steps, so that every machine finds the same',
      parseSeconds,
      2,
    )
    .option('--seed <number>', 'seed of the random choices of the search', parseWord, 1)
    .addHelpText(
      'after',
      `
The same problem, limit and seed give the same table on every machine. Ctrl-C ends the search with the best table so far.
Exit code 1 when no table is found.

Examples:
  coldrig mux plan cells-96 --plot table.svg
  coldrig mux plan my-cells.yaml --out table.bin && coldrig mux verify table.bin --problem my-cells.yaml

With --json: {accepted: true, density, lines, periodSlots, slotNs, cells: [{name, line, deadlineNs, largestGapNs}], dutyStolen, switches,
switchesLeast, method, ending, seconds}, or {accepted: false, density, reasons: [{cell, excessNs}], leastChange: {toleranceFactor,
serviceFactor, lines}, isProven, ending, seconds}.`,
    )
    .action(printing<[string], PlanCommandOptions>((options, file) => plan(file, options)));
}

async function plan(file: string, options: PlanCommandOptions): Promise<Result> {
  const { out, plot } = options;
  checkOutputs(
    { '--out': [out, 'the table'], '--plot': [plot, 'the plot'] },
    { '<problem>': unlessPreset(muxPresets, file) },
  );
  const problem = open(file);
  const found = await searched(problem, file, options);
  return report(problem, found, options);
}

/** The search of `plan` and of `run`: the same options give the same table. */
function searched(
  problem: MuxProblem,
  file: string,
  { timeLimit, seed }: { timeLimit: number; seed: number },
): Promise<SearchResult> {
  const search = planProblem(problem, { steps: Math.ceil(timeLimit * STEPS_A_SECOND), choose: chooser(seed) });
  return refusing(() => searchUntilStopped(search, timeLimit * CLOCK_FACTOR), file);
}

function report(problem: MuxProblem, found: SearchResult, options: PlanCommandOptions): Result {
  const { ending, seconds, plan: best, result } = found;
  const density = result?.density ?? densityOfProblem(inSlots(problem));
  const facts = { ending, seconds: Math.round(seconds * 1000) / 1000 };
  if (best) {
    const files = [options.out, options.plot].filter((path) => path !== undefined);
    if (options.out !== undefined) {
      const bytes = options.out.endsWith('.json') ? tableJson(best.table) : tableBytes(best.table);
      writeOutput(options.out, bytes, 'the table');
    }
    if (options.plot !== undefined) writeOutput(options.plot, tablePlot(best.table, problem), 'the plot');
    const lines = [planText(best, problem, density), ...endingText(ending), ...files.map((path) => `  wrote ${path}`)];
    return { text: lines.join('\n'), json: { ...planJson(best, problem, density), ...facts } };
  }
  if (!result?.refusal) {
    const exitCode = ending === 'interrupted' ? ExitCode.INTERRUPTED : ExitCode.FAILED;
    throw new Failure('NO_TABLE', `${ending}: no table was found so far`, { exitCode, facts });
  }
  const { refusal } = result;
  const json = { accepted: false, density, ...refusal, ...facts };
  return { text: refusalText(problem, density, refusal), json, exitCode: ExitCode.FAILED };
}

function endingText(ending: Ending): string[] {
  if (ending === 'interrupted') return ['  interrupted: this is the best table so far'];
  if (ending === 'out of time')
    return ['  this machine was too slow for the limit: this is the best table so far; another run may find another'];
  return [];
}

function verifyCommand(): Command {
  return new Command('verify')
    .description('check a table service by service, with code that is not the planner’s')
    .argument('<table>', 'a table that `mux plan --out` wrote, JSON or binary')
    .option('--problem <problem>', `what the table is for: ${PROBLEM}`)
    .addHelpText(
      'after',
      `
Exit code 1 when the table is refused. With --json: {accepted, cells: [{name, deadlineNs, largestGapNs}], violations: [{cell, line, slot,
amountNs, text}]}.`,
    )
    .action(printing<[string], { problem?: string }>((options, file) => verify(file, options)));
}

async function verify(file: string, options: { problem?: string }): Promise<Result> {
  const bytes = readInput(file, 'the table');
  const problem = options.problem === undefined ? undefined : open(options.problem);
  const verdict = await refusing(() => verifyTable(readTable(bytes), problem), file);
  const exitCode = verdict.accepted ? ExitCode.OK : ExitCode.FAILED;
  return { text: verdictText(file, verdict, problem !== undefined), json: verdict, exitCode };
}

interface RunCommandOptions extends GlobalOptions {
  for?: number;
  pulse?: string[];
  windows?: number;
  timeLimit: number;
  seed: number;
}

function runCommand(): Command {
  return new Command('run')
    .description(
      'plan, and execute the table on a board: the firmware judges it, the cells drift, every gap is measured',
    )
    .argument('<problem>', PROBLEM)
    .option(
      '--for <seconds>',
      `virtual seconds (default: ${RUN_SECONDS.voltages}, of a readout ${RUN_SECONDS.samples})`,
      parseSeconds,
    )
    .option(
      '--pulse <file...>',
      'play these programs beside it, one per sequencer; they are started again when they end',
    )
    .option(
      '--windows <n.m,...>',
      'markers that give pulse windows: marker m of sequencer n (default: 0.0)',
      parseMarkers,
    )
    .option('--time-limit <seconds>', 'how long to search for a table, as in `mux plan`', parseSeconds, 2)
    .option('--seed <number>', 'seed of the board and of the search', parseWord, 1)
    .addHelpText(
      'after',
      `
Exit code 1 when a deadline is missed, or when there is no table. The cells get values over the whole range of the converter. So at the beginning
they drift fast and get further services beside those of the table. While a marker of --windows is high, services wait as long as no cell
becomes late by it. Every cell counts as one that the programs rely on. Of a run without programs the time that is stolen is that of the first 30 s.
Wrong switches are counted by readback; the rate has its exact interval (Clopper and Pearson).

Examples:
  coldrig mux run cells-96 --for 1
  coldrig mux run cells-96 --for 1d
  coldrig mux run cells-96 --for 1 --pulse docs/pulse/drive.json docs/pulse/readout.json --windows 0.0

With --json: {virtualNs, services, late, cells: [{name, deadlineNs, largestGapNs, errorMicrovolts}], dutyStolen, dutyNs, extra, switches, switchesLeast,
switchErrors, errorRate: {lower, upper}, errorTarget, meetsTarget: true, false or null, pulses?: {runs, windows, waited, forced, edgesLost, flagged}}.`,
    )
    .action(printing<[string], RunCommandOptions>((options, file) => runOnBoard(file, options)));
}

const programOf = ({ binary }: AssembledSequence, sequencer: number): PulseProgram => ({
  name: `sequencer ${sequencer}`,
  binary,
});

/** `0.0,1.2` as bits: marker m of sequencer n is bit 4 n + m. */
function parseMarkers(text: string): number {
  return text.split(',').reduce((bits, one) => {
    const [, sequencer, marker] = /^([0-5])\.([0-3])$/.exec(one) ?? [];
    if (sequencer === undefined)
      throw new InvalidArgumentError(`'${one}' is no marker; write sequencer and marker, as in 0.0 (0.0 to 5.3)`);
    return bits | (1 << (Number(sequencer) * Mux.MARKERS + Number(marker)));
  }, 0);
}

async function runOnBoard(file: string, options: RunCommandOptions): Promise<Result> {
  if (options.windows !== undefined && options.pulse === undefined)
    throw new Failure(
      'OPTION',
      '--windows names markers of the programs that play beside it; give these with --pulse',
      {
        exitCode: ExitCode.USAGE,
      },
    );
  const problem = open(file);
  const programs = options.pulse && loadFiles(options.pulse, undefined).sequences.map(programOf);
  const { plan: best, result } = await searched(problem, file, options);
  if (!best) {
    const density = result?.density ?? densityOfProblem(inSlots(problem));
    const text = result?.refusal ? refusalText(problem, density, result.refusal) : 'no table was found so far';
    throw new Failure('NO_TABLE', text);
  }
  const notes = buildNotes(options.json === true);
  const build = await buildAll(['factory'], notes);
  const pulses = programs && { programs, windowMarkers: options.windows ?? 1 };
  const seconds = options.for ?? RUN_SECONDS[problem.serves];
  const run = runPlan(best, problem, build, { runNs: seconds * 1e9, seed: options.seed, pulses });
  const shows = options.json !== true && process.stderr.isTTY;
  const report = await inSteps(run, (doneNs) => {
    if (shows) process.stderr.write(`\r\x1b[K${(doneNs / 1e9).toFixed(2)} of ${seconds} s`);
  });
  if (shows) process.stderr.write('\r\x1b[K');
  const exitCode = report.late === 0 ? ExitCode.OK : ExitCode.FAILED;
  return { text: runText(report, problem, best), json: report, exitCode };
}

function open(name: string): MuxProblem {
  try {
    return openProblem(name);
  } catch (error) {
    if (error instanceof FridgeError)
      throw new Failure('PROBLEM', error.message, { facts: { file: error.file, line: error.line } });
    const reason = systemReason(error);
    if (reason === undefined) throw error;
    const message = `the problem ${name} cannot be read: ${reason}; give a YAML file, or ${muxPresets.join(', ')}`;
    throw new Failure('FILE_MISSING', message, { cause: error });
  }
}

/** What is wrong with the file, said with its name. */
async function refusing<Value>(work: () => Value | Promise<Value>, file: string): Promise<Value> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ProblemError) throw new Failure('PROBLEM', `${file}: ${error.message}`);
    if (error instanceof TableError) throw new Failure('TABLE', `${file}: ${error.message}`);
    throw error;
  }
}
