// `coldrig pulse run`: runs programs on the sequencers of the firmware, without the rest of the chip, as fast as possible.

import { basename } from 'node:path';
import { Command } from 'commander';
import { presentRun } from '../../hil/rig/pulse/present.ts';
import {
  type PulseProgram,
  PulseRefused,
  type PulseResult,
  runInSlices,
  runOn,
  type Setting,
} from '../../hil/rig/pulse/run.ts';
import { SequencerModule } from '../../host/board/sequencer/sequencer-module.ts';
import { type Painter, terminalPlot } from '../../host/tools/pulse/plot-terminal.ts';
import type { PulseRun } from '../../host/tools/pulse/run.ts';
import { timelineOf, timelineText } from '../../host/tools/pulse/timeline.ts';
import { assembleSequence } from '../../host/tools/q1/index.ts';
import { sequencerModule } from '../../host/tools/sequencer.ts';
import type { ProfileName } from '../../protocol/q1/profiles.ts';
import { Failure } from '../failure.ts';
import { inSteps } from '../interruption.ts';
import { collect, integerBetween, parseWord } from '../options.ts';
import {
  checkOptions,
  type OutputOptions,
  outputsNeededNs,
  recordsToKeep,
  windowOf,
  writeOutputs,
} from '../pulse/outputs.ts';
import { profileOption } from '../pulse/profile-option.ts';
import { parseInputs, parseSettings, randomInputs } from '../pulse/settings.ts';
import { loadFiles } from '../pulse/sources.ts';
import { deadlockText, runFailed, runJson, sequencerJson, sequencerText, speedText } from '../pulse/summary.ts';
import { type GlobalOptions, printing, type Result } from '../result.ts';
import { buildNotes } from '../run/new-device.ts';
import { paint, type Style, styleOf, wrap } from '../terminal.ts';
import { spanText } from '../words.ts';

interface RunOptions extends OutputOptions, GlobalOptions {
  profile?: ProfileName;
  seed?: number;
  integrationLength?: number;
  modulate?: boolean;
  input?: string[];
  set?: string[];
  limit: number;
  until?: number;
  timeline?: boolean;
}

/** Far more than a sequencer needs for one shot; it takes about a minute of wall time. */
const LIMIT_DEFAULT = 1_000_000_000;
const nanoseconds = integerBetween(0, Number.MAX_SAFE_INTEGER);

const HELP = `
Each file is the program of one sequencer. wait_sync and triggers work between them. Time zero is the start of the experiment: the end of the
first wait_sync.

Examples:
  coldrig pulse run rabi.json --timeline               when each line ran, how often, and with which slack
  coldrig pulse run drive.json readout.json --plot out.svg --vcd out.vcd --perfetto out.pftrace
  coldrig pulse run readout.json drive.json --input readout=0.5,-0.5 --set readout.trigger_enable=1 --set readout.trigger_address=1

A Perfetto trace is a TrackEvent protocol buffer: open it in ui.perfetto.dev. --samples writes int16, one a nanosecond: .csv, or .npy of shape
(2, samples), (sequencers, 2, samples) for several files. Exit code 1 if a sequencer ends with an error or all wait for each other.

With --json: {ok, virtualNs, wallMs, timesFasterThanInstrument, deadlock, files, notes, sequencers: [{name, file, profile, state, flags, status, errors, end_ns,
samples, sha256, marker_edges, acquisitions_count, acquisitions, first_execution_ns_by_line, minimumSlackNs, minimumSlackLine, slackHistogram, underflow, triggers,
bins, wrongValues, overlappingAcquisitions, …}]}. Keys with underscores are those of q1simulator's results: lines count from 0 there, samples end at 2 ms.`;

export function pulseRunCommand(): Command {
  return new Command('run')
    .description('run programs, one per sequencer, and show what they do')
    .argument('<file...>', 'sequence JSON, or Q1ASM alone')
    .addOption(profileOption())
    .option('--seed <n>', 'acquisitions measure random levels with this seed (default: the input is silent)', parseWord)
    .option(
      '--input <levels>',
      '[NAME=]level,level,… of full scale, which acquisitions measure in turn; may be repeated',
      collect,
    )
    .option('--integration-length <ns>', 'window of acquire', integerBetween(4, 2 ** 24 - 4))
    .option('--modulate', 'modulate the paths with the oscillator (mod_en_awg)')
    .option('--set <setting>', '[NAME.]setting[index]=value of a sequencer; may be repeated', collect)
    .option('--limit <n>', 'stop a sequencer after this many instructions', nanoseconds, LIMIT_DEFAULT)
    .option('--until <ns>', 'stop the classic cores at this time; what is queued by then is still played', nanoseconds)
    .option('--timeline', 'list when each line ran')
    .option('--from <ns>', 'first nanosecond of samples and plots', nanoseconds)
    .option('--to <ns>', 'the end of samples and plots (default: the end of the run, at most 2 ms later)', nanoseconds)
    .option('--plot <out.svg>', 'draw paths, markers and acquisitions')
    .option('--vcd <out.vcd>', 'write a value change dump for GTKWave or Surfer')
    .option('--perfetto <out>', 'write a trace for ui.perfetto.dev')
    .option('--samples <out.csv|.npy>', 'write the output samples')
    .addHelpText('after', HELP)
    .action(printing(run));
}

async function run(options: RunOptions, files: string[]): Promise<Result> {
  checkOptions(options, files);
  const names = namesOf(files);
  const settings = settingsOf(options, names);
  const { sequences, notes } = loadFiles(files, options.profile);
  const programs = sequences.map(
    ({ binary }, index): PulseProgram => ({ name: names[index], binary, settings: settings[index] }),
  );
  const progress = options.json || !process.stderr.isTTY ? undefined : showProgress;
  const note = buildNotes(options.json === true);
  note('the sequencers');
  const bytes = await sequencerModule();
  note('');
  warmUp(bytes);
  const result = await runLoaded(new SequencerModule(bytes), programs, options, progress);
  if (progress) process.stderr.write('\r\x1b[K');
  const pulse = presentRun(sequences, result, names, options.modulate === true);
  const outputs = writeOutputs(pulse, options, names.join(', '));
  const written = { files: outputs.files, notes: [...notes, ...outputs.notes] };
  return {
    text: textOf(pulse, options, written),
    json: {
      ...runJson(pulse),
      ...written,
      sequencers: pulse.sequencers.map((sequencer) => ({
        ...sequencerJson(sequencer),
        ...(options.timeline ? { timeline: timelineOf(sequencer) } : {}),
      })),
    },
    exitCode: runFailed(pulse) ? 1 : 0,
  };
}

/**
 * The engine compiles a function of the module at its first call, which takes longer than most programs. The time of the run is compared with
 * the instrument, so a small program runs first, on a module that is then dropped.
 */
function warmUp(bytes: Uint8Array): void {
  const text =
    'wait_sync 4\nmove 200,R0\na: set_mrk 1\nset_awg_gain 1,1\nupd_param 200\nacquire 0,0,400\nadd R1,1,R1\nloop R0,@a\nstop';
  const { binary } = assembleSequence(text, 'warm-up', 'qblox-qrm');
  runOn(new SequencerModule(bytes), [{ name: 'warm-up', binary }]);
}

async function runLoaded(
  module: SequencerModule,
  programs: PulseProgram[],
  options: RunOptions,
  progress: ((virtualNs: number) => void) | undefined,
): Promise<PulseResult> {
  try {
    const slices = runInSlices(module, programs, {
      ...{ budget: options.limit, untilNs: options.until, keep: recordsToKeep(options) },
      ...{ outputsToNs: outputsNeededNs(options), clock: () => performance.now() },
    });
    return await inSteps(slices, progress);
  } catch (problem) {
    if (!(problem instanceof PulseRefused)) throw problem;
    throw new Failure('REFUSED', problem.message, { cause: problem });
  }
}

function showProgress(virtualNs: number): void {
  process.stderr.write(`\r\x1b[K  ${spanText(virtualNs)} of the instrument's time`);
}

function settingsOf({ seed, integrationLength, input, set }: RunOptions, names: string[]): Setting[][] {
  const random = seed === undefined ? [] : randomInputs(seed, names);
  const inputs = parseInputs(input ?? [], names);
  const explicit = parseSettings(set ?? [], names);
  return names.map((_, index) => [
    ...(random[index] ?? []),
    ...(integrationLength === undefined ? [] : [['INTEGRATION_LENGTH', integrationLength] as Setting]),
    ...inputs[index],
    ...explicit[index],
  ]);
}

/** File names without folder and extension; with a number when two are equal. */
function namesOf(files: string[]): string[] {
  const plain = files.map((file) => basename(file).replace(/\.(json|q1asm)$/, ''));
  return plain.map((name, index) => (plain.indexOf(name) === index ? name : `${name}#${index + 1}`));
}

function textOf(run: PulseRun, options: RunOptions, { files, notes }: { files: string[]; notes: string[] }): string {
  const style = styleOf(process.stdout);
  const window = windowOf(run, options);
  const blocks = run.sequencers.map((sequencer) => sequencerText(sequencer, style));
  if (options.timeline) {
    for (const sequencer of run.sequencers) {
      const title = run.sequencers.length === 1 ? [] : [sequencer.name];
      blocks.push([...title, timelineText(timelineOf(sequencer), style.width)].join('\n'));
    }
  }
  blocks.push(terminalPlot(run, window, style.width, painterOf(style)));
  const deadlock = deadlockText(run);
  const last = [
    ...(deadlock === undefined ? [] : [paint(style, 'red', wrap(deadlock, style.width))]),
    ...notes.map((note) => wrap(note, style.width)),
    ...files.map((file) => `wrote ${file}`),
    wrap(speedText(run), style.width),
  ];
  return [...blocks, last.join('\n')].join('\n\n');
}

function painterOf(style: Style): Painter {
  const colours = { path0: 'cyan', path1: 'yellow', marker: 'green', acquisition: 'red', faint: 'dim' } as const;
  return (what, text) => paint(style, colours[what], text);
}
