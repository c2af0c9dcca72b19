// `coldrig calibrate`: brings the readout of a device into its limits, keeps it there, and shows the records of it. Thin over host/tools/calibration.

import { Command } from 'commander';
import type { Fridge } from '../../host/plant/cryostat/fridge.ts';
import type { ReadoutChain } from '../../host/plant/readout/chain-data.ts';
import { compareRecords } from '../../host/tools/calibration/compare.ts';
import { deviceIdentity, deviceTime } from '../../host/tools/calibration/device.ts';
import { GraphError } from '../../host/tools/calibration/graph.ts';
import { planOfChain } from '../../host/tools/calibration/plan-of-chain.ts';
import type { RunRecord } from '../../host/tools/calibration/record.ts';
import { graphOf, quantitiesOf, rootsOf, Station } from '../../host/tools/calibration/station.ts';
import { ThermometerWatch } from '../../host/tools/calibration/thermometers.ts';
import { maintainAll, type Told, type Work, watchOn } from '../../host/tools/calibration/work.ts';
import { presets } from '../../host/tools/open-fridge.ts';
import { readoutPresets, usualReadout } from '../../host/tools/readout/open-readout.ts';
import type { SmpClient } from '../../host/tools/smp/index.ts';
import { behindTarget, emulated, type Reached, withReadout } from '../calibrate/device.ts';
import { openRecords, takeFolder } from '../calibrate/folder.ts';
import { comparisonText, historyText, runLine, tableText } from '../calibrate/words.ts';
import { open } from '../cryostat/open.ts';
import { ExitCode, Failure } from '../failure.ts';
import { signalsHeard, untilInterrupted } from '../interruption.ts';
import { integerBetween, parseMilliseconds, parseSeconds, parseWord, secondsUpTo } from '../options.ts';
import { openChain } from '../readout/open.ts';
import { type GlobalOptions, printing, type Result } from '../result.ts';
import { buildNotes } from '../run/new-device.ts';
import { collectFault, parseChannels } from './readout.ts';

const parseNumber = integerBetween(1, 1e9);
/** Between two looks a day at most: what is watched less often is not watched. */
const parseEvery = secondsUpTo(86_400);
const USUAL_EVERY = 10;

interface CalibrateOptions extends GlobalOptions {
  target?: string;
  timeout?: number;
  fridge: string;
  chain?: string;
  channels: number[];
  records: string;
  force?: boolean;
  watch?: boolean;
  every?: number;
  for?: number;
  seed: number;
  fault?: string[];
  history?: boolean;
  compare?: number[];
}

export function addCalibrateCommand(program: Command): void {
  program.addCommand(
    new Command('calibrate')
      .description('bring the readout of a device into its limits, and keep it there')
      .argument('[node]', 'a calibration (threshold-3), or all of a kind (resonator); everything when left out')
      .option(
        '--target <place>',
        'udp://host:port, serial:///dev/ttyX or serial://host:port; a new board in its fridge when left out',
      )
      .option('--timeout <ms>', 'how long to wait for an answer of the device', parseMilliseconds)
      .option('--fridge <fridge>', `fridge of the board: a preset (${presets.join(', ')}) or a YAML file`, 'uts')
      .option(
        '--chain <chain>',
        `what the readout is made of: a preset (${readoutPresets.join(', ')}) or a YAML file (default: the usual one of the fridge)`,
      )
      .option(
        '--channels <list>',
        'channels, as in 0-7 or 0,3,8; a channel is line * 8 + tone',
        parseChannels,
        parseChannels('0-7'),
      )
      .option('--records <folder>', 'where a file is written for each run', 'calibration')
      .option('--force', 'check everything again, also what is within its limits and was checked recently')
      .option('--watch', 'go on: watch channels and thermometers for drift, and calibrate what drifts, until Ctrl-C')
      .option(
        '--every <seconds>',
        `with --watch: time of the device between two looks (default: ${USUAL_EVERY})`,
        parseEvery,
      )
      .option('--for <seconds>', 'with --watch: end after this many seconds of the device', parseSeconds)
      .option('--seed <n>', 'seed of the new board', parseWord, 1)
      .option(
        '--fault <text>',
        'cause a fault of the new board (coldrig run --help lists them); may be repeated',
        collectFault,
      )
      .option('--history', 'show the records, and measure nothing')
      .option('--compare <number...>', 'compare two records, and measure nothing', (text, before: number[] = []) => [
        ...before,
        parseNumber(text),
      ])
      .addHelpText(
        'after',
        `
Which calibrations there are and how they depend on each other is in docs/calibration.md. Ctrl-C ends at once; what was measured is in the records, and the same
command goes on where it was. Exit code 1 when a calibration fails.

Examples:
  coldrig calibrate
  coldrig calibrate threshold --channels 0,1 --chain lab.yaml
  coldrig calibrate --watch --every 30 --fault 'signal-drop at readout-return 1dB after 20min'
  coldrig calibrate --history
  coldrig calibrate --compare 12 31

With --json: {folder, device, image, resumed, runs: [{number, session, node, kind, verdict, reason, results, fit, start, end}], failures:
[{node, message}], watch: {samples, doubts: [{figure, kind, reason, nodes}]}}; --history: {records: [...]}; --compare: {facts, inputs, results, fit}.`,
      )
      .action(printing<[string | undefined], CalibrateOptions>((options, node) => calibrateDevice(node, options))),
  );
}

async function calibrateDevice(node: string | undefined, options: CalibrateOptions): Promise<Result> {
  if (options.history) return history(node, options);
  if (options.compare) return compare(options.compare, options);
  if (options.target !== undefined && options.fault)
    throw new Failure('OPTION', '--fault is for the emulated board; leave out --target, or the fault', {
      exitCode: ExitCode.USAGE,
    });
  if (!options.watch && (options.every ?? options.for) !== undefined)
    throw new Failure('OPTION', '--every and --for are for watching; add --watch', { exitCode: ExitCode.USAGE });
  return untilInterrupted(async (signal) => {
    const fridge = open(options.fridge);
    const chain = openChain(options.chain ?? usualReadout(fridge));
    const plan = usable(() => planOfChain(chain, options.channels));
    const quantities = quantitiesOf(plan);
    const graph = graphOf(quantities);
    const roots = usable(() => rootsOf(graph, node));
    const giveBack = takeFolder(options.records);
    try {
      const records = openRecords(options.records);
      const { client, readout } = await reachedBy(options, { fridge, chain }, signal);
      const advice = `what was measured is in ${options.records}, and the same command goes on where it was`;
      return await withReadout({ client, readout }, advice, async () => {
        const identity = await deviceIdentity(client, { signal });
        const device = { identity, now: () => deviceTime(client, { signal }) };
        const station = new Station(quantities, plan, readout, records, device);
        return await work({ graph, plan, records, station, roots }, options, client, signal);
      });
    } finally {
      giveBack();
    }
  });
}

function reachedBy(
  { target, timeout, seed, fault: faults = [], json }: CalibrateOptions,
  plant: { fridge: Fridge; chain: ReadoutChain },
  signal: AbortSignal,
): Promise<Reached> {
  if (target !== undefined) return behindTarget(target, timeout, signal);
  return emulated({ ...plant, seed, faults, notes: buildNotes(json === true) }, signal);
}

async function work(given: Work, options: CalibrateOptions, client: SmpClient, signal: AbortSignal): Promise<Result> {
  let resumed = 0;
  const told = toldOn(options, (runs) => {
    resumed += runs;
  });
  const doubted = options.force ? given.graph.order : [];
  const { runs, failures } = await maintainAll(given, doubted, told);
  const sampleNs = (options.every ?? USUAL_EVERY) * 1e9;
  const forNs = options.for === undefined ? undefined : options.for * 1e9;
  const pause = async (milliseconds: number) => {
    await signalsHeard();
    await client.pause(milliseconds, signal);
  };
  const pair = new ThermometerWatch(client, sampleNs);
  const thermometers = { look: () => pair.look({ signal }) };
  const watched = options.watch ? await watchOn(given, { sampleNs, forNs, pause, thermometers }, told) : undefined;
  const all = [...runs, ...(watched?.runs ?? [])];
  const failed = [...failures, ...(watched?.failures ?? [])];
  const { records } = options;
  const doubts = watched
    ? [
        `watched ${watched.samples} times: ${watched.doubts.length === 0 ? 'nothing drifts' : `${watched.doubts.length} doubts`}`,
      ]
    : [];
  return {
    text: [tableText(all, records), ...failed.map(({ message }) => `failed: ${message}`), ...doubts].join('\n'),
    json: {
      ...{ folder: records, ...given.station.identity, resumed },
      runs: all.map(({ data, inputs, format, ...rest }) => rest),
      failures: failed.map(({ node, message }) => ({ node, message })),
      watch: watched && { samples: watched.samples, doubts: watched.doubts },
    },
    exitCode: failed.length > 0 ? ExitCode.FAILED : ExitCode.OK,
  };
}

/** What a person sees while it works: a line for each run. */
function toldOn(options: CalibrateOptions, onResume: (runs: number) => void): Told {
  if (options.json) return { onRun: signalsHeard, onResume };
  const say = (line: string) => process.stderr.write(`${line}\n`);
  return {
    onRun: signalsHeard,
    onResume: (runs) => {
      onResume(runs);
      say(`going on after ${runs} runs that are there already`);
    },
    onRecord: (record) => say(runLine(record)),
    onThermometers: (text) => say(`        ${text}`),
    onDoubt: ({ reason, nodes }) => say(`        ${reason}: looking at ${nodes.join(', ')}`),
  };
}

function history(node: string | undefined, { records: folder }: CalibrateOptions): Result {
  const all = openRecords(folder).records;
  const wanted =
    node === undefined ? all : all.filter((record) => record.node === node || record.node.startsWith(`${node}-`));
  return { text: historyText(wanted, folder), json: { folder, records: wanted } };
}

function compare(numbers: number[], { records: folder }: CalibrateOptions): Result {
  if (numbers.length !== 2)
    throw new Failure('OPTION', `--compare takes two records, not ${numbers.length}`, { exitCode: ExitCode.USAGE });
  const all = openRecords(folder).records;
  const found = numbers.map((wanted): RunRecord => {
    const record = all.find(({ number }) => number === wanted);
    if (record) return record;
    const there = all.length === 0 ? 'it is empty' : `it has ${all[0].number} to ${all[all.length - 1].number}`;
    throw new Failure('RECORD', `${folder} holds no record ${wanted}; ${there}`);
  });
  const comparison = compareRecords(found[0], found[1]);
  return { text: comparisonText(found[0], found[1], comparison), json: comparison };
}

/** What a plan or a graph refuses is a mistake of the command line. */
function usable<Value>(make: () => Value): Value {
  try {
    return make();
  } catch (error) {
    if (error instanceof GraphError || error instanceof RangeError)
      throw new Failure('NODE', error.message, { exitCode: ExitCode.USAGE });
    throw error;
  }
}
