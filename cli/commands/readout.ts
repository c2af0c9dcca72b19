// `coldrig readout`: shots of readout channels on a board in its fridge, beside the closed formulas, or on a device behind a target. Thin over
// hil/rig/readout, host/plant/readout and host/tools/calibration.

import { Command, InvalidArgumentError, Option } from 'commander';
import { FaultSyntaxError, parseFault } from '../../hil/rig/faults/language.ts';
import type { Fridge } from '../../host/plant/cryostat/fridge.ts';
import { type ReadoutChain, TONES_A_LINE } from '../../host/plant/readout/chain-data.ts';
import { buildAll } from '../../host/tools/build.ts';
import { presets } from '../../host/tools/open-fridge.ts';
import { readoutPresets, usualReadout } from '../../host/tools/readout/open-readout.ts';
import { behindTarget, withReadout } from '../calibrate/device.ts';
import { open } from '../cryostat/open.ts';
import { ExitCode, Failure } from '../failure.ts';
import { writeOutput } from '../files.ts';
import { inSteps, signalsHeard, untilInterrupted } from '../interruption.ts';
import { integerBetween, parseMilliseconds, parseWord } from '../options.ts';
import { checkOutputs, unlessPreset } from '../outputs.ts';
import { agrees, measureReadout, type ReadoutReport, type ShotOptions } from '../readout/measure.ts';
import { openChain } from '../readout/open.ts';
import { measureOverSmp } from '../readout/over-smp.ts';
import { readoutPlot } from '../readout/plot.ts';
import { readoutJson, readoutText } from '../readout/words.ts';
import { type GlobalOptions, printing, type Result } from '../result.ts';
import { buildNotes } from '../run/new-device.ts';

/** Each shot has a bin of its own, and a sequencer has 131,072. */
const SHOTS_MOST = 65_536;

interface ReadoutOptions extends GlobalOptions {
  target?: string;
  timeout?: number;
  fridge: string;
  chain?: string;
  channels: number[];
  shots: number;
  length: number;
  seed: number;
  fault?: string[];
  plot?: string;
}

export function addReadoutCommand(program: Command): void {
  program.addCommand(
    new Command('readout')
      .description(
        'shots of readout channels, of a board in its fridge or a device: IQ clouds, SNR, errors, effective bits',
      )
      .option(
        '--target <place>',
        'udp://host:port, serial:///dev/ttyX or serial://host:port; a new board in its fridge when left out',
      )
      .option('--timeout <ms>', 'how long to wait for an answer of the device', parseMilliseconds)
      .option('--fridge <fridge>', `name of a preset (${presets.join(', ')}) or a YAML file`, 'uts')
      .option(
        '--chain <chain>',
        `readout chain: a preset (${readoutPresets.join(', ')}) or a YAML file (default: the usual one of the fridge)`,
      )
      .addOption(
        new Option('--channels <list>', 'channels, as in 0-7 or 0,3,8; a channel is line * 8 + tone')
          .argParser(parseChannels)
          .default(parseChannels('0-7'), '0-7'),
      )
      .option('--shots <n>', `of each state, 10 to ${SHOTS_MOST}`, integerBetween(10, SHOTS_MOST), 2000)
      .option('--length <ns>', 'length of the window, a multiple of 4', parseLength, 1000)
      .option('--seed <n>', 'of the board, its fridge and its noise', parseWord, 1)
      .option('--fault <text>', 'cause a fault (coldrig run --help lists them); may be repeated', collectFault)
      .option('--plot <out.svg>', 'draw clouds, SNR and effective bits')
      .addHelpText(
        'after',
        `
The board runs its firmware for two seconds in its fridge; faults come then. Two seconds later a Q1ASM program measures each channel with
its usual drive, in state 0 and, behind an ideal pi pulse, in state 1. Beside each figure is what the closed formulas give
(docs/readout.md). Exit code 1 when shots and formula differ by more than chance allows: then the converter clips, or the firmware
changed its attenuation while the shots ran.

Behind --target everything goes over SMP, on sequencer 0, which must be idle. Tones are those of the calibration record of the device, or those of the chain where
it has none. Photons, noise and chip temperature, jitter and the closed formulas depend on what is around the device, so they are missing there.

Examples:
  coldrig readout --plot readout.svg
  coldrig readout --target udp://127.0.0.1:1337 --channels 0-3
  coldrig readout --channels 0,5 --length 500 --fault 'signal-drop at readout-send 6dB'
  coldrig readout --fridge stand --chain my-chain.yaml

With --json: {fridge, chain, shots, lengthNs, seed, faults, plot, channels: [{channel, line, name, frequencyHertz, amplitude, photons:
[state 0, state 1], attenuationDecibels, agrees, measured: {centres, deviationCodes, distance, snrDecibels, errors, assignmentError, interval: {lower, upper}},
formula: {deviationCodes, distance, snrDecibels, errors: [state 0, state 1], assignmentError}}], lines: [{line, name, noiseKelvin,
chipKelvin, jitterFemtoseconds, effectiveBits: {records, mean, formula}}]}. With --target: {target, chain, shots, lengthNs, plot, channels, lines}, where
photons, agrees, formula and what is only known in a fridge are null, and each channel has isCalibrated and isClipped.`,
      )
      .action(printing<[], ReadoutOptions>((options) => readout(options))),
  );
}

async function readout(options: ReadoutOptions): Promise<Result> {
  const { plot, target } = options;
  if (target !== undefined && options.fault)
    throw new Failure('OPTION', '--fault is for the emulated board; leave out --target, or the fault', {
      exitCode: ExitCode.USAGE,
    });
  checkOutputs(
    { '--plot': [plot, 'the plot'] },
    { '--fridge': unlessPreset(presets, options.fridge), '--chain': unlessPreset(readoutPresets, options.chain) },
  );
  const fridge = open(options.fridge);
  const chain = openChain(options.chain ?? usualReadout(fridge));
  refuseAbsent(chain, options.channels);
  const { channels, shots, length: lengthNs } = options;
  const what = { chain, channels, shots, lengthNs };
  return target === undefined ? onBoard(options, fridge, what) : onDevice(options, target, what);
}

type What = Omit<ShotOptions, 'where'>;

async function onBoard(options: ReadoutOptions, fridge: Fridge, what: What) {
  const { seed, fault: faults = [] } = options;
  const settings = { ...what, fridge, where: `in fridge ${fridge.name}`, seed, faults, onWait: signalsHeard };
  const build = await buildAll(['factory'], buildNotes(options.json === true));
  const report = await inSteps(measureReadout(build, settings), onStep(options));
  return reported(report, settings, options, { fridge: fridge.name, seed, faults });
}

function onDevice(options: ReadoutOptions, target: string, what: What): Promise<Result> {
  return untilInterrupted(async (signal) => {
    const settings = { ...what, where: `of the device at ${target}` };
    const reached = await behindTarget(target, options.timeout, signal);
    const report = await withReadout(reached, 'nothing was measured; call again', () =>
      measureOverSmp(reached, settings, signal, onStep(options)),
    );
    const result = reported(report, settings, options, { target });
    const json = result.json as { channels: object[] };
    const facts = report.channels.map(({ isCalibrated, isClipped }) => ({ isCalibrated, isClipped }));
    const listed = (words: string, is: (channel: (typeof facts)[number]) => boolean) => {
      const those = what.channels.filter((_, i) => is(facts[i]));
      return those.length === 0 ? [] : [`${words}: ${those.join(', ')}`];
    };
    const notes = [
      ...listed('not calibrated, measured at the tone of the chain', ({ isCalibrated }) => !isCalibrated),
      ...listed('the converter clips', ({ isClipped }) => isClipped),
      'Not known over the link: photons, noise of the lines, temperature of the chip, jitter, and the formulas that need them.',
    ];
    return {
      ...result,
      text: [result.text, ...notes].join('\n'),
      json: { ...json, channels: json.channels.map((each, i) => ({ ...each, ...facts[i] })) },
    };
  });
}

/** Shows a person what is measured now. */
function onStep({ json }: ReadoutOptions): (what: string) => void {
  const shows = json !== true && process.stderr.isTTY;
  return (what) => {
    if (shows) process.stderr.write(`\r\x1b[Kmeasuring ${what} …`);
  };
}

function reported(report: ReadoutReport, what: ShotOptions, { plot, json }: ReadoutOptions, about: object): Result {
  if (json !== true && process.stderr.isTTY) process.stderr.write('\r\x1b[K');
  if (plot !== undefined) writeOutput(plot, readoutPlot(report, what), 'the plot');
  const drawn = plot === undefined ? '' : `\ndrawn in ${plot}`;
  return {
    text: `${readoutText(report, what)}${drawn}`,
    json: readoutJson(report, what, { ...about, plot: plot ?? null }),
    exitCode: report.channels.every(agrees) ? ExitCode.OK : ExitCode.FAILED,
  };
}

function refuseAbsent(chain: ReadoutChain, channels: readonly number[]): void {
  for (const channel of channels) {
    const line = chain.lines[Math.floor(channel / TONES_A_LINE)];
    if (line?.resonators[channel % TONES_A_LINE]) continue;
    const present = chain.lines
      .map(({ resonators }, i) => `${8 * i} to ${8 * i + resonators.length - 1}`)
      .join(' and ');
    throw new Failure('CHANNEL', `--channels ${channel}: ${chain.name} has no such channel; it has ${present}`, {
      exitCode: ExitCode.USAGE,
    });
  }
}

export function parseChannels(text: string): number[] {
  const channels = text.split(',').flatMap((part) => {
    const [, first, last = first] = /^(\d+)(?:-(\d+))?$/.exec(part.trim()) ?? [];
    const [from, to] = [Number(first), Number(last)];
    if (first === undefined || from > to || to > 15)
      throw new InvalidArgumentError('expected channels from 0 to 15, as in 0-7 or 0,3,8');
    return Array.from({ length: to - from + 1 }, (_, i) => from + i);
  });
  return [...new Set(channels)].sort((a, b) => a - b);
}

function parseLength(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value % 4 === 0 && value >= 100 && value <= 16_384) return value;
  throw new InvalidArgumentError('expected nanoseconds, 100 to 16384, a multiple of 4');
}

export function collectFault(text: string, before: string[] = []): string[] {
  try {
    parseFault(text);
  } catch (error) {
    if (error instanceof FaultSyntaxError) throw new InvalidArgumentError(error.message);
    throw error;
  }
  return [...before, text];
}
